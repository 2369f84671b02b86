/* parking.c - carriers stand still; see parking.h. */
#include "worker/parking.h"
#include "worker/carrier.h"

static void change(struct worker *w, uint32_t from, uint32_t to)
{
    env_enter(w->env, w->parking);
    for (uint32_t i = 0; i < w->n_carriers; i++) {
        uint32_t is = from;

        if (atomic_compare_exchange_strong(&w->carriers[i]->stop, &is, to))
            w->env->ops->waiter_wake(w->env, w->carriers[i]->waiter);
    }
    env_notify(w->env, w->parking);
    env_leave(w->env, w->parking);
}

void parking_ask(struct worker *w)
{
    change(w, CARRIER_GOES, CARRIER_PARKS);
}

void parking_end(struct worker *w)
{
    change(w, CARRIER_PARKS, CARRIER_GOES);
}

/* Those that were let go count as parked until they wake up. */
bool parking_is_full(struct worker *w)
{
    bool full;

    env_enter(w->env, w->parking);
    full = w->n_parked == w->n_carriers;
    for (uint32_t i = 0; i < w->n_carriers; i++)
        full &= atomic_load(&w->carriers[i]->stop) == CARRIER_PARKS;
    env_leave(w->env, w->parking);
    return full;
}

void parking_take(struct carrier *c)
{
    struct worker *w = c->worker;

    env_enter(w->env, w->parking);
    w->n_parked++;
    worker_notify(w);
    while (atomic_load(&c->stop) == CARRIER_PARKS)
        env_wait(w->env, w->parking, INT64_MAX);
    w->n_parked--;
    env_leave(w->env, w->parking);
    c->now = c->env->ops->now(c->env);
    c->fresh = false;
}
