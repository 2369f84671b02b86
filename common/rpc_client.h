/*
 * rpc_client.h - calls methods of a server, over a connection that comes back.
 *
 * It connects by itself, and again after 100 ms, 200 ms … 5 s, each by chance a
 * little shorter (rpc_retry.h). All of it belongs to the loop's thread, and no
 * callback is called from within a function of this header.
 */
#ifndef GALE_RPC_CLIENT_H
#define GALE_RPC_CLIENT_H

#include "common/loop.h"
#include "common/rpc_address.h"
#include "common/rpc_error.h"
#include "common/rpc_session.h"

struct rpc_client;

struct rpc_client_options {
    struct rpc_address address;
    struct rpc_identity me;
    /* A call that was not sent ends with RPC_AWAY as soon as an attempt to
     * connect fails; otherwise it waits for the next ones, as long as it may.
     * */
    bool impatient;
    /* The longest pause between two attempts, in ns; 0: 5 s. For a server of
     * this machine, where an attempt costs little. */
    int64_t pause_max;
    void *arg; /* of these, each of which may be NULL: */

    /* The server has proved who it is; or (up is false) an attempt has failed
     * or the connection was lost: why. */
    void (*changed)(void *arg, bool up, const char *why);
    void (*notified)(void *arg, gale_str method, const msgpack_object *params);

    struct rpc_limits limits; /* members that are 0 are the defaults */
};

struct rpc_client *rpc_client_new(struct loop *loop,
                                  const struct rpc_client_options *options);
/* Calls that are under way end without their function. Not from a callback of
 * its own: loop_post(). NULL is fine. */
void rpc_client_free(struct rpc_client *client);

bool rpc_client_is_up(const struct rpc_client *client);

enum rpc_outcome {
    RPC_OK,      /* value */
    RPC_REFUSED, /* the server did not do it: code, text, detail. So it is with
                    a refused handshake: RPC_FORBIDDEN */
    RPC_AWAY,    /* not sent: no server until the time was over, or, if
                    impatient, at the next attempt */
    RPC_TIMED_OUT, /* sent, and no answer in time: it may be done or not */
    RPC_UNKNOWN    /* sent, and the connection was lost: the same */
};

struct rpc_result {
    enum rpc_outcome outcome;
    const msgpack_object *value; /* RPC_OK only */
    enum rpc_error code;         /* RPC_REFUSED only */
    const char *text;            /* a sentence unless RPC_OK */
    const char *detail;          /* RPC_REFUSED; NULL if there is none */
};

/*
 * fn(arg, result) exactly once, within about `timeout` nanoseconds; what result
 * points to is gone when it returns. `params` as in rpc_reply().
 */
void rpc_client_call(struct rpc_client *client, const char *method,
                     const struct pack *params, int64_t timeout,
                     void (*fn)(void *arg, const struct rpc_result *result),
                     void *arg);
/* No fn is called with this arg any more. */
void rpc_client_forget(struct rpc_client *client, const void *arg);

/* False if there is no connection: it is not sent. */
bool rpc_client_notify(struct rpc_client *client, const char *method,
                       const struct pack *params);

#endif
