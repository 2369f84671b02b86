/* executor_reset.c - the tasks of an executor begin anew; see executor.h. */
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/bolt_task.h"
#include "worker/carrier.h"
#include "worker/hooks.h"
#include "worker/outlet.h"
#include "worker/resources.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

static void lose(struct executor *e, struct envelope *env, uint32_t executed)
{
    struct watcher *w = e->worker->watcher;

    if (w != NULL && w->lost != NULL && env->kind != ENVELOPE_LOST)
        w->lost(w, env, executed);
    executor_discard(e, env);
}

static void lose_input(struct executor *e)
{
    struct envelope *env = e->current;
    uint32_t executed = e->current_done;

    e->current = NULL;
    if (env != NULL)
        lose(e, env, executed);
    while ((env = (struct envelope *)(void *)inbox_pop(&e->data)) != NULL)
        lose(e, env, 0);
}

/* Work of gale_async() that is under way may still use the old one. */
static void renew_instance(struct task *t)
{
    const struct component *c = t->component;
    size_t size = c->is_spout ? c->spout.instance_size : c->bolt.instance_size;
    gale_err error;

    if (t->n_async == 0)
        free(t->public.instance);
    t->public.instance = xcalloc(1, size + 1);
    if (model_fill_options(t->executor->worker->model, c, t->public.instance,
                           &error) != 0)
        worker_fail(t->executor->worker, error.text);
}

static void reset_task(struct task *t)
{
    atomic_fetch_add_explicit(&t->incarnation, 1, memory_order_relaxed);
    resources_drop(t->executor->worker->resources, t);
    task_allow_emit(t, false);
    t->opened = t->marked = t->held = false;
    task_forget_text(t);
    renew_instance(t);
    hooks_renew(t->hooks);
    if (t->component->is_spout)
        spout_control(t, MESSAGE_RESET);
    else
        bolt_control(t, MESSAGE_RESET);
}

void executor_reset(struct executor *e)
{
    struct watcher *w = e->worker->watcher;

    if (!e->opened || e->closed || worker_halted(e->worker))
        return;
    if (w != NULL && w->resets != NULL)
        w->resets(w, e);
    lose_input(e);
    outbox_forget(e);
    for (uint32_t i = 0; i < e->n_tasks; i++)
        reset_task(e->tasks[i]);
    outbox_flush(e, true); /* what open has emitted by a post, at once */
}
