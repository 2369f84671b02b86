/*
 * report.c - what a topology did, as tables for people.
 */
#include "cli/report.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/totals.h"
#include "topology-api/settings.h"
#include <gale/task.h> /* gale_metric_kind, GALE_TEXT_MAX */

/* Counts and times apart: all of a bolt in a row is more than 80 columns. */
struct report {
    FILE *out;
    struct table *spouts, *bolts, *completes, *executes, *metrics;
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void add_count(struct table *t, uint64_t n)
{
    char text[HUMAN_MAX];

    table_add(t, "%s", human_count(text, n));
}

/* A quantile, or a dash if nothing was measured. */
static void add_time(struct table *t, const gale_latency *latency, int64_t ns)
{
    char text[HUMAN_MAX];

    table_add(t, "%s", latency->n > 0 ? human_time(text, (double)ns) : "-");
}

static void add_number(struct table *t, double x)
{
    char text[HUMAN_MAX];

    table_add(t, "%s", human_number(text, x));
}

static void add_spout(struct report *r, const gale_component_stats *c)
{
    struct table *t = r->spouts;

    table_add(t, "%s", c->id);
    table_add(t, "%u", c->tasks);
    add_count(t, c->emitted);
    add_count(t, c->acked);
    add_count(t, c->failed);
    add_count(t, c->timed_out);
    add_count(t, c->pending);
    t = r->completes;
    table_add(t, "%s", c->id);
    add_time(t, &c->complete, c->complete.p50);
    add_time(t, &c->complete, c->complete.p99);
    add_time(t, &c->complete, c->complete.p999);
}

static void add_bolt(struct report *r, const gale_component_stats *c)
{
    struct table *t = r->bolts;

    table_add(t, "%s", c->id);
    table_add(t, "%u", c->tasks);
    add_count(t, c->executed);
    add_count(t, c->emitted);
    add_count(t, c->acked);
    add_count(t, c->failed);
    table_add(t, "%.2f", c->capacity);
    t = r->executes;
    table_add(t, "%s", c->id);
    add_time(t, &c->execute, c->execute.p50);
    add_time(t, &c->execute, c->execute.p99);
    add_time(t, &c->execute, c->execute.p999);
    add_time(t, &c->process, c->process.p50);
    add_time(t, &c->process, c->process.p99);
}

static void add_component(void *arg, const gale_component_stats *c)
{
    struct report *r = arg;

    if (c->spout)
        add_spout(r, c);
    else
        add_bolt(r, c);
}

static void add_metric(void *arg, const gale_metric_stats *m)
{
    struct report *r = arg;
    struct table *t = r->metrics;

    table_add(t, "%s %s", m->component, m->name);
    if (m->kind != GALE_METRIC_HISTOGRAM) {
        add_number(t, m->value);
        for (int i = 0; i < 5; i++)
            table_add(t, "%s", "");
        return;
    }
    add_number(t, m->histogram.mean);
    add_count(t, m->histogram.n);
    add_number(t, (double)m->histogram.p50);
    add_number(t, (double)m->histogram.p99);
    add_number(t, (double)m->histogram.p999);
    add_number(t, (double)m->histogram.max);
}

/* What most topologies never have, where there is any. */
static void print_rare(void *arg, const gale_component_stats *c)
{
    struct {
        uint64_t n;
        const char *what;
    } rare[] = {
        {c->dead_letters, "dead letters"},
        {c->dropped, "dropped"},
        {c->poisoned, "poisoned"},
        {c->held, "held and never settled"},
        {c->stale, "acks and fails of what was not held"},
    };
    struct report *r = arg;
    char text[HUMAN_MAX];
    bool any = false;

    for (size_t i = 0; i < COUNT_OF(rare); i++) {
        if (rare[i].n == 0)
            continue;
        fprintf(r->out, "%s%s %s %s", any ? "," : c->id, any ? "" : ":",
                human_count(text, rare[i].n), rare[i].what);
        any = true;
    }
    if (any)
        fputc('\n', r->out);
}

/* In quotes, so that what a plugin says cannot steer the terminal. */
static void print_error(void *arg, const gale_component_stats *c)
{
    struct report *r = arg;
    char text[GALE_TEXT_MAX];

    if (c->errors > 0)
        fprintf(r->out, "%s reported %llu error%s, the last: %s\n", c->id,
                (unsigned long long)c->errors, c->errors > 1 ? "s" : "",
                value_text(gale_cstr(c->last_error), text, sizeof(text)));
}

static void print_and_free(struct table *t, FILE *out)
{
    if (table_rows(t) > 0) {
        table_print(t, out);
        fputc('\n', out);
    }
    table_free(t);
}

void report_sums(const struct totals *totals, double seconds, FILE *out)
{
    char time[HUMAN_MAX], executed[HUMAN_MAX], rate[HUMAN_MAX];
    char acked[HUMAN_MAX], failed[HUMAN_MAX];
    double per_second = seconds > 0 ? (double)totals->executed / seconds : 0;

    fprintf(out, "%s: %s tuple%s, %s/s; messages acked %s, failed %s\n",
            human_time(time, seconds * 1e9),
            human_count(executed, totals->executed),
            totals->executed == 1 ? "" : "s", human_number(rate, per_second),
            human_count(acked, totals->acked),
            human_count(failed, totals->failed));
}

static struct report new_report(FILE *out)
{
    static const char *const spouts[] = {
        "spout", "tasks", "emitted", "acked", "failed", "timed out", "pending"};
    static const char *const bolts[] = {
        "bolt", "tasks", "executed", "emitted", "acked", "failed", "capacity"};
    static const char *const completes[] = {"spout", "complete p50", "p99",
                                            "p99.9"};
    static const char *const executes[] = {"bolt",  "execute p50", "p99",
                                           "p99.9", "process p50", "p99"};
    static const char *const metrics[] = {"metric", "value", "samples", "p50",
                                          "p99",    "p99.9", "max"};

    return (struct report){out,
                           table_new(spouts, COUNT_OF(spouts)),
                           table_new(bolts, COUNT_OF(bolts)),
                           table_new(completes, COUNT_OF(completes)),
                           table_new(executes, COUNT_OF(executes)),
                           table_new(metrics, COUNT_OF(metrics))};
}

void report_print(gale_local *l, double seconds, FILE *out)
{
    struct report r = new_report(out);
    struct totals totals;

    gale_local_stats(l, add_component, &r);
    gale_local_metrics(l, add_metric, &r);
    print_and_free(r.spouts, out);
    print_and_free(r.bolts, out);
    print_and_free(r.completes, out);
    print_and_free(r.executes, out);
    print_and_free(r.metrics, out);
    gale_local_stats(l, print_rare, &r);
    gale_local_stats(l, print_error, &r);
    totals = totals_of(l);
    report_sums(&totals, seconds, out);
}
