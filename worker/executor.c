/* executor.c - scheduling, control messages, and the gates in front. */
#include "worker/executor.h"
#include "common/check.h"
#include "worker/bolt_task.h"
#include "worker/carrier.h"
#include "worker/resources.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

void executor_schedule(struct executor *e, struct carrier *c)
{
    /* After the push (seq_cst): see the protocol in executor.h. */
    if (atomic_load(&e->scheduled) || atomic_exchange(&e->scheduled, 1))
        return;
    carrier_push(e->carrier, e, c);
}

void executor_tell(struct executor *e, struct message *m, struct carrier *c)
{
    inbox_push(&e->control, &m->node);
    executor_schedule(e, c);
}

bool executor_has_input(struct executor *e)
{
    if (!inbox_empty(&e->control))
        return true;
    return e->stalled == NULL && !e->closed && !worker_halted(e->worker) &&
           (e->current != NULL || !inbox_empty(&e->data));
}

void executor_unstall(struct executor *e)
{
    if (e->stalled == NULL || atomic_load(&e->waiting))
        return;
    if (e->stalled_since != 0) {
        int64_t wall = e->carrier->now - e->stalled_since;

        /* Not the time in which others had their turn. */
        e->stalled_ns += wall < e->stalled_work ? wall : e->stalled_work;
    }
    e->stalled = NULL;
    e->stalled_since = 0;
    e->excess = 0;
}

/* -- control ---------------------------------------------------------------- */

static void handle_all(struct executor *e, enum message_kind kind)
{
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        if (e->component->is_spout)
            spout_control(e->tasks[i], kind);
        else
            bolt_control(e->tasks[i], kind);
    }
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

    t->n_async--;
    if (!e->closed) {
        t->in_callback = true;
        m->done(&t->public, m->result, m->arg);
        t->in_callback = false;
    }
    atomic_fetch_sub(&e->worker->async, 1);
    worker_notify(e->worker);
}

static void handle(struct executor *e, struct message *m)
{
    switch (m->kind) {
    case MESSAGE_POST:
        if (!e->closed) {
            m->task->in_callback = true;
            m->post(&m->task->public, m->arg);
            m->task->in_callback = false;
        }
        break;
    case MESSAGE_DONE:
        handle_done(e, m);
        break;
    case MESSAGE_WAKEUP:
        break;
    default:
        handle_all(e, m->kind);
        outbox_flush(e, true);
        atomic_fetch_sub(&e->worker->waiting, 1);
        worker_notify(e->worker);
        return;
    }
    if (m->task->spout != NULL)
        spout_wake(m->task);
}

void executor_control(struct executor *e)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&e->control)) != NULL) {
        struct message *m = (struct message *)(void *)n;

        handle(e, m);
        free(m);
    }
}

/* -- gates ------------------------------------------------------------------ */

void gate_init(struct gate *g, struct credit credit)
{
    atomic_init(&g->sent_tuples, 0);
    atomic_init(&g->sent_bytes, 0);
    atomic_init(&g->taken_tuples, 0);
    atomic_init(&g->taken_bytes, 0);
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

bool gate_full(struct gate *g, uint32_t halves)
{
    uint64_t tuples = atomic_load_explicit(&g->max_tuples, memory_order_relaxed);
    uint64_t bytes = atomic_load_explicit(&g->max_bytes, memory_order_relaxed);

    return gate_queued_tuples(g) * 2 > tuples * halves ||
           gate_queued_bytes(g) * 2 > bytes * halves;
}

void gate_open(struct gate *g, struct carrier *c)
{
    struct executor *e = atomic_exchange(&g->waiters, NULL);

    while (e != NULL) {
        struct executor *next = e->next_waiter;

        /* Release: next_waiter was read before e may wait again. */
        atomic_store_explicit(&e->waiting, 0, memory_order_release);
        executor_schedule(e, c);
        e = next;
    }
}

void gate_wait(struct gate *g, struct executor *e, struct carrier *c)
{
    if (atomic_load_explicit(&e->waiting, memory_order_acquire))
        return; /* still on a stack: whoever opens it will schedule e */
    e->stalled_since = e->carrier->now;
    e->stalled_work =
        (int64_t)(gate_queued_tuples(g) *
                  atomic_load_explicit(&g->cost_ns, memory_order_relaxed));
    atomic_store(&e->waiting, 1);
    e->next_waiter = atomic_load(&g->waiters);
    while (!atomic_compare_exchange_weak(&g->waiters, &e->next_waiter, e))
        ;
    /* The consumer may have looked before e was there. */
    if (!gate_full(g, 1))
        gate_open(g, c);
}

void gate_taken(struct gate *g, const struct envelope *env, struct carrier *c)
{
    atomic_fetch_add(&g->taken_tuples, env->n);
    atomic_fetch_add(&g->taken_bytes, env->bytes);
    atomic_fetch_sub(&env->outlet->in_flight, 1);
    /* seq_cst: pairs with the push and the look in gate_wait(). */
    if (__builtin_expect(atomic_load(&g->waiters) != NULL, 0) &&
        !gate_full(g, 1))
        gate_open(g, c);
}
