/*
 * totals.c - the counters of all components, added up; for the live line and
 * the last line of the report.
 */
#include "cli/totals.h"

struct sums {
    struct totals totals;
    uint64_t emitted; /* by spouts */
    bool any_bolt;
};

static void add_spout(struct sums *s, const gale_component_stats *c)
{
    s->emitted += c->emitted;
    s->totals.acked += c->acked;
    s->totals.failed += c->failed;
    s->totals.timed_out += c->timed_out;
    s->totals.pending += c->pending;
    if (c->complete.p99 > s->totals.p99)
        s->totals.p99 = c->complete.p99;
}

static void add(void *arg, const gale_component_stats *c)
{
    struct sums *s = arg;

    if (c->spout) {
        add_spout(s, c);
        return;
    }
    s->any_bolt = true;
    s->totals.executed += c->executed;
}

struct totals totals_of(gale_local *l)
{
    struct sums s = {0};

    gale_local_stats(l, add, &s);
    if (!s.any_bolt)
        s.totals.executed = s.emitted;
    return s.totals;
}
