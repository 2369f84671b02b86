/*
 * rpc_retry.h - how long a client waits before it connects again: 100 ms, twice
 * as long each time, up to 5 s, or less where that is asked for; by chance a
 * quarter less, so that the clients of a server that comes back do not all come
 * at once. Pure.
 */
#ifndef GALE_RPC_RETRY_H
#define GALE_RPC_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RPC_RETRY_FIRST INT64_C(100000000)
#define RPC_RETRY_LAST INT64_C(5000000000)

/* All zero at first. */
struct rpc_retry {
    int64_t pause;
    int64_t last; /* the longest pause, at least RPC_RETRY_FIRST; 0:
                     RPC_RETRY_LAST */
};

/*
 * An attempt has failed, or what it led to was lost after `lasted` ns (0: it
 * led to nothing): ns until the next. What lasted for RPC_RETRY_LAST was good:
 * it begins anew. `hopeless`: it was refused for what the next one will say,
 * too.
 */
static inline int64_t rpc_retry_pause(struct rpc_retry *r, int64_t lasted,
                                      bool hopeless, uint64_t chance)
{
    int64_t last = r->last > 0 ? r->last : RPC_RETRY_LAST;

    if (hopeless)
        r->pause = RPC_RETRY_LAST;
    else if (r->pause == 0 || lasted >= RPC_RETRY_LAST)
        r->pause = RPC_RETRY_FIRST;
    else if (r->pause < last / 2)
        r->pause *= 2;
    else
        r->pause = last;
    return r->pause - (int64_t)(chance % (uint64_t)(r->pause / 4));
}

#endif
