/* executor.c - scheduling, control messages, and the gates in front. */
#include "worker/executor.h"
#include "common/check.h"
#include "worker/bolt_task.h"
#include "worker/carrier.h"
#include "worker/outlet.h"
#include "worker/resources.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

#define OPEN_AT_ONCE 6 /* waiters per envelope that makes room */

/* Was it scheduled before? */
static bool take_schedule(struct executor *e)
{
    if (atomic_load(&e->scheduled))
        return true;
    if (!e->alone)
        return atomic_exchange(&e->scheduled, 1);
    atomic_store_explicit(&e->scheduled, 1, memory_order_relaxed);
    return false;
}

void executor_schedule(struct executor *e, struct carrier *c)
{
    if (e->alone && c == NULL) {
        if (!atomic_exchange(&e->told, 1))
            carrier_push(e->carrier, e, NULL);
        return;
    }
    /* After the push (seq_cst): see the protocol in executor.h. */
    if (take_schedule(e)) {
        if (c != NULL)
            c->chain = false;
        return;
    }
    carrier_push(e->carrier, e, c);
}

void executor_injected(struct executor *e)
{
    if (e->alone) {
        atomic_store(&e->told, 0); /* before it looks at what it was told */
        if (take_schedule(e))
            return;
    }
    carrier_push(e->carrier, e, e->carrier);
}

void executor_tell(struct executor *e, struct message *m, struct carrier *c)
{
    check(m->task == NULL || m->task->executor == e);
    inbox_push(&e->control, &m->node);
    executor_schedule(e, c);
}

bool executor_may_run(const struct executor *e)
{
    return e->stalled == NULL && !e->closed && !worker_halted(e->worker);
}

void executor_end_stall(struct executor *e)
{
    if (atomic_load(&e->waiting))
        return;
    if (e->stalled_since != 0) {
        int64_t wall = e->carrier->now - e->stalled_since;

        check(wall >= 0 && e->stalled_work >= 0);

        /* Not the time in which others had their turn. */
        e->stalled_ns += wall < e->stalled_work ? wall : e->stalled_work;
    }
    e->stalled = NULL;
    e->stalled_since = 0;
    e->excess = 0;
}

/* -- control --------------------------------------------------------------- */

static void handle_all(struct executor *e, enum message_kind kind)
{
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        if (e->component->is_spout)
            spout_control(e->tasks[i], kind);
        else
            bolt_control(e->tasks[i], kind);
    }
    check(!e->closed);
    if (kind == MESSAGE_OPEN)
        e->opened = true;
    if (kind != MESSAGE_CLOSE)
        return;
    e->closed = true;
    for (uint32_t i = 0; i < e->n_tasks; i++)
        resources_drop(e->worker->resources, e->tasks[i]);
}

static void handle_done(struct executor *e, struct message *m)
{
    struct task *t = m->task;

    check(t->n_async > 0);
    t->n_async--;
    if (!e->closed) {
        t->in_callback = true;
        m->done(&t->public, m->result, m->arg);
        t->in_callback = false;
        task_result(t, "done", GALE_OK); /* what accessors refused */
    }
    check(atomic_fetch_sub(&e->worker->async, 1) > 0);
    worker_quiet(e->worker);
}

static void handle(struct executor *e, struct message *m)
{
    switch (m->kind) {
    case MESSAGE_POST:
        if (!e->closed) {
            m->task->in_callback = true;
            m->post(&m->task->public, m->arg);
            m->task->in_callback = false;
            task_result(m->task, "post", GALE_OK);
        }
        break;
    case MESSAGE_DONE:
        handle_done(e, m);
        break;
    case MESSAGE_WAKEUP:
        check(m->task != NULL);
        break;
    default:
        handle_all(e, m->kind);
        outbox_flush(e, true);
        check(atomic_fetch_sub(&e->worker->waiting, 1) > 0);
        worker_notify(e->worker);
        return;
    }
    if (m->task->spout != NULL)
        spout_wake(m->task);
}

void executor_control_all(struct executor *e)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&e->control)) != NULL) {
        struct message *m = (struct message *)(void *)n;

        handle(e, m);
        free(m);
    }
}

/* -- gates ----------------------------------------------------------------- */

void gate_init(struct gate *g, struct executor *owner, struct credit credit)
{
    g->owner = owner;
    g->alone = false;
    g->parked = g->parked_last = NULL;
    atomic_init(&g->sent, 0);
    atomic_init(&g->taken, 0);
    atomic_init(&g->waiters, NULL);
    gate_limit(g, credit);
}

struct credit executor_credit(const struct executor *e)
{
    return credit_for(e->cost_ns, e->worker->config.inbox_bytes,
                      executor_takes_batches(e) ? GALE_BATCH_MAX : 1);
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

bool gate_full(struct gate *g, uint32_t halves)
{
    uint64_t tuples =
        atomic_load_explicit(&g->max_tuples, memory_order_relaxed);
    uint64_t bytes = atomic_load_explicit(&g->max_bytes, memory_order_relaxed);
    uint64_t load = gate_queued(g);

    return (load >> GATE_BYTES_BITS) * 2 > tuples * halves ||
           (load & ((UINT64_C(1) << GATE_BYTES_BITS) - 1)) * 2 > bytes * halves;
}

static void let_run(struct executor *e, struct carrier *c)
{
    check(atomic_load_explicit(&e->waiting, memory_order_relaxed) == 1);
    /* seq_cst, as the look at `scheduled` that follows: e may be about to rest
     * after a run for other reasons, and then looks at `waiting`. One of the
     * two sees the other. (next_waiter was read before e may wait again.) */
    atomic_store(&e->waiting, 0);
    executor_schedule(e, c);
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

void gate_wait(struct gate *g, struct executor *e, struct carrier *c)
{
    if (atomic_load(&e->waiting))
        return; /* still on a stack: whoever opens it will schedule e */
    check(e->gate != g || g->owner == NULL);
    e->stalled_since = e->carrier->now;
    e->stalled_work =
        (int64_t)(gate_queued_tuples(g) *
                  atomic_load_explicit(&g->cost_ns, memory_order_relaxed));
    atomic_store(&e->waiting, 1);
    e->next_waiter = atomic_load(&g->waiters);
    while (!atomic_compare_exchange_weak(&g->waiters, &e->next_waiter, e))
        ;
    /* The consumer may have looked before e was there. */
    if (gate_full(g, 1))
        return;
    if (g->owner != NULL)
        executor_schedule(g->owner, c);
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
