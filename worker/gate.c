/* gate.c - waiting for room, and giving it; see gate.h. */
#include "worker/gate.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "worker/budget.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/outlet.h"

#define OPEN_AT_ONCE 6 /* waiters per envelope that makes room */

void gate_init(struct gate *g, struct executor *owner, struct credit credit)
{
    g->owner = owner;
    g->budget = NULL;
    g->alone = false;
    g->parked = g->parked_last = NULL;
    atomic_init(&g->sent, 0);
    atomic_init(&g->taken, 0);
    atomic_init(&g->waiters, NULL);
    gate_limit(g, credit);
}

void gate_limit(struct gate *g, struct credit credit)
{
    atomic_store_explicit(&g->max_tuples, credit.tuples, memory_order_relaxed);
    atomic_store_explicit(&g->max_bytes, credit.bytes, memory_order_relaxed);
    atomic_store_explicit(&g->slice, credit.slice, memory_order_relaxed);
    atomic_store_explicit(&g->each_tuple, credit.each_tuple,
                          memory_order_relaxed);
    atomic_store_explicit(&g->cost_ns, credit.cost_ns, memory_order_relaxed);
}

static void let_run(struct executor *e, struct carrier *c)
{
    check(atomic_load_explicit(&e->waiting, memory_order_relaxed) == 1);
    /* seq_cst, as the look at `scheduled` that follows: e may be about to rest
     * after a run for other reasons, and then looks at `waiting`. One of the
     * two sees the other. (next_waiter was read before e may wait again.) */
    atomic_store(&e->waiting, 0);
    FAULT_POINT("gate_opened");
    carrier_schedule(e, c);
}

/* Any thread. */
static void open_all(struct gate *g, struct carrier *c)
{
    struct executor *e = atomic_exchange(&g->waiters, NULL);

    while (e != NULL) {
        struct executor *next = e->next_waiter;

        let_run(e, c);
        e = next;
    }
}

/* The stack, oldest first, behind those that are parked already. */
static void park_waiters(struct gate *g)
{
    struct executor *e = atomic_exchange(&g->waiters, NULL), *first = NULL;
    struct executor *last = e;

    while (e != NULL) {
        struct executor *next = e->next_waiter;

        e->next_waiter = first;
        first = e;
        e = next;
    }
    if (first == NULL)
        return;
    if (g->parked == NULL)
        g->parked = first;
    else
        g->parked_last->next_waiter = first;
    g->parked_last = last;
}

/* The owner's carrier. */
static void open_some(struct gate *g, uint32_t n, struct carrier *c)
{
    check(g->owner != NULL);
    if (g->parked == NULL || n > OPEN_AT_ONCE)
        park_waiters(g);
    for (uint32_t i = 0; i < n && g->parked != NULL; i++) {
        struct executor *e = g->parked;

        g->parked = e->next_waiter;
        let_run(e, c);
    }
}

void gate_open(struct gate *g)
{
    check(g->owner == NULL);
    open_all(g, NULL);
}

static bool has_room(struct gate *g)
{
    return g->budget != NULL ? !budget_is_tight(g->budget) : !gate_full(g, 1);
}

void gate_wait(struct gate *g, struct executor *e, struct carrier *c)
{
    if (atomic_load(&e->waiting))
        return; /* still on a stack: whoever opens it will schedule e */
    check(e->gate != g || g->owner == NULL);
    e->stalled_since = e->carrier->now;
    e->stalled_work = gate_work(g);
    atomic_store(&e->waiting, 1);
    e->next_waiter = atomic_load(&g->waiters);
    while (!atomic_compare_exchange_weak(&g->waiters, &e->next_waiter, e))
        ;
    /* The consumer may have looked before e was there. */
    if (!has_room(g))
        return;
    if (g->owner != NULL)
        carrier_schedule(g->owner, c);
    else
        open_all(g, c);
}

static bool has_waiters(struct gate *g)
{
    return atomic_load(&g->waiters) != NULL || g->parked != NULL;
}

void gate_taken(struct gate *g, const struct envelope *env, struct carrier *c)
{
    uint64_t load = gate_load(env->n, env->bytes);

    check(gate_queued_tuples(g) >= env->n);
    if (g->owner != NULL) /* the only one who takes */
        atomic_store_explicit(
            &g->taken,
            atomic_load_explicit(&g->taken, memory_order_relaxed) + load,
            memory_order_release);
    else
        atomic_fetch_add(&g->taken, load);
    atomic_store_explicit(
        &env->outlet->done,
        atomic_load_explicit(&env->outlet->done, memory_order_relaxed) + 1,
        memory_order_release);
    if (__builtin_expect(!has_waiters(g), 1) || gate_full(g, 1))
        return;
    if (g->owner != NULL)
        open_some(g, OPEN_AT_ONCE, c);
    else
        open_all(g, c);
}

void gate_drained(struct gate *g, struct carrier *c)
{
    /* What was taken is visible before we look for waiters: pairs with the push
     * and the look in gate_wait(). So whoever comes too late to be seen here
     * sees the room himself. */
    if (!g->alone)
        atomic_fetch_add(&g->taken, 0);
    if (__builtin_expect(has_waiters(g), 0) && !gate_full(g, 1)) {
        if (g->owner != NULL)
            open_some(g, UINT32_MAX, c);
        else
            open_all(g, c);
    }
}

void gate_release(struct gate *g, struct carrier *c)
{
    if (has_waiters(g))
        open_some(g, UINT32_MAX, c);
}

void gate_hold(struct gate *g, uint64_t bytes, struct carrier *c)
{
    check(g->owner != NULL && bytes <= GATE_BYTES_MASK);
    atomic_store(&g->sent, atomic_load(&g->taken) + bytes);
    gate_drained(g, c);
}
