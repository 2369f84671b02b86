/* executor.c - control messages, and the end of a stall. */
#include "worker/executor.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "worker/bolt_task.h"
#include "worker/carrier.h"
#include "worker/outlet.h"
#include "worker/resources.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

#define CONTROL_PER_RUN 64 /* what posts to itself is not alone here */

void executor_tell(struct executor *e, struct message *m, struct carrier *c)
{
    check(m->task == NULL || m->task->executor == e);
    inbox_push(&e->control, &m->node);
    FAULT_POINT("message_told");
    carrier_schedule(e, c);
}

bool executor_may_run(const struct executor *e)
{
    return e->stalled == NULL && !executor_paused(e) && !e->closed &&
           !worker_halted(e->worker);
}

struct credit executor_credit(const struct executor *e)
{
    return credit_for(e->cost_ns, e->worker->config.inbox_bytes,
                      executor_takes_batches(e) ? GALE_BATCH_MAX : 1);
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
    keepers_remove(e->carrier, e);
    e->stalled = NULL;
    e->stalled_since = 0;
    e->excess = 0;
}

/* -- made and dropped ------------------------------------------------------ */

static struct task *nobody[1];

void executor_init(struct executor *e, struct worker *w,
                   const struct component *c, struct carrier *carrier,
                   enum run_result (*run)(struct executor *e))
{
    bool alone = w->n_carriers == 1;

    memset(e, 0, sizeof(*e));
    e->worker = w;
    e->component = c;
    e->carrier = carrier;
    atomic_init(&e->at, carrier);
    e->run = run;
    e->chunk = 1;
    e->tasks = nobody;
    inbox_init(&e->data);
    inbox_init(&e->control);
    gate_init(&e->own_gate, e, executor_credit(e));
    e->gate = &e->own_gate;
    e->alone = e->data.alone = e->own_gate.alone = alone;
}

/* What was not executed any more; not all of it is the pool's. */
static void free_envelope(struct executor *e, struct envelope *env)
{
    if (env == NULL)
        return;
    if (env->block != NULL)
        block_unref(&e->carrier->pool, env->block);
    block_pool_item_free(&e->carrier->pool, env);
}

void executor_fini(struct executor *e)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&e->control)) != NULL)
        message_free((struct message *)(void *)n);
    free(e->put_off);
    free(e->own);
    free_envelope(e, e->current);
    while ((n = inbox_pop(&e->data)) != NULL)
        free_envelope(e, (struct envelope *)(void *)n);
}

/* -- control --------------------------------------------------------------- */

static void handle_all(struct executor *e, enum message_kind kind)
{
    if (kind == MESSAGE_CLOSE)
        atomic_store_explicit(&e->closing, true, memory_order_relaxed);
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

/* What callbacks of the task have made of errors so far. */
static uint64_t traces(struct task *t)
{
    uint64_t n = counter_get(&t->counters.errors);

    for (uint32_t i = 0; i < t->component->n_inputs; i++)
        n += counter_get(&t->inputs[i].failed);
    return n;
}

/* A function that runs in the task, for it has asked for that. */
static void enter_posted(struct task *t)
{
    task_enter(t, t->spout != NULL ? CALL_SPOUT_POSTED : CALL_BOLT_POSTED);
}

/* Its work has ended: `done` looks after an error, or it is one of the task. */
static void call_done(struct task *t, struct message *m)
{
    uint64_t before = traces(t);
    bool failed = m->result != GALE_OK && m->result != GALE_DROP;

    enter_posted(t);
    m->done(&t->public, m->result, m->arg);
    task_leave(t);
    if (failed && !t->marked && traces(t) == before)
        task_report(t, t->said ? task_take_text(t)
                               : "work of gale_async() failed and gave no "
                                 "reason");
    task_result(t, "done", GALE_OK); /* what accessors refused */
}

/* Not for a task that has begun anew since. */
static bool is_meant(const struct message *m)
{
    return m->incarnation ==
           atomic_load_explicit(&m->task->incarnation, memory_order_relaxed);
}

/* Work is under way for a task of it. */
static bool works(const struct executor *e)
{
    for (uint32_t i = 0; i < e->n_tasks; i++)
        if (e->tasks[i]->n_async > 0)
            return true;
    return false;
}

/* What a spout has not heard of yet may make it begin some. */
static void hear_the_rest(struct executor *e)
{
    for (uint32_t i = 0; i < e->n_tasks && e->component->is_spout; i++)
        spout_hears_the_rest(e->tasks[i]);
}

/* The end of a task waits for its work, which may have begun after the control
 * thread had seen none. */
static void handle_for_all(struct executor *e, struct message *m)
{
    if (m->kind == MESSAGE_CLOSE)
        hear_the_rest(e);
    if ((m->kind == MESSAGE_FINISH || m->kind == MESSAGE_CLOSE) && works(e)) {
        check(e->put_off == NULL);
        e->put_off = m;
        return;
    }
    handle_all(e, m->kind);
    outbox_flush(e, true);
    check(atomic_fetch_sub(&e->worker->waiting, 1) > 0);
    worker_notify(e->worker);
}

static void handle_done(struct executor *e, struct message *m)
{
    struct task *t = m->task;

    check(t->n_async > 0);
    t->n_async--;
    if (!e->closed && is_meant(m))
        call_done(t, m);
    check(atomic_fetch_sub(&e->worker->async, 1) > 0);
    worker_quiet(e->worker);
}

static void handle(struct executor *e, struct message *m)
{
    e->excess = 0; /* of one callback; it may come though e is stalled */
    switch (m->kind) {
    case MESSAGE_POST:
        if (!e->closed && is_meant(m)) {
            enter_posted(m->task);
            m->post(&m->task->public, m->arg);
            task_leave(m->task);
            task_result(m->task, "post", GALE_OK);
        }
        break;
    case MESSAGE_DONE:
        handle_done(e, m);
        break;
    case MESSAGE_WAKEUP:
        task_woken(m->task);
        break;
    case MESSAGE_RESET:
        executor_reset(e);
        return;
    default:
        handle_for_all(e, m);
        return;
    }
    if (m->task->spout != NULL)
        spout_wake(m->task);
}

static void handle_and_free(struct executor *e, struct message *m)
{
    handle(e, m);
    if (m != e->put_off)
        message_free(m);
}

static void take_up_again(struct executor *e)
{
    struct message *m = e->put_off;

    if (m == NULL || works(e))
        return;
    e->put_off = NULL;
    handle_and_free(e, m);
}

void executor_control_all(struct executor *e)
{
    struct carrier *c = e->carrier;
    struct inbox_node *n;

    for (uint32_t i = 0;
         i < CONTROL_PER_RUN && (n = inbox_pop(&e->control)) != NULL; i++) {
        handle_and_free(e, (struct message *)(void *)n);
        take_up_again(e);
    }
    c->now = c->env->ops->now(c->env); /* it may have taken long */
}
