/*
 * rpc_call.h - a server's methods, and one call of one of them.
 *
 *     static void list(void *arg, struct rpc_call *call,
 *                      const msgpack_object *params)
 *     {
 *         … rpc_reply(call, &result);
 *     }
 *
 *     static const struct rpc_method methods[] = {
 *         {"list", RPC_ANYBODY, list},
 *         {"kill", RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN), kill},
 *     };
 *
 * A call is answered exactly once, by rpc_reply() or rpc_fail(), at once or
 * later; the answer frees it. If whoever called is gone by then, or expects no
 * answer (a notification), nothing is sent.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef GALE_RPC_CALL_H
#define GALE_RPC_CALL_H

#include "common/pack.h"
#include "common/rpc_error.h"
#include "common/rpc_handshake.h"

struct rpc_call;
struct rpc_link; /* rpc_server.h: the connection that it came by */

#define RPC_ROLE(role) (1u << (role))
#define RPC_ANYBODY ((1u << TOKEN_N_ROLES) - 1)

struct rpc_method {
    const char *name;
    uint32_t roles; /* who may call it */
    /* params: what the caller packed, an object of nil if that was nothing;
     * checked for form and size and for nothing else. They are gone when it
     * returns. */
    void (*fn)(void *arg, struct rpc_call *call, const msgpack_object *params);
};

/* One object; NULL: nil. It is copied. */
void rpc_reply(struct rpc_call *call, const struct pack *result);
/* A sentence: what, where, what was expected, what to do. */
void rpc_fail(struct rpc_call *call, enum rpc_error error, const char *format,
              ...) GALE_PRINTF(3, 4);
/* The same with a detail (NULL: none) for the program that called. */
void rpc_fail_with(struct rpc_call *call, enum rpc_error error,
                   const char *detail, const char *format, ...)
    GALE_PRINTF(4, 5);

/* Who calls, until the method returns; NULL later, if it may be gone. */
const struct rpc_peer *rpc_call_peer(const struct rpc_call *call);
/* NULL if it is gone. */
struct rpc_link *rpc_call_link(const struct rpc_call *call);

#endif
