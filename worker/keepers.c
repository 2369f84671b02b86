/* keepers.c - who keeps what it has begun; see keepers.h. */
#include "worker/keepers.h"
#include "common/check.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/outbox.h"

static uint64_t runs_of(const struct carrier *c)
{
    return atomic_load_explicit(&c->runs, memory_order_relaxed);
}

/* What blocks says nothing about when it goes on; who waits for memory has none
 * to keep. */
bool keepers_may(const struct carrier *c, const struct executor *e)
{
    return e->stalled != NULL && e->stalled->budget == NULL && !e->blocking &&
           (e->keeps || c->keepers.n < KEEPERS_MAX) &&
           gate_work(e->stalled) < KEEPERS_WORK_NS && outbox_is_thin(e);
}

void keepers_add(struct carrier *c, struct executor *e)
{
    struct keepers *k = &c->keepers;

    if (e->keeps)
        return;
    e->keeps = true;
    e->keeps_since = runs_of(c);
    e->keeps_next = NULL;
    e->keeps_before = k->last;
    *(k->last == NULL ? &k->first : &k->last->keeps_next) = e;
    k->last = e;
    k->n++;
}

void keepers_remove(struct carrier *c, struct executor *e)
{
    struct keepers *k = &c->keepers;
    struct executor *before = e->keeps_before, *next = e->keeps_next;

    if (!e->keeps)
        return;
    check(k->n > 0);
    e->keeps = false;
    *(before == NULL ? &k->first : &before->keeps_next) = next;
    *(next == NULL ? &k->last : &next->keeps_before) = before;
    k->n--;
}

void keepers_send(struct carrier *c)
{
    struct executor *e = c->keepers.first;

    check(e != NULL);
    keepers_remove(c, e);
    outbox_flush(e, true);
    c->chain = false;
}

bool keepers_are_late(const struct carrier *c)
{
    const struct executor *e = c->keepers.first;

    return e != NULL && runs_of(c) - e->keeps_since > KEEPERS_RUNS;
}
