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

#define VARIES 0.2 /* within a class, from the smallest to the largest */

/* One line of both: a figure of a case; where tuples cross, of the runs of one
 * placement class. */
struct line {
    const struct bench_case *of;
    const struct found *found;
    const struct figure *figure;
    uint32_t classes; /* bits 1 << enum placement_class, of these runs */
    struct samples values;
    double must;
    double spread; /* the largest within a class: (max - min) / median */
    double share;  /* NAN: of nothing */
    bool judged, ok;
};

typedef void line_fn(void *arg, const struct line *line);

/* -- figures --------------------------------------------------------------- */

static bool is_in(const struct found *f, uint32_t round, uint32_t classes)
{
    return classes & 1u << f->class_of[round];
}

static void collect(const struct found *f, uint32_t figure, uint32_t classes,
                    struct samples *s)
{
    s->n = 0;
    for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
        if (!isnan(f->values[figure][k]) && is_in(f, k, classes))
            samples_add(s, f->values[figure][k]);
}

static double spread_of(const struct found *f, uint32_t figure,
                        uint32_t classes)
{
    struct samples s;
    double most = 0;

    for (uint32_t c = 0; c < PLACEMENT_CLASSES; c++) {
        collect(f, figure, classes & 1u << c, &s);
        if (s.n > 1 && samples_median(&s) > 0)
            most = fmax(most, (samples_max(&s) - samples_min(&s)) /
                                  samples_median(&s));
    }
    return most;
}

static double share_of(const struct found *found, uint32_t i, uint32_t classes)
{
    double by_round[BENCH_RUNS_MAX];
    struct samples s = {.n = 0};

    if (!cases[i].under || !cases[i].run)
        return NAN;
    rounds_shares(&found[i], &found[rounds_index(cases[i].under)], by_round);
    for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
        if (!isnan(by_round[k]) && is_in(&found[i], k, classes))
            samples_add(&s, by_round[k]);
    return s.n ? samples_median(&s) : NAN;
}

static bool is_rate(const struct line *l)
{
    return !strcmp(l->figure->name, "rate");
}

/* Far placement halves what crosses. */
static double must_of(const struct line *l)
{
    bool far = l->classes == 1u << PLACEMENT_FAR;

    return bench_case_crosses(l->of) && far && is_rate(l) ? l->figure->must / 2
                                                          : l->figure->must;
}

static bool has_share_must(const struct line *l)
{
    return l->of->share_must > 0 && !isnan(l->share);
}

static bool is_met(const struct line *l)
{
    double median = samples_median(&l->values);

    if (has_share_must(l) && l->share < l->of->share_must)
        return false;
    switch (l->figure->kind) {
    case MUST_AT_LEAST:
        return median >= l->must;
    case MUST_AT_MOST:
        return median <= l->must;
    default:
        return true;
    }
}

static void one_line(const struct found *found, uint32_t i, uint32_t k,
                     uint32_t classes, line_fn *fn, void *arg)
{
    struct line l = {.of = &cases[i],
                     .found = &found[i],
                     .figure = &cases[i].figures[k],
                     .classes = classes,
                     .share = NAN};

    collect(&found[i], k, classes, &l.values);
    if (l.values.n == 0)
        return;
    l.must = must_of(&l);
    l.spread = spread_of(&found[i], k, classes);
    if (k == 0)
        l.share = share_of(found, i, classes);
    l.judged = (l.figure->kind != MUST_NOTHING || has_share_must(&l)) &&
               !(bench_case_crosses(l.of) && classes == 1u << PLACEMENT_MIXED);
    l.ok = !l.judged || is_met(&l);
    fn(arg, &l);
}

static uint32_t classes_of(const struct found *f)
{
    uint32_t classes = 0;

    for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
        if (!isnan(f->values[0][k]))
            classes |= 1u << f->class_of[k];
    return classes;
}

static void for_figures(const struct found *found, uint32_t i, line_fn *fn,
                        void *arg)
{
    const struct bench_case *c = &cases[i];
    uint32_t all = classes_of(&found[i]);

    for (uint32_t k = 0; k < BENCH_FIGURES_MAX && c->figures[k].name; k++) {
        if (!bench_case_crosses(c)) {
            one_line(found, i, k, all, fn, arg);
            continue;
        }
        for (uint32_t p = 0; p < PLACEMENT_CLASSES; p++)
            if (all & 1u << p)
                one_line(found, i, k, 1u << p, fn, arg);
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

/* "smt", "smt+far" */
static void name_classes(const struct line *l, char *names, size_t size)
{
    size_t used = 0;

    names[0] = '\0';
    for (uint32_t c = 0; c < PLACEMENT_CLASSES && used < size; c++)
        if (l->classes & 1u << c)
            used += (size_t)snprintf(names + used, size - used, "%s%s",
                                     used ? "+" : "",
                                     placement_name((enum placement_class)c));
}

static void add_spread(struct table *t, const struct line *l)
{
    if (l->values.n > 1)
        table_add(t, "%.0f%%%s", l->spread * 100,
                  l->spread > VARIES ? " *" : "  ");
    else
        table_add(t, " ");
}

static void add_must(struct table *t, const struct line *l)
{
    static const char *const signs[] = {"", ">=", "<="};
    bool own = l->figure->kind != MUST_NOTHING;
    char text[64] = " ";

    if (own)
        snprintf(text, sizeof(text), "%s %g", signs[l->figure->kind], l->must);
    if (has_share_must(l))
        table_add(t, "%s%sshare >= %g", own ? text : "", own ? ", " : "",
                  l->of->share_must);
    else
        table_add(t, "%s", text);
    table_add(t, "%s", !l->judged ? " " : l->ok ? "ok" : "MISS");
}

static void add_row(void *arg, const struct line *l)
{
    struct table *t = arg;
    char classes[64];

    table_add(t, "%s%s%s", l->of->id, is_rate(l) ? "" : " ",
              is_rate(l) ? "" : l->figure->name);
    table_add(t, "%s", l->of->acked ? "on" : "off");
    if (l->of->workers > 1)
        table_add(t, "%u × %u", l->of->workers, l->of->carriers);
    else if (l->of->carriers)
        table_add(t, "%u", l->of->carriers);
    else
        table_add(t, "-");
    add_number(t, samples_median(&l->values));
    add_number(t, samples_min(&l->values));
    add_number(t, samples_max(&l->values));
    add_spread(t, l);
    table_add(t, "%s", l->figure->unit);
    table_add(t, "%u", l->values.n);
    name_classes(l, classes, sizeof(classes));
    table_add(t, "%s", classes);
    add_number(t, l->share);
    add_must(t, l);
}

struct tally {
    uint32_t musts, missed, varying;
};

static void count_must(void *arg, const struct line *l)
{
    struct tally *t = arg;

    t->musts += l->judged;
    t->missed += !l->ok;
    t->varying += l->values.n > 1 && l->spread > VARIES;
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
        "case", "ack",  "carriers",  "median", "min",  "max",    "spread",
        "unit", "runs", "placement", "share",  "must", "verdict"};
    struct table *t = table_new(titles, sizeof(titles) / sizeof(titles[0]));
    struct tally tally = {0, 0, 0};

    for_lines(found, add_row, t);
    for_lines(found, count_must, &tally);
    table_print(t, out);
    for (uint32_t i = 0; i < cases_n; i++)
        print_shares_of(found, cases[i].id, out);
    if (tally.varying)
        fprintf(out, "* varies by more than %.0f %% within a placement class\n",
                VARIES * 100);
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
    json_key(j, "workers");
    json_uint(j, l->of->workers ? l->of->workers : 1);
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
    char classes[64];

    name_classes(l, classes, sizeof(classes));
    put_string(j, "placement", classes);
    put_float(j, "spread", l->spread);
    put_float(j, "placement_ns", samples_median(&l->found->placement));
    put_float(j, "placement_min_ns", samples_min(&l->found->placement));
    put_float(j, "placement_max_ns", samples_max(&l->found->placement));
}

static void put_must(struct json *j, const struct line *l)
{
    static const char *const kinds[] = {NULL, "at least", "at most"};

    if (!isnan(l->share)) {
        put_float(j, "share", l->share);
        put_string(j, "share_of", l->of->under);
    }
    if (has_share_must(l))
        put_float(j, "share_must", l->of->share_must);
    if (l->figure->kind != MUST_NOTHING) {
        put_string(j, "must", kinds[l->figure->kind]);
        put_float(j, "must_value", l->must);
    }
    if (!l->judged)
        return;
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
