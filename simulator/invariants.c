/* invariants.c - what must be true of a topology; see invariants.h. */
#include "simulator/invariants.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "topology-api/under_way.h"
#include "worker/quiet.h"
#include "worker/task_base.h"
#include <stdlib.h>

struct invariants {
    gale_look look; /* first: what an invariant holds is a pointer to it */
    struct worker *worker;
    struct ledger *ledger;
    const gale_invariant *under_way; /* the one that looks */
    uint64_t looks;
    bool over; /* the end was looked at */
};

static struct invariants *of(gale_look *look)
{
    return (struct invariants *)(void *)look;
}

/* -- what they ask --------------------------------------------------------- */

static const struct component *component_of(const struct invariants *i,
                                            const char *id)
{
    const struct model *m = i->worker->model;
    uint32_t number = model_find(m, id);

    return number == UINT32_MAX ? NULL : &m->components[number];
}

static struct task *task_at(const struct invariants *i,
                            const struct component *c, uint32_t index)
{
    return i->worker->tasks[c->first_task + (int32_t)index];
}

static uint32_t tasks(gale_look *look, const char *id)
{
    const struct component *c = component_of(of(look), id);

    return c == NULL ? 0 : c->tasks;
}

static const void *at(gale_look *look, const char *id, uint32_t index)
{
    const struct component *c = component_of(of(look), id);

    if (c == NULL || index >= c->tasks)
        return NULL;
    return task_at(of(look), c, index)->public.instance;
}

static void add_task(gale_look_counts *sum, struct task *t)
{
    for (uint32_t i = 0; i < t->n_streams; i++)
        sum->emitted += counter_get(&t->streams[i].emitted) +
                        counter_get(&t->streams[i].emitted_fast);
    for (uint32_t i = 0; i < t->component->n_inputs; i++) {
        sum->executed += counter_get(&t->inputs[i].executed);
        sum->acked += counter_get(&t->inputs[i].acked);
        sum->failed += counter_get(&t->inputs[i].failed);
    }
    sum->acked += counter_get(&t->counters.acked);
    sum->failed += counter_get(&t->counters.failed);
    sum->pending +=
        counter_get(&t->counters.pending) + counter_get(&t->counters.resting);
    sum->held += counter_get(&t->counters.held);
}

static bool counts(gale_look *look, const char *id, gale_look_counts *to)
{
    const struct component *c = component_of(of(look), id);
    gale_look_counts sum = {.size = to->size};

    if (c == NULL)
        return false;
    for (uint32_t k = 0; k < c->tasks; k++)
        add_task(&sum, task_at(of(look), c, k));
    memcpy(to, &sum, to->size < sizeof(sum) ? to->size : sizeof(sum));
    return true;
}

static void wrong(gale_look *look, const char *text)
{
    struct invariants *i = of(look);

    ledger_break(i->ledger, "invariant \"%s\" is not true %s: %s",
                 i->under_way->name,
                 look->end ? "in the end" : "at a quiet point", text);
}

static const gale_look_host host = {
    .size = sizeof(host),
    .tasks = tasks,
    .at = at,
    .counts = counts,
    .wrong = wrong,
};

/* -- looking --------------------------------------------------------------- */

static void look_at_all(struct invariants *i, int64_t now, bool end)
{
    const struct model *m = i->worker->model;
    struct under_way before =
        under_way_begin(m->own_file, "an invariant was looked at");

    i->look.now_ns = now;
    i->look.end = end;
    for (uint32_t k = 0; k < m->n_invariants; k++) {
        i->under_way = &m->invariants[k];
        i->under_way->look(&i->look);
    }
    under_way_set(before);
    i->looks++;
}

static bool is_quiet(struct worker *w, uint32_t apart)
{
    return atomic_load(&w->waiting) == 0 && atomic_load(&w->active) == 0 &&
           atomic_load(&w->async) == apart && !worker_halted(w);
}

void invariants_idle(struct invariants *i, uint32_t apart, int64_t now)
{
    if (i->worker->model->n_invariants > 0 && !i->over &&
        is_quiet(i->worker, apart))
        look_at_all(i, now, false);
}

void invariants_end(struct invariants *i, int64_t now)
{
    i->over = true;
    if (i->worker->model->n_invariants > 0)
        look_at_all(i, now, true);
}

void invariants_restarts(struct invariants *i, uint32_t n)
{
    i->look.restarts += n;
}

uint64_t invariants_looks(const struct invariants *i)
{
    return i->looks;
}

struct invariants *invariants_new(struct worker *w, struct ledger *ledger)
{
    struct invariants *i = xcalloc(1, sizeof(*i));

    i->look.host = &host;
    i->worker = w;
    i->ledger = ledger;
    return i;
}

void invariants_free(struct invariants *i)
{
    free(i);
}
