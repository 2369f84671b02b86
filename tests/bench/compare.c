/* compare.c - two revisions by turns; see compare.h. */
#include "tests/bench/compare.h"
#include "cli/table.h"
#include "common/json.h"
#include "tests/bench/ratios.h"
#include "tests/bench/rounds.h"
#include "topology-api/memory.h"
#include <math.h>
#include <stdlib.h>

enum {
    TIMES = 3, /* so many times the rounds, for a class to have enough */
    SETS = 3,  /* that must agree */
};

/* One set of rounds of one case. */
struct set {
    struct found ours, base;
    uint32_t n;
};

struct compared {
    struct set sets[SETS];        /* the first is that of all rounds */
    bool unknown;                 /* to the base */
    bool failed;                  /* here */
    bool slow[PLACEMENT_CLASSES]; /* in all sets */
};

struct compare {
    const struct bench_options *options;
    const char *build, *base;
    struct found *chosen;      /* by case; its values are ours */
    struct compared *compared; /* by case */
};

/* -- ratios ---------------------------------------------------------------- */

/* More of it is better. */
static bool is_rate(const struct figure *f)
{
    return !strcmp(f->name, "rate");
}

static void judge(const struct set *s, uint32_t i, uint32_t figure,
                  struct ratios *r)
{
    struct ratio rounds[BENCH_RUNS_MAX];
    bool rate = is_rate(&cases[i].figures[figure]);

    for (uint32_t k = 0; k < s->n; k++) {
        double ours = s->ours.values[figure][k];
        double base = s->base.values[figure][k];

        rounds[k] = (struct ratio){rate ? ours / base : base / ours,
                                   s->ours.class_of[k], s->base.class_of[k]};
    }
    ratios_judge(r, rounds, s->n);
}

/* -- rounds ---------------------------------------------------------------- */

/* What is gale's; not what it is compared with elsewhere. */
static bool can_be_compared(const struct bench_case *c)
{
    return c->run && !c->once && strncmp(c->id, "limit-", 6) != 0;
}

/* One half of a pair. */
static bool half(struct compare *c, struct set *s, uint32_t i, bool ours)
{
    struct found *f = ours ? &s->ours : &s->base;

    if (rounds_run_case(f, i, s->n, rounds_pace(c->chosen, i),
                        ours ? c->build : c->base))
        return false;
    rounds_show(f, i, s->n, ours ? "     " : "base ");
    if (ours)
        for (uint32_t k = 0; k < BENCH_FIGURES_MAX && s == c->compared[i].sets;
             k++)
            c->chosen[i].values[k][s->n] = f->values[k][s->n];
    return true;
}

static void pair(struct compare *c, struct set *s, uint32_t i)
{
    struct compared *of = &c->compared[i];
    bool ours_first = s->n % 2 == 1;

    for (int k = 0; k < 2 && !of->failed && !of->unknown; k++) {
        bool ours = (k == 0) == ours_first;

        if (half(c, s, i, ours))
            continue;
        of->failed = ours;
        of->unknown = !ours;
        if (!ours)
            fprintf(stderr,
                    "bench: the base does not know %s, or fails at it: it is "
                    "not compared\n",
                    cases[i].id);
    }
    if (!of->failed && !of->unknown)
        s->n++;
}

static bool takes_part(const struct compare *c, uint32_t i)
{
    return c->chosen[i].chosen && can_be_compared(&cases[i]) &&
           !c->compared[i].failed && !c->compared[i].unknown;
}

static void run_rounds(struct compare *c)
{
    for (uint32_t round = 0; round < c->options->runs; round++) {
        fprintf(stderr, "round %u of %u\n", round + 1, c->options->runs);
        for (uint32_t i = 0; i < cases_n; i++)
            if (takes_part(c, i))
                pair(c, &c->compared[i].sets[0], i);
    }
}

/* Until a class has rounds enough; -1: any class. */
static void run_on(struct compare *c, struct set *s, uint32_t i, int class)
{
    uint32_t most = TIMES * (s->n > RATIOS_ENOUGH ? s->n : RATIOS_ENOUGH);
    struct ratios r;

    for (judge(s, i, 0, &r);
         s->n < most && s->n < BENCH_RUNS_MAX && takes_part(c, i) &&
         (class < 0 ? !ratios_enough(&r) : r.rows[class].verdict == RATIOS_FEW);
         judge(s, i, 0, &r))
        pair(c, s, i);
}

static bool is_slow(const struct set *s, uint32_t i, int class)
{
    struct ratios r;

    judge(s, i, 0, &r);
    return r.rows[class].verdict == RATIOS_SLOW;
}

/* More sets, of this case alone, for each class that is slow in the first. */
static void ask_again(struct compare *c, uint32_t i)
{
    struct compared *of = &c->compared[i];

    for (int k = 0; k < PLACEMENT_CLASSES; k++) {
        of->slow[k] = is_slow(&of->sets[0], i, k);
        for (int again = 1; again < SETS && of->slow[k]; again++) {
            fprintf(stderr, "%s looks slower (%s): once more\n", cases[i].id,
                    placement_name((enum placement_class)k));
            run_on(c, &of->sets[again], i, k);
            of->slow[k] = is_slow(&of->sets[again], i, k);
        }
    }
}

/* -- the table ------------------------------------------------------------- */

struct row {
    const struct compared *of;
    uint32_t i, figure;
    enum placement_class class;
    const struct ratios *ratios;
    const char *verdict; /* "" if there is none about this figure */
};

typedef void row_fn(void *arg, const struct row *row);

static const char *verdict_of(const struct compared *of, uint32_t figure,
                              const struct ratios *r, int class)
{
    enum ratios_verdict v = r->rows[class].verdict;

    if (figure > 0)
        return "";
    return v == RATIOS_SLOW && !of->slow[class] ? "ok, not slower again"
                                                : ratios_verdict_name(v);
}

static void rows_of_figure(const struct compared *of, uint32_t i,
                           uint32_t figure, row_fn *fn, void *arg)
{
    struct ratios r;

    judge(&of->sets[0], i, figure, &r);
    for (int k = 0; k < PLACEMENT_CLASSES; k++) {
        struct row row = {of,     i,
                          figure, (enum placement_class)k,
                          &r,     verdict_of(of, figure, &r, k)};

        if (r.rows[k].values.n > 0)
            fn(arg, &row);
    }
}

static uint32_t for_rows(const struct compare *c, row_fn *fn, void *arg)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < cases_n; i++) {
        if (!takes_part(c, i))
            continue;
        n++;
        for (uint32_t k = 0; k < BENCH_FIGURES_MAX && cases[i].figures[k].name;
             k++)
            rows_of_figure(&c->compared[i], i, k, fn, arg);
    }
    return n;
}

static double median_of(const struct found *f, uint32_t figure)
{
    struct samples s;

    rounds_samples(f, figure, &s);
    return s.n ? samples_median(&s) : NAN;
}

static void add_row(void *arg, const struct row *row)
{
    const struct samples *s = &row->ratios->rows[row->class].values;
    const struct figure *figure = &cases[row->i].figures[row->figure];
    struct table *t = arg;
    bool rate = is_rate(figure);

    table_add(t, "%s%s%s", cases[row->i].id, rate ? "" : " ",
              rate ? "" : figure->name);
    table_add(t, "%s", placement_name(row->class));
    table_add(t, "%u", s->n);
    table_add(t, "%u", row->of->sets[0].n - s->n);
    table_add(t, "%.3f", samples_median(s));
    table_add(t, "%.3f", samples_min(s));
    table_add(t, "%.3f", samples_max(s));
    table_add(t, "%.4g", median_of(&row->of->sets[0].base, row->figure));
    table_add(t, "%.4g", median_of(&row->of->sets[0].ours, row->figure));
    table_add(t, "%s", figure->unit);
    table_add(t, "%s", row->verdict);
}

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

static void write_row(void *arg, const struct row *row)
{
    const struct samples *s = &row->ratios->rows[row->class].values;
    FILE *out = arg;
    struct json j;

    json_to_file(&j, out);
    json_object(&j);
    put_string(&j, "case", cases[row->i].id);
    put_string(&j, "figure", cases[row->i].figures[row->figure].name);
    put_string(&j, "placement", placement_name(row->class));
    put_float(&j, "rounds", s->n);
    put_float(&j, "ratio", samples_median(s));
    put_float(&j, "min", samples_min(s));
    put_float(&j, "max", samples_max(s));
    put_string(&j, "verdict", row->verdict);
    json_end(&j);
    json_finish(&j);
    putc('\n', out);
}

/* Cases that are slower, and those that failed. */
static uint32_t complaints(const struct compare *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < cases_n; i++) {
        bool slow = false;

        for (int k = 0; k < PLACEMENT_CLASSES; k++)
            slow |= c->compared[i].slow[k];
        n += slow || c->compared[i].failed;
        if (slow)
            printf("%s is slower than the base, %d times\n", cases[i].id, SETS);
    }
    return n;
}

static int report(const struct compare *c, FILE *json)
{
    static const char *const titles[] = {
        "case", "placement", "rounds", "dropped", "ratio",  "min",
        "max",  "base",      "here",   "unit",    "verdict"};
    struct table *t = table_new(titles, sizeof(titles) / sizeof(titles[0]));
    uint32_t n = for_rows(c, add_row, t);

    for_rows(c, write_row, json);
    table_print(t, stdout);
    table_free(t);
    printf("ratio: here to base, of the same round; above 1, here is better\n");
    if (n == 0)
        fprintf(stderr, "bench: nothing could be compared\n");
    return complaints(c) || n == 0 || ferror(json) ? -1 : 0;
}

/* -- all of it ------------------------------------------------------------- */

int compare(const struct bench_options *o, const char *base, FILE *json)
{
    struct compare c = {o, getenv("GALE_BUILD"), base,
                        xcalloc(cases_n, sizeof(*c.chosen)),
                        xcalloc(cases_n, sizeof(*c.compared))};
    int rc = rounds_choose(c.chosen, o, false);

    for (uint32_t i = 0; i < cases_n; i++) {
        for (int k = 0; k < SETS; k++) {
            rounds_forget(&c.compared[i].sets[k].ours);
            rounds_forget(&c.compared[i].sets[k].base);
        }
    }
    if (!rc) {
        run_rounds(&c);
        for (uint32_t i = 0; i < cases_n; i++)
            if (takes_part(&c, i))
                run_on(&c, &c.compared[i].sets[0], i, -1);
        for (uint32_t i = 0; i < cases_n; i++)
            if (takes_part(&c, i))
                ask_again(&c, i);
        rc = report(&c, json);
    }
    free(c.chosen);
    free(c.compared);
    return rc;
}
