/*
 * report.c - what a topology did, as tables for people.
 */
#include "cli/report.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/totals.h"
#include "topology-api/settings.h"
#include <gale/task.h> /* gale_metric_kind, GALE_TEXT_MAX */
#include <string.h>

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

static void add_blanks(struct table *t, int n)
{
    for (int i = 0; i < n; i++)
        table_add(t, "%s", "");
}

static void add_quantiles(struct table *t, const gale_latency *l)
{
    add_time(t, l, l->p50);
    add_time(t, l, l->p99);
    add_time(t, l, l->p999);
}

static void add_execute(struct table *t, const gale_latency *execute,
                        const gale_latency *process)
{
    add_quantiles(t, execute);
    add_time(t, process, process->p50);
    add_time(t, process, process->p99);
}

/* -- streams, under their component if it has several ---------------------- */

/* "default" goes without saying where another name stands. */
static void add_input_name(struct table *t, const gale_stream_stats *s)
{
    bool plain = strcmp(s->stream, "default") == 0;

    table_add(t, "  < %s%s%s", s->component, plain ? "" : " ",
              plain ? "" : s->stream);
}

static void add_messages(struct report *r, const gale_stream_stats *s)
{
    struct table *t = r->spouts;

    table_add(t, "  > %s", s->stream);
    add_blanks(t, 1);
    add_count(t, s->emitted);
    add_count(t, s->acked);
    add_count(t, s->failed);
    add_count(t, s->timed_out);
    add_count(t, s->pending);
    t = r->completes;
    table_add(t, "  > %s", s->stream);
    add_quantiles(t, &s->complete);
}

static void add_input(struct report *r, const gale_stream_stats *s)
{
    struct table *t = r->bolts;

    add_input_name(t, s);
    add_blanks(t, 1);
    add_count(t, s->emitted); /* of an input: executed */
    add_blanks(t, 1);
    add_count(t, s->acked);
    add_count(t, s->failed);
    add_blanks(t, 1);
    t = r->executes;
    add_input_name(t, s);
    add_execute(t, &s->execute, &s->process);
}

static void add_output(struct report *r, const gale_stream_stats *s)
{
    struct table *t = r->bolts;

    table_add(t, "  > %s", s->stream);
    add_blanks(t, 2);
    add_count(t, s->emitted);
    add_blanks(t, 3);
}

static void add_streams(struct report *r, const gale_stream_stats *list,
                        uint32_t n,
                        void (*add)(struct report *, const gale_stream_stats *))
{
    for (uint32_t i = 0; n > 1 && i < n; i++)
        add(r, &list[i]);
}

/* -- components ------------------------------------------------------------ */

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
    add_quantiles(t, &c->complete);
    add_streams(r, c->outputs, c->n_outputs, add_messages);
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
    add_execute(t, &c->execute, &c->process);
    add_streams(r, c->inputs, c->n_inputs, add_input);
    add_streams(r, c->outputs, c->n_outputs, add_output);
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
        add_blanks(t, 5);
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
    static const char *const metrics[] = {
        "metric", "value, mean", "samples", "p50", "p99", "p99.9", "max"};

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
