/* plan.c - is it a plan for this topology; see plan.h. */
#include "worker/plan.h"
#include "topology-api/memory.h"
#include <stdlib.h>

static uint32_t executors_of(const struct model *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        n += m->components[i].executors;
    return n;
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
    uint32_t n = executors_of(m);

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
    memcpy(copy->workers, p->workers, p->n_workers * sizeof(*copy->workers));
    memcpy(copy->homes, p->homes, p->n_executors * sizeof(*copy->homes));
    return copy;
}

void plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    digest_wipe(&p->key, sizeof(p->key));
    free(p->workers);
    free(p->homes);
    free(p);
}

int plan_check_change(const struct plan *from, const struct plan *to,
                      gale_err *error)
{
    if (to->n_workers != from->n_workers || to->me != from->me ||
        strcmp(to->topology, from->topology) != 0)
        return error_set(error,
                         "the new assignment is for worker %u of %u of %s, and "
                         "this is worker %u of %u of %s",
                         to->me, to->n_workers, to->topology, from->me,
                         from->n_workers, from->topology);
    if (to->n_executors != from->n_executors ||
        memcmp(to->homes, from->homes,
               from->n_executors * sizeof(*from->homes)) != 0)
        return error_set(error,
                         "the new assignment of %s moves executors between "
                         "workers, which only new workers can take part in",
                         to->topology);
    return 0;
}
