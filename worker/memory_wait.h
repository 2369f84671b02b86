/*
 * memory_wait.h - spouts wait while memory for tuples is tight (budget.h).
 *
 * A spout that meets tight memory, before `next` is called or when it begins a
 * block, is stalled, as by a full consumer: it hears of its messages, expires
 * them and saves positions, and is not asked for more. It waits at a gate of
 * the worker's. Whoever gives back so much that there is plenty lets all of
 * them run, on whichever thread that is. Bolts never wait for memory: what they
 * make of what is under way is how it comes to an end.
 *
 * While it is tight, the control thread looks now and then whether waiting is
 * in vain, since what is used is never given back. Then spouts go on.
 */
#ifndef GALE_MEMORY_WAIT_H
#define GALE_MEMORY_WAIT_H

#include "worker/executor.h"
#include "worker/worker.h"

struct memory_wait {
    struct gate gate; /* spouts wait at it */
    _Atomic(bool) watched;
    struct budget_patience patience; /* the control thread's, as … */
    int64_t look_at;
    bool said;
};

struct memory_wait *memory_wait_new(struct worker *w);

/* budget.changed of a worker. */
void memory_wait_changed(void *worker, enum budget_state was,
                         enum budget_state is);

/* The control thread: look, if it is time to; when to come again, INT64_MAX:
 * when it is told to. */
int64_t memory_wait_look(struct worker *w);

/* e begins a block, or, a spout, would be asked for more. True if it is a spout
 * that is to wait. */
bool memory_wait_meets(struct executor *e);

static inline bool memory_is_scarce(const struct worker *w)
{
    return __builtin_expect(budget_state(&w->budget) != BUDGET_PLENTY, 0);
}

static inline bool memory_wait_has(const struct executor *e)
{
    return e->stalled != NULL && e->stalled->budget != NULL;
}

#endif
