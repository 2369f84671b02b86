/* simulate_seeds.c - clusters from seeds; see simulate_seeds.h. */
#include "cli/simulate_seeds.h"
#include "cli/command.h"
#include "cli/human.h"
#include "common/env.h"
#include "simulator/cluster_seed.h"
#include "simulator/seed_runs.h"
#include "topology-api/plugin_find.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME "simulate"
#define LIMIT_S 120 /* of real time, for one run */
#define TWICE_ONE_IN 16

_Static_assert(sizeof(struct cluster_seed_result) <= SEED_OWN_MAX, "it fits");

struct seeds {
    struct cluster_seed_options options;
    struct cluster_seed_result sum;
    uint64_t ns; /* of the worlds' time, all together */
};

/* -- in the child ---------------------------------------------------------- */

struct telling {
    struct seed_outcome *outcome;
    void (*done)(void *of, const struct seed_outcome *o);
    void *of;
};

static void note(struct seed_outcome *o, const struct cluster_seed_result *r)
{
    memcpy(o->own, r, sizeof(*r));
    o->result.hash = r->hash;
    if (r->wrong[0] == '\0')
        return;
    o->verdict = SEED_VIOLATES;
    snprintf(o->result.violation, sizeof(o->result.violation), "%s", r->wrong);
}

static void wrong(void *arg, const struct cluster_seed_result *so_far)
{
    const struct telling *t = arg;

    note(t->outcome, so_far);
    t->done(t->of, t->outcome);
}

static void run(void *arg, uint64_t seed, struct seed_outcome *o,
                void (*done)(void *of, const struct seed_outcome *o), void *of)
{
    const struct seeds *s = arg;
    struct telling telling = {o, done, of};
    struct cluster_seed_options options = s->options;
    struct cluster_seed_result result;

    options.seed = seed;
    options.wrong = wrong;
    options.arg = &telling;
    cluster_seed_run(&options, &result);
    note(o, &result);
}

/* -- in the parent --------------------------------------------------------- */

static void add(void *arg, const struct seed_outcome *o)
{
    struct seeds *s = arg;
    struct cluster_seed_result r;

    memcpy(&r, o->own, sizeof(r));
    s->ns += (uint64_t)r.ns;
    s->sum.accepted += r.accepted;
    s->sum.killed += r.killed;
    s->sum.commands += r.commands;
    s->sum.unanswered += r.unanswered;
    s->sum.writes += r.writes;
    s->sum.workers += r.workers;
    s->sum.rolls.acked += r.rolls.acked;
    s->sum.rolls.again += r.rolls.again;
    s->sum.rolls.explained += r.rolls.explained;
    s->sum.rolls.kept += r.rolls.kept;
    s->sum.calm += r.calm;
    for (uint32_t i = 0; i < CLUSTER_FAULT_N; i++)
        s->sum.faults[i] += r.faults[i];
}

static int say_wrong(const struct simulate_seeds *s,
                     const struct seed_outcome *o)
{
    const char *text = o->verdict == SEED_VIOLATES ? o->result.violation
                       : o->text[0] != '\0'        ? o->text
                                                   : o->result.error;

    command_error(NAME, "seed %" PRIu64 ": %s", o->seed, text);
    if (!s->one) {
        fprintf(stderr, "again: gale simulate --seed %" PRIu64, o->seed);
        if (s->nimbuses > 0)
            fprintf(stderr, " --nimbuses %u", s->nimbuses);
        if (s->supervisors > 0)
            fprintf(stderr, " --supervisors %u", s->supervisors);
        if (s->topologies > 0)
            fprintf(stderr, " --topologies %u", s->topologies);
        fputc('\n', stderr);
    }
    return EXIT_ERROR;
}

static void say_counts(const struct seeds *s)
{
    const struct cluster_seed_result *r = &s->sum;
    char a[HUMAN_MAX], b[HUMAN_MAX], c[HUMAN_MAX], d[HUMAN_MAX];

    printf("topologies: %u accepted, %u killed; commands: %" PRIu64 ", %" PRIu64
           " not answered; workers started: %u\n",
           r->accepted, r->killed, r->commands, r->unanswered, r->workers);
    printf(
        "numbers: %s acked, %s of them again, of at most %s; positions kept: "
        "%s; writes of leaders: %" PRIu64 "\nfaults: none %u",
        human_count(a, r->rolls.acked), human_count(b, r->rolls.again),
        human_count(c, r->rolls.explained), human_count(d, r->rolls.kept),
        r->writes, r->calm);
    for (int i = 0; i < CLUSTER_FAULT_N; i++)
        printf(", %s %u", cluster_fault_names[i], r->faults[i]);
    putchar('\n');
}

static void say_fine(const struct simulate_seeds *s, const struct seeds *of,
                     const struct seed_runs *runs, double seconds)
{
    printf("seeds %" PRIu64 "..%" PRIu64 ": all is well; %" PRIu64
           " clusters, %" PRIu64 " of them twice, %.1f hours of theirs in "
           "%.1f s (%.0f a minute)\n",
           s->first, s->last, runs->n_runs, runs->n_twice,
           (double)of->ns / 3600e9, seconds,
           (double)runs->n_runs * 60 / seconds);
    say_counts(of);
}

static int run_all(const struct simulate_seeds *s, struct seeds *seeds)
{
    const struct seed_kind kind = {seeds, run, add};
    struct env *env = env_posix();
    struct seed_runs runs = {.kind = &kind,
                             .first = s->first,
                             .last = s->last,
                             .jobs = env->ops->n_cpus(env),
                             .limit_s = LIMIT_S,
                             .twice_one_in = TWICE_ONE_IN};
    int64_t begin = env->ops->now(env);
    struct seed_outcome bad;
    bool fine =
        s->one ? seed_runs_one(&runs, &bad) : seed_runs_all(&runs, &bad);

    if (!fine)
        return say_wrong(s, &bad);
    if (s->one) {
        add(seeds, &bad);
        runs.n_runs = runs.n_twice = 1;
    }
    say_fine(s, seeds, &runs, (double)(env->ops->now(env) - begin) / 1e9);
    return command_finish(NAME, EXIT_OK);
}

int simulate_seeds_run(const struct simulate_seeds *s)
{
    struct seeds seeds = {.options = {.n_nimbuses = s->nimbuses,
                                      .n_supervisors = s->supervisors,
                                      .n_topologies = s->topologies,
                                      .log_level = GALE_LOG_INFO}};
    gale_err error;
    const char *id;
    struct plugin *roll_call = plugin_find_file("roll_call", &id, &error);

    if (roll_call == NULL)
        return command_error(NAME, "%s", error.text);
    seeds.options.roll_call = plugin_path(roll_call);
    return run_all(s, &seeds);
}
