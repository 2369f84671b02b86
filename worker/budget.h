/*
 * budget.h - what all pools of a worker have of the system's memory, and
 * whether that is too much: budget_rule.h.
 *
 * Any thread. Nothing is counted for a tuple or a block that a pool has: only
 * for what is taken from the system and given back to it.
 */
#ifndef GALE_BUDGET_H
#define GALE_BUDGET_H

#include "worker/budget_rule.h"
#include <stdatomic.h>
#include <stddef.h>

/* The state has changed; by whoever took or gave back. One call comes per
 * change, and the next may be under way on another thread. */
typedef void budget_changed_fn(void *arg, enum budget_state was,
                               enum budget_state is);

struct budget {
    _Atomic(uint64_t) used;   /* bytes taken from the system … */
    _Atomic(uint64_t) pooled; /* … and of these, what pools keep */
    _Atomic(uint32_t) state;  /* enum budget_state */
    struct budget_marks marks;
    budget_changed_fn *changed; /* NULL: nobody wants to know */
    void *arg;
};

void budget_init(struct budget *b, uint64_t limit);

/* Beyond the limit there is more all the same: whoever was told brings the run
 * to its end. Aborts with a clear line when the system has none. Aligned to 64
 * bytes. */
void *budget_take(struct budget *b, size_t size);
void budget_give_back(struct budget *b, void *memory, size_t size);

/* May a pool take so much and keep it? Then it is counted as kept. */
bool budget_may_pool(struct budget *b, size_t size);

/* It is tight, and nothing would ever change that: let spouts go on. */
void budget_lend(struct budget *b);

/* Just now, for who may be wrong about it. */
static inline enum budget_state budget_state(const struct budget *b)
{
    return (enum budget_state)atomic_load_explicit(&b->state,
                                                   memory_order_relaxed);
}

/* For who has just said, in an atomic of his own, that he waits: if it is tight
 * still, the thread that ends that sees him. */
static inline bool budget_is_tight(const struct budget *b)
{
    return atomic_load(&b->state) == BUDGET_TIGHT;
}

#endif
