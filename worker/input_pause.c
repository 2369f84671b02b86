/* input_pause.c - no more input for now; see input_pause.h. */
#include "worker/input_pause.h"
#include "worker/task_base.h"
#include "worker/worker.h"

static int64_t clock_of(const struct executor *e)
{
    struct env *env = e->carrier->env;

    return env->ops->now(env);
}

static uint32_t count(struct executor *e, int32_t change)
{
    uint32_t n = atomic_load_explicit(&e->n_paused, memory_order_relaxed) +
                 (uint32_t)change;

    atomic_store_explicit(&e->n_paused, n, memory_order_relaxed);
    return n;
}

void input_pause(struct task *t)
{
    struct executor *e = t->executor;

    if (t->pauses)
        return;
    t->pauses = true;
    if (count(e, 1) > 1)
        return;
    e->paused_since = clock_of(e);
    atomic_fetch_add(&e->worker->paused, 1);
}

/* The executor need not be scheduled: it runs, for this is a callback. */
void input_resume(struct task *t)
{
    struct executor *e = t->executor;
    int64_t ns;

    if (!t->pauses)
        return;
    t->pauses = false;
    if (count(e, -1) > 0)
        return;
    ns = clock_of(e) - e->paused_since;
    check(ns >= 0);
    e->stalled_ns += ns;
    check(atomic_fetch_sub(&e->worker->paused, 1) > 0);
    worker_quiet(e->worker);
}
