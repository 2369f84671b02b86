/* carriers.c - all carriers of a worker; see carriers.h. */
#include "worker/carriers.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/plan.h"
#include "worker/worker.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool carriers_own(const struct component *c)
{
    return c->is_spout ? c->spout.flags & GALE_SPOUT_BLOCKING
                       : c->bolt.flags & GALE_BOLT_BLOCKING;
}

/* Of those that are here. */
static uint64_t blocking_executors(const struct worker *w)
{
    const struct model *m = w->model;
    uint64_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        for (uint32_t k = 0; k < w->crews[i].n; k++)
            n += carriers_own(&m->components[i]) &&
                 plan_is_mine(w->plan, w->crews[i].first + k);
    return n;
}

static bool refuse_carriers(uint64_t n, gale_err *error)
{
    error_set(error,
              "there is no room for %llu carriers, which need two file "
              "descriptors each: %s; take fewer (gale.worker.carriers, and one "
              "for each executor that blocks), or raise the limit of open "
              "files (ulimit -n)",
              (unsigned long long)n, strerror(errno));
    return false;
}

bool carriers_make(struct worker *w, uint32_t n, gale_err *error)
{
    uint64_t all = n + blocking_executors(w);

    check(all <= UINT32_MAX);
    w->carriers = xcalloc(all, sizeof(struct carrier *));
    while (w->n_carriers < all) {
        struct carrier *c = carrier_new(w, w->n_carriers);

        if (c == NULL)
            return refuse_carriers(all, error);
        w->carriers[w->n_carriers++] = c;
    }
    return true;
}

void carriers_free(struct worker *w)
{
    for (uint32_t i = 0; i < w->n_carriers; i++)
        carrier_free(w->carriers[i]);
    free(w->carriers);
}
