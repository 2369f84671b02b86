/*
 * zookeeper_calls.h - the calls of a client that are under way: each is
 * answered once, by a server, by its deadline, or because its session is over.
 */
#ifndef GALE_ZOOKEEPER_CALLS_H
#define GALE_ZOOKEEPER_CALLS_H

#include "common/zookeeper_call.h"

/* In the order of their deadlines. */
struct zookeeper_calls {
    struct zookeeper_call *first, **last;
};

void zookeeper_calls_init(struct zookeeper_calls *calls);
/* All that wait were told: zookeeper_calls_tell_all(). */
void zookeeper_calls_fini(struct zookeeper_calls *calls);

void zookeeper_calls_add(struct zookeeper_calls *calls,
                         struct zookeeper_call *call);
/* The library has let go of it; freed. */
void zookeeper_calls_remove(struct zookeeper_calls *calls,
                            struct zookeeper_call *call);

/* Answer it; what comes yet is for nobody. */
void zookeeper_calls_tell(struct zookeeper_call *call,
                          const struct zookeeper_answer *answer);

/* When the next one is overdue; INT64_MAX: there is none. */
int64_t zookeeper_calls_next(const struct zookeeper_calls *calls);
void zookeeper_calls_tell_overdue(struct zookeeper_calls *calls, int64_t now);

/* Answer all that were sent. What the library may still hold stays until it
 * lets go. */
void zookeeper_calls_drop(struct zookeeper_calls *calls);

/* Answer all that wait, and those that come of it. */
void zookeeper_calls_tell_all(struct zookeeper_calls *calls);

/* The handle is gone, and with it whatever held one of its calls. */
void zookeeper_calls_free_of(struct zookeeper_calls *calls, uint64_t handle);

#endif
