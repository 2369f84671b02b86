/* carriers.c - all carriers of a worker; see carriers.h. */
#include "worker/carriers.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/plan.h"
#include "worker/worker.h"
#include <errno.h>
#include <stdio.h>
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
    uint64_t max = all + w->config.own_threads;

    check(max <= UINT32_MAX);
    w->carriers = xcalloc(max, sizeof(struct carrier *));
    w->carriers_max = (uint32_t)max;
    while (w->n_carriers < all) {
        struct carrier *c = carrier_new(w, w->n_carriers);

        if (c == NULL)
            return refuse_carriers(all, error);
        w->carriers[w->n_carriers++] = c;
    }
    return true;
}

bool carriers_start(struct carrier *c)
{
    char name[16];

    snprintf(name, sizeof(name), "carrier-%u", c->index % 100000);
    return carrier_start(c, name, -1);
}

/* In `parking`. */
static struct carrier *add(struct worker *w, const struct carrier *by)
{
    struct carrier *c;

    if (w->n_carriers == w->carriers_max) {
        errno = ERANGE;
        return NULL;
    }
    c = carrier_new(w, w->n_carriers);
    if (c == NULL)
        return NULL;
    c->origin = by->origin;
    if (!carriers_start(c)) {
        atomic_fetch_sub(&w->active, 1);
        carrier_free(c);
        errno = EAGAIN;
        return NULL;
    }
    w->carriers[w->n_carriers] = c;
    atomic_fetch_add(&w->n_carriers, 1); /* others look after this */
    return c;
}

struct carrier *carriers_add(struct carrier *by)
{
    struct worker *w = by->worker;
    struct carrier *c;

    env_enter(w->env, w->parking);
    c = add(w, by);
    env_leave(w->env, w->parking);
    worker_notify(w); /* who waits until all are parked asks again */
    return c;
}

void carriers_free(struct worker *w)
{
    for (uint32_t i = 0; i < w->n_carriers; i++)
        carrier_free(w->carriers[i]);
    free(w->carriers);
}
