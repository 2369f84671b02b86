/*
 * rpc_server.h - listens, lets those in who prove who they are, and calls
 * methods for them.
 *
 * All of it belongs to the loop's thread. Nothing that a client sends or leaves
 * out takes more than its limits: memory, descriptors and time are bounded, and
 * a client that breaks a rule loses its connection, with a sentence if it can
 * still be told.
 */
#ifndef GALE_RPC_SERVER_H
#define GALE_RPC_SERVER_H

#include "common/loop.h"
#include "common/rpc_address.h"
#include "common/rpc_call.h"
#include "common/rpc_session.h"

struct rpc_server;

struct rpc_server_options {
    const char *who;           /* "nimbus": who refuses */
    const struct token *token; /* outlives the server; NULL: gale.insecure */
    const struct rpc_method *methods; /* outlive it, too */
    uint32_t n_methods;
    void *methods_arg; /* of methods; NULL: arg */
    void *arg;         /* of these, each of which may be NULL: */

    /* A client has proved who it is. */
    void (*joined)(void *arg, struct rpc_link *link);
    /* One that had joined is gone; the link is no longer to be used. */
    void (*left)(void *arg, struct rpc_link *link, const char *why);
    /* One was not let in, or was cut off before it had joined. As often as
     * that happens: who logs it throttles. */
    void (*refused)(void *arg, const char *from, const char *why);

    struct rpc_limits limits; /* members that are 0 are the defaults */
    uint32_t clients_max;     /* 1024, which are also the most who have proved
                                 nothing, whatever this is */
    uint32_t host_max;        /* of them from one address: 512 */
};

/* NULL and a sentence: the address is in use, or none of this machine. A Unix
 * socket gets mode 0600, and takes the place of one that nobody listens at. */
struct rpc_server *rpc_server_new(struct loop *loop,
                                  const struct rpc_address *address,
                                  const struct rpc_server_options *options,
                                  gale_err *error);
/* Cuts all connections, without left(); calls that are not answered yet may be
 * answered afterwards, to nobody. Not from a callback of its own: loop_post().
 * NULL is fine. */
void rpc_server_free(struct rpc_server *server);

/* Where it listens; with the port that it got, if 0 was asked for. */
const struct rpc_address *rpc_server_address(const struct rpc_server *server);
uint32_t rpc_server_n_clients(const struct rpc_server *server); /* joined */

/* -- one client ------------------------------------------------------------ */

const struct rpc_peer *rpc_link_peer(const struct rpc_link *link);
/* Whatever the daemon knows of it; NULL at first. */
void *rpc_link_data(const struct rpc_link *link);
void rpc_link_set_data(struct rpc_link *link, void *data);
/* `params` as in rpc_reply(). Nobody says whether it arrives. */
void rpc_link_notify(struct rpc_link *link, const char *method,
                     const struct pack *params);
/* Cuts it off; left() is called soon, not now. */
void rpc_link_cut(struct rpc_link *link, const char *why);

#endif
