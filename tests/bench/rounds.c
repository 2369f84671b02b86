/* rounds.c - runs the cases, round by round, and keeps what they found. */
#include "tests/bench/rounds.h"
#include "tests/bench/spawn.h"
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* -- values ---------------------------------------------------------------- */

void rounds_forget(struct found *f)
{
    *f = (struct found){.chosen = false};
    for (uint32_t i = 0; i < BENCH_FIGURES_MAX; i++)
        for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
            f->values[i][k] = NAN;
}

void rounds_samples(const struct found *f, uint32_t figure, struct samples *s)
{
    s->n = 0;
    for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
        if (!isnan(f->values[figure][k]))
            samples_add(s, f->values[figure][k]);
}

void rounds_shares(const struct found *over, const struct found *under,
                   double *by_round)
{
    for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
        by_round[k] = over->values[0][k] / under->values[0][k];
}

uint32_t rounds_index(const char *id)
{
    const struct bench_case *c = cases_find(id);

    check_msg(c, "there is no case %s", id);
    return (uint32_t)(c - cases);
}

/* -- what is to be run ----------------------------------------------------- */

static bool wanted(const struct bench_case *c, const char *only)
{
    char pattern[256];

    if (cases_find(only))
        return !strcmp(c->id, only);
    snprintf(pattern, sizeof(pattern), "*%s*", only);
    return !fnmatch(pattern, c->id, 0);
}

static void choose(struct found *found, uint32_t i, bool shares)
{
    const char *needs[] = {cases[i].paced_by, cases[i].over, cases[i].under};

    found[i].chosen = true;
    for (int k = 0; k < (shares ? 3 : 1); k++)
        if (needs[k])
            choose(found, rounds_index(needs[k]), shares);
}

int rounds_choose(struct found *found, const struct bench_options *o,
                  bool shares)
{
    bool any = false;

    for (uint32_t i = 0; i < cases_n; i++)
        rounds_forget(&found[i]);
    for (uint32_t i = 0; i < cases_n; i++)
        if (wanted(&cases[i], o->only)) {
            choose(found, i, shares);
            any = true;
        }
    if (any)
        return 0;
    fprintf(stderr, "bench: ONLY=%s: no case is named like that; there are:\n",
            o->only);
    for (uint32_t i = 0; i < cases_n; i++)
        fprintf(stderr, "  %s\n", cases[i].id);
    return -1;
}

/* -- one run --------------------------------------------------------------- */

/* NAME, a tab, VALUE */
static void keep(struct found *f, const struct bench_case *c, uint32_t round,
                 char *line)
{
    char *tab = strchr(line, '\t');

    if (!tab)
        return;
    *tab = '\0';
    for (uint32_t i = 0; i < BENCH_FIGURES_MAX && c->figures[i].name; i++)
        if (!strcmp(c->figures[i].name, line))
            f->values[i][round] = strtod(tab + 1, NULL);
}

static double probe(struct found *f)
{
    double ns = placement_ns();

    samples_add(&f->placement, ns);
    return ns;
}

void rounds_show(const struct found *f, uint32_t at, uint32_t round,
                 const char *who)
{
    const struct bench_case *c = &cases[at];

    fprintf(stderr, "  %s%-32s", who, c->id);
    for (uint32_t i = 0; i < BENCH_FIGURES_MAX && c->figures[i].name; i++)
        fprintf(stderr, "%s %.4g %s", i ? "," : "", f->values[i][round],
                c->figures[i].unit);
    fprintf(stderr, "\n");
}

double rounds_pace(const struct found *found, uint32_t i)
{
    const struct bench_case *c = &cases[i];
    struct samples s;

    if (!c->paced_by)
        return 0;
    rounds_samples(&found[rounds_index(c->paced_by)], 0, &s);
    return s.n ? samples_median(&s) * 1e6 / c->messages : 0;
}

int rounds_run_case(struct found *f, uint32_t i, uint32_t round, double rate,
                    const char *build)
{
    char rate_text[64], line[256];
    char *argv[] = {"tests/bench/of_build.sh",
                    (char *)(uintptr_t)build,
                    "--run",
                    (char *)(uintptr_t)cases[i].id,
                    rate_text,
                    NULL};
    struct spawned s;
    double before = probe(f);
    int rc;

    snprintf(rate_text, sizeof(rate_text), "%.17g", rate);
    rc = spawn(&s, argv);
    while (!rc && spawn_line(&s, line, sizeof(line)))
        keep(f, &cases[i], round, line);
    rc = rc ? rc : spawn_end(&s);
    f->class_of[round] = placement_between(before, probe(f));
    if (rc)
        fprintf(stderr, "bench: %s failed\n", cases[i].id);
    return rc;
}

static int run_round(struct found *found, uint32_t round)
{
    const char *build = getenv("GALE_BUILD");
    int rc = 0;

    for (uint32_t i = 0; i < cases_n; i++) {
        struct found *f = &found[i];

        if (!f->chosen || f->failed || !cases[i].run ||
            (cases[i].once && round > 0))
            continue;
        f->failed =
            rounds_run_case(f, i, round, rounds_pace(found, i), build) != 0;
        if (f->failed)
            rc = -1;
        else
            rounds_show(f, i, round, "");
    }
    return rc;
}

/* -- all of them ----------------------------------------------------------- */

/* A ratio's values are those of the two that it is of. */
static void divide(struct found *found)
{
    for (uint32_t i = 0; i < cases_n; i++) {
        const struct found *over, *under;

        if (cases[i].run)
            continue;
        over = &found[rounds_index(cases[i].over)];
        under = &found[rounds_index(cases[i].under)];
        rounds_shares(over, under, found[i].values[0]);
        found[i].placement = over->placement;
        for (uint32_t k = 0; k < BENCH_RUNS_MAX; k++)
            found[i].class_of[k] = over->class_of[k] == under->class_of[k]
                                       ? over->class_of[k]
                                       : PLACEMENT_MIXED;
        found[i].failed = over->failed || under->failed;
    }
}

int rounds_run(struct found *found, const struct bench_options *o)
{
    int rc = 0;

    for (uint32_t round = 0; round < o->runs; round++) {
        fprintf(stderr, "round %u of %u\n", round + 1, o->runs);
        if (run_round(found, round))
            rc = -1;
    }
    divide(found);
    return rc;
}
