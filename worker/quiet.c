/* quiet.c - is there still something to do; see quiet.h. */
#include "worker/quiet.h"
#include "worker/links.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"

bool quiet_now(struct worker *w)
{
    return atomic_load(&w->waiting) == 0 && atomic_load(&w->async) == 0 &&
           atomic_load(&w->paused) == 0 && atomic_load(&w->active) == 0 &&
           links_quiet(w->links);
}

bool quiet_exhausted(struct worker *w)
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i] != NULL && w->tasks[i]->spout != NULL &&
            !atomic_load(&w->tasks[i]->spout->exhausted))
            return false;
    return true;
}

uint64_t quiet_pending(struct worker *w)
{
    uint64_t n = 0;

    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i] != NULL)
            n += counter_get(&w->tasks[i]->counters.pending) +
                 counter_get(&w->tasks[i]->counters.resting);
    return n;
}

bool quiet_unsaved(struct worker *w)
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i] != NULL && w->tasks[i]->spout != NULL &&
            atomic_load_explicit(&w->tasks[i]->spout->unsaved,
                                 memory_order_relaxed))
            return true;
    return false;
}

uint64_t quiet_executed(struct worker *w)
{
    uint64_t n = 0;

    for (uint32_t i = 1; i <= w->n_tasks; i++) {
        struct task *t = w->tasks[i];

        for (uint32_t k = 0; t != NULL && k < t->component->n_inputs; k++)
            n += counter_get(&t->inputs[k].executed);
    }
    return n;
}

bool quiet_complete(struct worker *w)
{
    uint64_t wakeups = atomic_load(&w->wakeups);

    return quiet_now(w) && quiet_exhausted(w) && quiet_pending(w) == 0 &&
           quiet_now(w) && wakeups == atomic_load(&w->wakeups);
}
