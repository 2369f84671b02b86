/*
 * latency.c - how long a message takes that comes when it is due.
 *
 * The spout `due` keeps time, it and the bolt `stamp` measure; what they found
 * are metrics of theirs, exact within 1/16.
 *
 *     due --shuffle--> stamp                              due, due-moment
 *     due --shuffle--> split --fields(word)--> count      due-words
 */
#include "tests/bench/latency.h"
#include "tests/bench/embedded.h"
#include "tests/bench/throughput.h"
#include <gale/topology.h>
#include <stdio.h>
#include <string.h>

#define AT_ONCE 1e12  /* messages a second: all are late */
#define IDLE_RATE 100 /* … between which carriers go to sleep */

/* -- building -------------------------------------------------------------- */

/* What is all due at once is due before any warm-up has passed, and is to be
 * measured like the rest: that is part of the work. */
static void set_warmup(gale_declarer *d, double rate)
{
    double seconds = rate < AT_ONCE ? LATENCY_WARMUP : 0;

    gale_set(d, "warmup.ms", gale_int((int64_t)(seconds * 1e3)));
}

static void add_bolts(gale_builder *b, const struct bench_case *c,
                      gale_declarer *due, double rate)
{
    if (!strcmp(c->topology, "due-words")) {
        gale_declarer *split = gale_add_bolt(b, "split", "split", 1);

        gale_set(due, "emits", gale_cstr("sentence"));
        gale_shuffle(split, "due");
        gale_by_fields(gale_add_bolt(b, "count", "count", 1), "split", "word");
    } else {
        gale_declarer *stamp = gale_add_bolt(b, "stamp", "due.so:stamp", 1);

        set_warmup(stamp, rate);
        gale_shuffle(stamp, "due");
    }
}

/* The last executor of the spout is on the last carrier, that of the bolt on
 * the first. */
void latency_build(struct embedded *e, const struct bench_case *c, double rate)
{
    gale_builder *b = gale_builder_new();
    int n = (int)c->carriers;
    gale_declarer *due = gale_add_spout(b, "due", "due", n);

    *e = (struct embedded){.builder = b, .acked = c->acked};
    gale_set_name(b, "bench");
    gale_set(due, "rate", gale_float(rate));
    gale_set(due, "task", gale_int(n - 1));
    gale_set(due, "tracked", gale_bool(c->acked));
    if (!strcmp(c->topology, "due-moment"))
        gale_set(due, "emits", gale_cstr("moment"));
    set_warmup(due, rate);
    add_bolts(b, c, due, rate);
}

double latency_rate(const struct bench_run *r)
{
    if (!strcmp(r->of->topology, "due-moment"))
        return IDLE_RATE;
    return r->of->paced_by ? r->of->load * r->rate : AT_ONCE;
}

/* -- measuring ------------------------------------------------------------- */

void latency_figures(void *arg, const gale_metric_stats *s)
{
    const struct {
        const char *name;
        int64_t ns;
    } quantiles[] = {{"p50", s->histogram.p50},
                     {"p99", s->histogram.p99},
                     {"p99.9", s->histogram.p999}};
    uint64_t *n = arg;
    char name[64];

    for (int i = 0; i < 3 && s->histogram.n > 0; i++) {
        snprintf(name, sizeof(name), "%s %s", s->name, quantiles[i].name);
        bench_figure(name, (double)quantiles[i].ns / 1e3);
    }
    if (s->histogram.n > *n)
        *n = s->histogram.n;
}

void latency_note(const struct bench_run *r, uint64_t measured)
{
    double due = latency_rate(r) * r->options->latency_seconds;

    if ((double)measured < 0.99 * due)
        fprintf(stderr,
                "bench: note: %.0f messages were due, %llu came to be "
                "measured: the engine did not keep up\n",
                due, (unsigned long long)measured);
}

/* Messages, of which it acks some a second however many are due. */
static int run_for(struct embedded *e, double seconds)
{
    struct embedded_counts before, after;
    double begun = bench_now();

    embedded_count(e, &before);
    if (embedded_run(e, seconds))
        return -1;
    embedded_count(e, &after);
    bench_figure("achieved",
                 (double)(after.acked - before.acked) / (bench_now() - begun));
    return 0;
}

static int measure(struct embedded *e, const struct bench_run *r)
{
    uint64_t n = 0;

    if (embedded_start(e, r->of->carriers) || embedded_run(e, LATENCY_WARMUP) ||
        run_for(e, r->options->latency_seconds) || embedded_stop(e))
        return -1;
    gale_local_metrics(e->local, latency_figures, &n);
    latency_note(r, n);
    return 0;
}

int latency(const struct bench_run *r)
{
    struct embedded e;
    int rc;

    latency_build(&e, r->of, latency_rate(r));
    rc = measure(&e, r);
    embedded_free(&e);
    return rc;
}

int latency_most(const struct bench_run *r)
{
    struct embedded e;
    int rc;

    latency_build(&e, r->of, latency_rate(r));
    rc = throughput_of(&e, r);
    embedded_free(&e);
    return rc;
}
