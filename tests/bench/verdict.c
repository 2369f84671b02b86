/*
 * verdict.c - the table for people, and a line of JSON per figure.
 *
 * A figure is the median of its runs. A share is the median over rounds of what
 * the case did, divided by what the other case did in the same round.
 */
#include "tests/bench/verdict.h"
#include "cli/table.h"
#include "common/json.h"
#include "tests/bench/placement.h"
#include <math.h>

/* One line of both. */
struct line {
    const struct bench_case *of;
    const struct found *found;
    const struct figure *figure;
    struct samples values;
    double share; /* NAN: of nothing */
    bool ok;
};

typedef void line_fn(void *arg, const struct line *line);

/* -- figures --------------------------------------------------------------- */

static double share_of(const struct found *found, uint32_t i)
{
    double by_round[BENCH_RUNS_MAX];
    struct samples s = {.n = 0};

    if (!cases[i].under || !cases[i].run)
        return NAN;
    rounds_shares(&found[i], &found[rounds_index(cases[i].under)], by_round);
    for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
        if (!isnan(by_round[k]))
            samples_add(&s, by_round[k]);
    return s.n ? samples_median(&s) : NAN;
}

static bool is_met(const struct line *l)
{
    double median = samples_median(&l->values);

    switch (l->figure->kind) {
    case MUST_AT_LEAST:
        return median >= l->figure->must;
    case MUST_AT_MOST:
        return median <= l->figure->must;
    case MUST_SHARE:
        return l->share >= l->figure->must;
    default:
        return true;
    }
}

static void for_figures(const struct found *found, uint32_t i, line_fn *fn,
                        void *arg)
{
    const struct bench_case *c = &cases[i];

    for (uint32_t k = 0; k < BENCH_FIGURES_MAX && c->figures[k].name; k++) {
        struct line l = {c, &found[i], &c->figures[k], {.n = 0}, NAN, false};

        rounds_samples(&found[i], k, &l.values);
        if (l.values.n == 0)
            continue;
        if (k == 0)
            l.share = share_of(found, i);
        l.ok = is_met(&l);
        fn(arg, &l);
    }
}

static void for_lines(const struct found *found, line_fn *fn, void *arg)
{
    for (uint32_t i = 0; i < cases_n; i++)
        if (found[i].chosen && !found[i].failed)
            for_figures(found, i, fn, arg);
}

/* -- the table ------------------------------------------------------------- */

static void add_number(struct table *t, double x)
{
    int digits = fabs(x) >= 100   ? 0
                 : fabs(x) >= 10  ? 1
                 : fabs(x) >= 0.1 ? 2
                                  : 3;

    if (isnan(x))
        table_add(t, " ");
    else
        table_add(t, "%.*f", digits, x);
}

static void add_placement(struct table *t, const struct found *f)
{
    char names[64] = "";

    for (uint32_t c = PLACEMENT_NONE; c <= PLACEMENT_FAR; c++)
        if (f->classes & 1u << c) {
            size_t used = strlen(names);

            snprintf(names + used, sizeof(names) - used, "%s%s",
                     used ? "+" : "", placement_name((enum placement_class)c));
        }
    if (f->classes == 1u << PLACEMENT_NONE)
        table_add(t, "none");
    else
        table_add(t, "%s %.0f ns", names, samples_median(&f->placement));
}

static void add_must(struct table *t, const struct line *l)
{
    static const char *const signs[] = {"", ">=", "<=", "share >="};

    if (l->figure->kind == MUST_NOTHING) {
        table_add(t, " ");
        table_add(t, " ");
        return;
    }
    table_add(t, "%s %g", signs[l->figure->kind], l->figure->must);
    table_add(t, "%s", l->ok ? "ok" : "MISS");
}

static void add_row(void *arg, const struct line *l)
{
    struct table *t = arg;
    bool rate = !strcmp(l->figure->name, "rate");

    table_add(t, "%s%s%s", l->of->id, rate ? "" : " ",
              rate ? "" : l->figure->name);
    table_add(t, "%s", l->of->acked ? "on" : "off");
    if (l->of->carriers)
        table_add(t, "%u", l->of->carriers);
    else
        table_add(t, "-");
    add_number(t, samples_median(&l->values));
    add_number(t, samples_min(&l->values));
    add_number(t, samples_max(&l->values));
    table_add(t, "%s", l->figure->unit);
    table_add(t, "%u", l->values.n);
    add_placement(t, l->found);
    add_number(t, l->share);
    add_must(t, l);
}

struct tally {
    uint32_t musts, missed;
};

static void count_must(void *arg, const struct line *l)
{
    struct tally *t = arg;

    t->musts += l->figure->kind != MUST_NOTHING;
    t->missed += !l->ok;
}

/* The cases whose share is one of this case; nothing if there are none. */
static void print_shares_of(const struct found *found, const char *id,
                            FILE *out)
{
    const char *before = NULL;

    for (uint32_t i = 0; i < cases_n; i++) {
        if (!found[i].chosen || found[i].failed || !cases[i].run ||
            !cases[i].under || strcmp(cases[i].under, id) != 0)
            continue;
        if (before)
            fprintf(out, ", %s", cases[i].id);
        else
            fprintf(out, "share of %s: %s", id, cases[i].id);
        before = id;
    }
    if (before)
        fprintf(out, "\n");
}

void verdict_table(const struct found *found, FILE *out)
{
    static const char *const titles[] = {
        "case", "ack",  "carriers",  "median", "min",  "max",
        "unit", "runs", "placement", "share",  "must", "verdict"};
    struct table *t = table_new(titles, sizeof(titles) / sizeof(titles[0]));
    struct tally tally = {0, 0};

    for_lines(found, add_row, t);
    for_lines(found, count_must, &tally);
    table_print(t, out);
    for (uint32_t i = 0; i < cases_n; i++)
        print_shares_of(found, cases[i].id, out);
    fprintf(out, "%u of %u requirements are met\n", tally.musts - tally.missed,
            tally.musts);
    table_free(t);
}

/* -- JSON ------------------------------------------------------------------ */

static void put_float(struct json *j, const char *key, double x)
{
    json_key(j, key);
    json_float(j, x);
}

static void put_string(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_string(j, text);
}

static void put_how(struct json *j, const struct line *l)
{
    put_string(j, "case", l->of->id);
    put_string(j, "figure", l->figure->name);
    json_key(j, "ack");
    json_bool(j, l->of->acked);
    json_key(j, "carriers");
    json_uint(j, l->of->carriers);
}

/* `rate` is the median of what is one, and null for all else. */
static void put_values(struct json *j, const struct line *l)
{
    bool rate = !strcmp(l->figure->name, "rate");

    put_float(j, "rate", rate ? samples_median(&l->values) : NAN);
    put_string(j, "unit", l->figure->unit);
    put_float(j, "min", samples_min(&l->values));
    put_float(j, "median", samples_median(&l->values));
    put_float(j, "max", samples_max(&l->values));
    json_key(j, "runs");
    json_uint(j, l->values.n);
}

static void put_placement(struct json *j, const struct line *l)
{
    put_float(j, "placement_ns", samples_median(&l->found->placement));
    put_float(j, "placement_min_ns", samples_min(&l->found->placement));
    put_float(j, "placement_max_ns", samples_max(&l->found->placement));
}

static void put_must(struct json *j, const struct line *l)
{
    static const char *const kinds[] = {NULL, "at least", "at most",
                                        "share at least"};

    if (!isnan(l->share)) {
        put_float(j, "share", l->share);
        put_string(j, "share_of", l->of->under);
    }
    if (l->figure->kind == MUST_NOTHING)
        return;
    put_string(j, "must", kinds[l->figure->kind]);
    put_float(j, "must_value", l->figure->must);
    json_key(j, "ok");
    json_bool(j, l->ok);
}

static void write_line(void *arg, const struct line *l)
{
    FILE *out = arg;
    struct json j;

    json_to_file(&j, out);
    json_object(&j);
    put_how(&j, l);
    put_values(&j, l);
    put_placement(&j, l);
    put_must(&j, l);
    json_end(&j);
    json_finish(&j);
    putc('\n', out);
}

int verdict_json(const struct found *found, FILE *out)
{
    for_lines(found, write_line, out);
    return fflush(out) || ferror(out) ? -1 : 0;
}
