/* memory_wait.c - spouts wait for memory, and go on; see memory_wait.h. */
#include "worker/memory_wait.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/credit.h"
#include "worker/quiet.h"
#include <stdlib.h>

struct memory_wait *memory_wait_new(struct worker *w)
{
    size_t size = (sizeof(struct memory_wait) + 63) & ~(size_t)63;
    struct memory_wait *m = memory_check(aligned_alloc(64, size), 1, size);

    memset(m, 0, size);
    gate_init(&m->gate, NULL, (struct credit){0});
    m->gate.budget = &w->budget;
    m->look_at = INT64_MAX;
    return m;
}

bool memory_wait_meets(struct executor *e)
{
    struct worker *w = e->worker;

    if (!e->component->is_spout || budget_state(&w->budget) != BUDGET_TIGHT)
        return false;
    if (e->stalled == NULL)
        e->stalled = &w->memory->gate;
    return true;
}

/*
 * From tight to anything else: let all run that wait. Who begins to wait is on
 * the gate's stack before he looks at the state (gate_wait()), and the state
 * was changed before the stack is looked at here, all of it sequentially
 * consistent: so he is seen, or sees himself that he need not wait.
 */
void memory_wait_changed(void *worker, enum budget_state was,
                         enum budget_state is)
{
    struct worker *w = worker;

    env_point(w->env);
    if (was == BUDGET_TIGHT)
        gate_open(&w->memory->gate);
    if (is == BUDGET_PASSED)
        worker_fail_for_memory(w);
    else if (is == BUDGET_TIGHT && !atomic_load(&w->memory->watched))
        worker_notify(w);
}

/* -- in vain? -------------------------------------------------------------- */

static bool anything_queued(const struct worker *w)
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->executors[i] != NULL &&
            gate_queued_tuples(w->executors[i]->gate) > 0)
            return true;
    return false;
}

static struct budget_look look_around(struct worker *w)
{
    return (struct budget_look){.queued = anything_queued(w),
                                .executed = quiet_executed(w),
                                .used = atomic_load(&w->budget.used)};
}

static void say(struct worker *w)
{
    if (w->memory->said)
        return;
    w->memory->said = true;
    log_info(w->log, "memory",
             "tuples that are under way have come near to "
             "gale.worker.memory.bytes, %llu: spouts wait until less are, now "
             "and whenever that happens again",
             (unsigned long long)w->budget.marks.limit);
}

/* Not tight any more; who makes it tight again tells us, unless he has done so
 * just before, and believed that we look. */
static bool ends(struct memory_wait *m, const struct budget *b)
{
    if (budget_is_tight(b))
        return false;
    atomic_store(&m->watched, false);
    if (budget_is_tight(b)) {
        atomic_store(&m->watched, true);
        return false;
    }
    return true;
}

int64_t memory_wait_look(struct worker *w)
{
    struct memory_wait *m = w->memory;
    int64_t now;

    if (m->look_at == INT64_MAX && !budget_is_tight(&w->budget))
        return INT64_MAX;
    now = w->env->ops->now(w->env);
    if (m->look_at != INT64_MAX && now < m->look_at)
        return m->look_at;
    if (m->look_at == INT64_MAX) {
        m->patience = (struct budget_patience){0};
        atomic_store(&m->watched, true);
        say(w);
    }
    if (ends(m, &w->budget))
        return m->look_at = INT64_MAX;
    if (budget_waits_in_vain(&m->patience, look_around(w), now))
        budget_lend(&w->budget);
    return m->look_at = now + BUDGET_PATIENCE_NS;
}
