/*
 * leader_client.h - calls the leading nimbus, whichever that is.
 *
 * It asks one of the addresses that it was given; who does not lead says who
 * does, and the call goes there. While nobody leads or answers, or who leads
 * has just begun to, it tries all of them again, until the call's time is
 * over. A call that may have been carried out is never sent a second time: what
 * came of it is RPC_TIMED_OUT or RPC_UNKNOWN.
 *
 * All of it belongs to the loop's thread; no callback is called from within a
 * function of this header.
 */
#ifndef GALE_LEADER_CLIENT_H
#define GALE_LEADER_CLIENT_H

#include "common/loop.h"
#include "common/rpc_client.h"

struct leader_client;

struct leader_client_options {
    struct rpc_identity me;
    int64_t pause_ns; /* after one who cannot say who leads; 0: 100 ms */
    void *arg;        /* of notified, which may be NULL */
    void (*notified)(void *arg, gale_str method, const msgpack_object *params);
    /* While no nimbus has ever answered: a call ends when so long none can
     * be reached at any of the addresses, in ns. 0: not before its time is
     * over. */
    int64_t patience;
    /* Whoever it talks to is there, or (why) no longer; may be NULL. */
    void (*changed)(void *arg, bool up, const char *why);
};

struct leader_client *leader_client_new(
    struct loop *loop, const struct leader_client_options *options);
/* Calls that are under way end without their function. Not from a callback of
 * its own. NULL is fine. */
void leader_client_free(struct leader_client *c);

/* Whom to ask, the likeliest first; at most LEADER_SEEDS_MAX, more are left
 * out. The connection is kept if it is to one of them. */
#define LEADER_SEEDS_MAX 16u
void leader_client_seeds(struct leader_client *c,
                         const struct rpc_address *seeds, uint32_t n);

/* As rpc_client_call(). RPC_AWAY says who was asked in vain; RPC_REFUSED with
 * RPC_NOT_LEADER, that nobody leads. */
void leader_client_call(struct leader_client *c, const char *method,
                        const struct pack *params, int64_t timeout,
                        void (*fn)(void *arg, const struct rpc_result *result),
                        void *arg);

/* Whether any nimbus has ever answered anything. */
bool leader_client_was_answered(const struct leader_client *c);

/* To whoever it talks to; false if that is nobody. */
bool leader_client_notify(struct leader_client *c, const char *method,
                          const struct pack *params);

#endif
