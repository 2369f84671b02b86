/* rewiring.c - from one plan to the next; see rewiring.h. */
#include "worker/rewiring.h"
#include "common/check.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/links.h"
#include "worker/outlet.h"
#include "worker/plan.h"
#include "worker/stand_in.h"
#include "worker/task_base.h"
#include "worker/wiring.h"
#include <inttypes.h>
#include <stdlib.h>

struct rewiring {
    struct worker *worker;
    struct crew *before; /* per component */
    uint32_t moved;      /* executors of others that have another home, … */
    uint32_t made;       /* … and that have other tasks than any had before */
    uint64_t lost;       /* tuples that waited for those that are gone */
};

/* -- before ---------------------------------------------------------------- */

/* Nothing is half written, and nobody waits for what may go. */
static void come_to_rest(struct worker *w)
{
    int64_t now = w->env->ops->now(w->env);

    for (uint32_t i = 0; i < w->n_carriers; i++)
        w->carriers[i]->now = now;
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->executors[i] != NULL && !w->executors[i]->away)
            outbox_flush(w->executors[i], true);
    links_release(w->links);
}

/* -- executors ------------------------------------------------------------- */

/* Who had exactly the tasks of executor i; NULL: nobody. */
static struct executor *had_tasks_of(const struct crew *before,
                                     const struct crew *crew,
                                     const struct component *c, uint32_t i)
{
    uint32_t first = model_first_task(c->tasks, crew->n, i);
    uint32_t k = before->place[first] >> 16;

    return model_first_task(c->tasks, before->n, k) == first &&
                   model_first_task(c->tasks, before->n, k + 1) ==
                       model_first_task(c->tasks, crew->n, i + 1)
               ? before->executors[k]
               : NULL;
}

static struct executor *stand_in_for(struct rewiring *r, struct link *link,
                                     const struct component *c,
                                     struct executor *before)
{
    if (before == NULL) {
        r->made++;
        return stand_in_new(link, c);
    }
    check(before->away);
    if (stand_in_of(before)->link != link) {
        r->moved++;
        stand_in_move(stand_in_of(before), link);
    }
    return before;
}

static void rewire_crew(struct rewiring *r, uint32_t component)
{
    struct worker *w = r->worker;
    const struct component *c = &w->model->components[component];
    const struct crew *before = &r->before[component];
    struct crew *crew = &w->crews[component];

    crew->executors = xcalloc(crew->n, sizeof(struct executor *));
    crew->place = xcalloc(c->tasks, sizeof(*crew->place));
    for (uint32_t i = 0; i < crew->n; i++) {
        struct executor *e = had_tasks_of(before, crew, c, i);
        uint32_t home = w->plan->homes[crew->first + i];

        if (home != w->plan->me)
            e = stand_in_for(r, links_to(w->links, home), c, e);
        check(e != NULL && e->away == (home != w->plan->me));
        wiring_enter(e, i);
    }
}

static bool goes_on(const struct worker *w, const struct executor *e)
{
    return w->executors[e->number] == e;
}

/* -- routes ---------------------------------------------------------------- */

static void renew_firsts(struct task *t, const struct destination *d)
{
    for (uint32_t s = 0; s < t->n_streams; s++)
        for (uint32_t i = 0; i < t->streams[s].n_routes; i++)
            if (t->streams[s].routes[i].to == d)
                t->streams[s].routes[i].first = d->outlets[d->place[0] >> 16];
}

/* Outlets to those that go on are theirs still. */
static void rewire_destination(struct task *t, struct destination *d,
                               const struct crew *before,
                               const struct crew *crew)
{
    struct outlet **outlets = xcalloc(crew->n, sizeof(struct outlet *));

    for (uint32_t i = 0; i < before->n; i++) {
        struct executor *e = before->executors[i];

        if (goes_on(t->executor->worker, e))
            outlets[e->index] = d->outlets[i];
        else
            outlet_free(d->outlets[i]);
    }
    free(d->outlets);
    d->outlets = outlets;
    d->executors = crew->executors;
    d->place = crew->place;
    d->n_executors = crew->n;
    renew_firsts(t, d);
}

static void rewire_task(struct rewiring *r, struct task *t)
{
    struct worker *w = r->worker;

    for (uint32_t i = 0; i < t->n_destinations; i++) {
        struct destination *d = &t->destinations[i];
        size_t c = (size_t)(d->component - w->model->components);

        rewire_destination(t, d, &r->before[c], &w->crews[c]);
    }
}

/* -- those that are gone --------------------------------------------------- */

static void end_stand_ins(struct rewiring *r, const struct crew *before)
{
    for (uint32_t i = 0; i < before->n; i++)
        if (!goes_on(r->worker, before->executors[i]))
            r->lost += stand_in_end(stand_in_of(before->executors[i]));
}

/* Who was let go on has to forget for whom it waited: that one is freed. */
static void end_stalls(struct worker *w)
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->executors[i] != NULL && !w->executors[i]->away)
            executor_unstall(w->executors[i]);
}

static void free_crew(struct rewiring *r, struct crew *before)
{
    for (uint32_t i = 0; i < before->n; i++)
        if (!goes_on(r->worker, before->executors[i]))
            stand_in_free(before->executors[i]);
    free(before->executors);
    free(before->place);
}

/* -- all of it ------------------------------------------------------------- */

static void say(const struct rewiring *r)
{
    struct log *log = r->worker->log;

    log_info(log, "plan",
             "this worker goes on: of others, %u executors have moved, and %u "
             "are new",
             r->moved, r->made);
    if (r->lost > 0)
        log_warn(log, "plan",
                 "%" PRIu64 " tuples that waited for executors which are gone "
                 "are lost: messages that they belong to time out",
                 r->lost);
}

void worker_rewire(struct worker *w, const struct plan *plan)
{
    uint32_t n = w->model->n_components;
    struct rewiring r = {.worker = w, .before = w->crews};

    come_to_rest(w);
    w->plan = plan;
    w->rewired = true;
    w->crews = xcalloc(n, sizeof(*w->crews));
    memset(w->executors, 0, (w->n_tasks + 1) * sizeof(*w->executors));
    wiring_count(w);
    links_rewire(w->links);
    for (uint32_t c = 0; c < n; c++)
        rewire_crew(&r, c);
    for (uint32_t c = 0; c < n; c++)
        end_stand_ins(&r, &r.before[c]);
    end_stalls(w);
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i] != NULL)
            rewire_task(&r, w->tasks[i]);
    for (uint32_t c = 0; c < n; c++)
        free_crew(&r, &r.before[c]);
    free(r.before);
    say(&r);
}
