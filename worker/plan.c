/* plan.c - is it a plan for this topology; see plan.h. */
#include "worker/plan.h"
#include "topology-api/memory.h"
#include <stdlib.h>

uint32_t plan_executors(const struct plan *p, const struct model *m, uint32_t c)
{
    return p != NULL && p->n_components > 0 ? p->executors[c]
                                            : m->components[c].executors;
}

static uint32_t executors_of(const struct plan *p, const struct model *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        n += plan_executors(p, m, i);
    return n;
}

static int check_components(const struct plan *p, const struct model *m,
                            gale_err *error)
{
    if (p->n_components != 0 && p->n_components != m->n_components)
        return error_set(error,
                         "the assignment of %s has %u components, and the "
                         "topology has %u",
                         p->topology, p->n_components, m->n_components);
    for (uint32_t i = 0; i < p->n_components; i++)
        if (p->executors[i] < 1 || p->executors[i] > m->components[i].tasks)
            return error_set(error,
                             "the assignment of %s has %u executors of \"%s\", "
                             "expected 1 to %u",
                             p->topology, p->executors[i], m->components[i].id,
                             m->components[i].tasks);
    return 0;
}

/* The number of an executor that nobody has, or n_executors. */
static uint32_t homeless(const struct plan *p)
{
    uint32_t i = 0;

    while (i < p->n_executors && p->homes[i] < p->n_workers)
        i++;
    return i;
}

int plan_check(const struct plan *p, const struct model *m, gale_err *error)
{
    uint32_t n;

    if (check_components(p, m, error) != 0)
        return -1;
    n = executors_of(p, m);
    if (p->n_workers == 0 || p->n_workers > PLAN_WORKERS_MAX ||
        p->me >= p->n_workers)
        return error_set(error,
                         "the assignment of %s has %u workers, and this one "
                         "has number %u: numbers go from 0 to one less",
                         p->topology, p->n_workers, p->me);
    if (p->n_executors != n)
        return error_set(error,
                         "the assignment of %s places %u executors, and the "
                         "topology has %u",
                         p->topology, p->n_executors, n);
    if (homeless(p) < n)
        return error_set(error,
                         "the assignment of %s places executor %u on a worker "
                         "that is not there",
                         p->topology, homeless(p));
    return 0;
}

struct plan *plan_copy(const struct plan *p)
{
    struct plan *copy = xcalloc(1, sizeof(*copy));

    *copy = *p;
    copy->workers = xcalloc(p->n_workers, sizeof(*copy->workers));
    copy->homes = xcalloc(p->n_executors + 1, sizeof(*copy->homes));
    copy->executors = xcalloc(p->n_components + 1, sizeof(*copy->executors));
    memcpy(copy->workers, p->workers, p->n_workers * sizeof(*copy->workers));
    memcpy(copy->homes, p->homes, p->n_executors * sizeof(*copy->homes));
    if (p->n_components > 0)
        memcpy(copy->executors, p->executors,
               p->n_components * sizeof(*copy->executors));
    return copy;
}

void plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    digest_wipe(&p->key, sizeof(p->key));
    free(p->workers);
    free(p->homes);
    free(p->executors);
    free(p);
}

/* -- changes --------------------------------------------------------------- */

/* Which executors of a component are here: walked in order, in one plan. */
struct walk {
    const struct plan *plan;
    uint32_t tasks, n; /* of the component */
    uint32_t first;    /* number of its first executor */
    uint32_t i;        /* the next to be looked at */
};

static bool next_here(struct walk *w)
{
    while (w->i < w->n && w->plan->homes[w->first + w->i] != w->plan->me)
        w->i++;
    return w->i < w->n;
}

static uint32_t first_of(const struct walk *w, uint32_t i)
{
    return model_first_task(w->tasks, w->n, i);
}

/* Of both, executor i has the same tasks. */
static bool same_tasks(const struct walk *a, const struct walk *b)
{
    return first_of(a, a->i) == first_of(b, b->i) &&
           first_of(a, a->i + 1) == first_of(b, b->i + 1);
}

static bool same_here(struct walk a, struct walk b)
{
    for (;; a.i++, b.i++) {
        bool is = next_here(&a);

        if (is != next_here(&b) || (is && !same_tasks(&a, &b)))
            return false;
        if (!is)
            return true;
    }
}

static bool same_everywhere(struct walk a, struct walk b)
{
    return a.n == b.n &&
           memcmp(a.plan->homes + a.first, b.plan->homes + b.first,
                  a.n * sizeof(*a.plan->homes)) == 0;
}

static bool same(const struct plan *a, const struct plan *b,
                 const struct model *m, bool (*of)(struct walk, struct walk))
{
    struct walk x = {.plan = a}, y = {.plan = b};

    for (uint32_t c = 0; c < m->n_components; c++) {
        x.tasks = y.tasks = m->components[c].tasks;
        x.n = plan_executors(a, m, c);
        y.n = plan_executors(b, m, c);
        if (!of(x, y))
            return false;
        x.first += x.n;
        y.first += y.n;
    }
    return true;
}

bool plan_same_homes(const struct plan *a, const struct plan *b,
                     const struct model *m)
{
    return a->n_workers == b->n_workers && same(a, b, m, same_everywhere);
}

bool plan_replaces(const struct plan *from, const struct plan *to)
{
    return to->workers[to->me].birth > from->workers[from->me].birth;
}

int plan_check_change(const struct plan *from, const struct plan *to,
                      const struct model *m, gale_err *error)
{
    if (to->me != from->me || strcmp(to->topology, from->topology) != 0)
        return error_set(error,
                         "the new assignment is for worker %u of %s, and this "
                         "is worker %u of %s",
                         to->me, to->topology, from->me, from->topology);
    if (plan_check(to, m, error) != 0)
        return -1;
    if (!plan_replaces(from, to) && !same(from, to, m, same_here))
        return error_set(error,
                         "the new assignment of %s gives this worker other "
                         "executors, which only a new process can take up",
                         to->topology);
    return 0;
}
