/*
 * rpc_connection.h - a session (rpc_session.h) on a socket, on a loop.
 *
 * Private to server and client. Callbacks come from the loop only. `over` is
 * the last of them, and frees the connection; the others must not.
 */
#ifndef GALE_RPC_CONNECTION_H
#define GALE_RPC_CONNECTION_H

#include "common/loop.h"
#include "common/rpc_session.h"

struct rpc_connection;

struct rpc_connection_ops {
    void (*ready)(void *arg);
    void (*message)(void *arg, const struct rpc_message *message);
    /* Little waits to be sent: there is room for more. */
    void (*has_room)(void *arg);
    void (*over)(void *arg, const char *why, bool refused);
};

/* Takes the socket, which may still be connecting, and the session. */
struct rpc_connection *rpc_connection_new(struct loop *loop, int fd,
                                          struct rpc_session *session,
                                          const struct rpc_connection_ops *ops,
                                          void *arg);
/* Closes it, what waits to be sent is lost. NULL is fine. */
void rpc_connection_free(struct rpc_connection *c);

/* See rpc_session_send(). */
bool rpc_connection_send(struct rpc_connection *c, const struct pack *message);
bool rpc_connection_has_room(const struct rpc_connection *c);
const struct rpc_session *rpc_connection_session(
    const struct rpc_connection *c);
/* It is over soon, for this reason. */
void rpc_connection_end(struct rpc_connection *c, const char *why);

#endif
