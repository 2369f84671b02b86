/*
 * latency.c - how long a message takes that comes when it is due.
 *
 * The spout `due` keeps time, it and the bolt `stamp` measure; what they found
 * are metrics of theirs, exact within 1/16.
 *
 *     due --shuffle--> stamp                              const
 *     due --shuffle--> split --fields(word)--> count      turn
 */
#include "tests/bench/latency.h"
#include "tests/bench/embedded.h"
#include <gale/topology.h>
#include <stdio.h>
#include <string.h>

#define LOAD 0.1
#define WARMUP 1.0 /* seconds */

static void set_warmup(gale_declarer *d)
{
    gale_set(d, "warmup.ms", gale_int((int64_t)(WARMUP * 1e3)));
}

static void build(struct embedded *e, const struct bench_run *r, double rate)
{
    bool words = strcmp(r->of->topology, "const") != 0;
    gale_builder *b = gale_builder_new();
    gale_declarer *due = gale_add_spout(b, "due", "due", 1);

    *e = (struct embedded){.builder = b, .acked = r->of->acked};
    gale_set_name(b, "bench");
    gale_set(due, "rate", gale_float(rate));
    gale_set(due, "tracked", gale_bool(r->of->acked));
    set_warmup(due);
    if (words) {
        gale_set(due, "emits", gale_cstr("sentence"));
        gale_shuffle(gale_add_bolt(b, "split", "split", 1), "due");
        gale_by_fields(gale_add_bolt(b, "count", "count", 1), "split", "word");
    } else {
        gale_declarer *stamp = gale_add_bolt(b, "stamp", "due.so:stamp", 1);

        set_warmup(stamp);
        gale_shuffle(stamp, "due");
    }
}

static void figures(void *arg, const gale_metric_stats *s)
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

static int measure(struct embedded *e, const struct bench_run *r, double rate)
{
    double due = rate * r->options->latency_seconds;
    uint64_t n = 0;

    if (embedded_start(e, r->of->carriers) ||
        embedded_run(e, WARMUP + r->options->latency_seconds) ||
        embedded_stop(e))
        return -1;
    gale_local_metrics(e->local, figures, &n);
    if ((double)n < 0.99 * due)
        fprintf(stderr,
                "bench: note: %.0f messages were due, %llu came to be "
                "measured: the engine did not keep up\n",
                due, (unsigned long long)n);
    return 0;
}

int latency(const struct bench_run *r)
{
    double rate = LOAD * r->rate;
    struct embedded e;
    int rc;

    build(&e, r, rate);
    rc = measure(&e, r, rate);
    embedded_free(&e);
    return rc;
}
