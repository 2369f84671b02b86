/* worker.c - the worker as a whole: start, stop, fail, tell everybody. */
#include "worker/worker.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/carriers.h"
#include "worker/executor.h"
#include "worker/wiring.h"

void worker_notify(struct worker *w)
{
    w->env->ops->waiter_wake(w->env, w->control);
}

void worker_halt(struct worker *w)
{
    atomic_store(&w->halted, true);
    worker_notify(w);
}

void worker_fail(struct worker *w, const char *text)
{
    env_enter(w->env, w->monitor);
    if (w->error[0] == '\0')
        snprintf(w->error, sizeof(w->error), "%s", text);
    env_leave(w->env, w->monitor);
    worker_halt(w);
}

void worker_fail_for_memory(struct worker *w)
{
    char text[300];

    snprintf(text, sizeof(text),
             "tuples that are under way need more than "
             "gale.worker.memory.bytes, which is %llu: raise it, or let fewer "
             "be under way (topology.max.spout.pending)",
             (unsigned long long)w->budget.marks.limit);
    worker_fail(w, text);
}

bool worker_start(struct worker *w)
{
    bool started = true;

    for (uint32_t i = 0; i < w->n_carriers && started; i++)
        started = carriers_start(w->carriers[i]);
    return started;
}

void worker_stop(struct worker *w)
{
    for (uint32_t i = 0; i < w->n_carriers; i++)
        carrier_stop(w->carriers[i]);
}

void worker_tell(struct worker *w, uint32_t component, int kind)
{
    struct crew *crew = &w->crews[component];

    check(component < w->model->n_components);
    for (uint32_t i = 0; i < crew->n; i++) {
        struct message *m;

        if (crew->executors[i]->away)
            continue;
        m = xcalloc(1, sizeof(*m));
        atomic_fetch_add(&w->waiting, 1);
        m->kind = (enum message_kind)kind;
        executor_tell(crew->executors[i], m, NULL);
    }
}

const char *gale_version(void)
{
    return GALE_VERSION;
}
