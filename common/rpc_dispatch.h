/*
 * rpc_dispatch.h - from a message of one client to the method, and the answer
 * back. Pure: answers are handed to `send`.
 *
 * Private to the server; what daemons see of it is rpc_call.h.
 */
#ifndef GALE_RPC_DISPATCH_H
#define GALE_RPC_DISPATCH_H

#include "common/rpc_call.h"
#include "common/rpc_message.h"

struct rpc_dispatch {
    const struct rpc_method *methods;
    uint32_t n_methods;
    void *arg; /* of the methods */
    const struct rpc_peer *peer;
    struct rpc_link *link;
    uint32_t calls_max;
    /* False: the message is too long to be sent. */
    bool (*send)(void *to, const struct pack *message);
    void *to;

    struct rpc_call *first; /* not answered yet */
    uint32_t n_calls;
};

struct rpc_call {
    struct rpc_call *next, **here; /* in the list of `of` */
    struct rpc_dispatch *of;       /* NULL: the client is gone */
    uint32_t id;
    bool unanswered; /* a notification: nobody waits for an answer */
};

/* False: it is no message that a client may send. */
bool rpc_dispatch(struct rpc_dispatch *d, const struct rpc_message *message);
/* The client is gone: what is answered from now on is dropped. */
void rpc_dispatch_close(struct rpc_dispatch *d);

#endif
