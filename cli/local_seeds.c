/*
 * local_seeds.c - runs by seed, and what is said of them; see local_seeds.h.
 */
#include "cli/local_seeds.h"
#include "cli/command.h"
#include "cli/human.h"
#include "cli/report.h"
#include "common/env.h"
#include "simulator/seed_runs.h"
#include "simulator/seedable.h"
#include <inttypes.h>
#include <string.h>

#define LIMIT_S 120     /* of real time, for one run */
#define TWICE_ONE_IN 16 /* of many: to see that seeds make equal runs */

static void ended(void *arg, const struct seeded_run *r)
{
    const struct local_options *o = arg;
    double seconds = (double)seeded_run_result(r)->ns / 1e9;

    fflush(stdout);
    if (!o->quiet)
        report_print(seeded_run_local(r), seconds, stderr);
}

static struct seed_runs runs_for(const struct local_options *o, gale_builder *b)
{
    struct env *env = env_posix();

    return (struct seed_runs){
        .builder = b,
        .run = {.carriers = o->carriers,
                .ttl_ms = o->ttl_ms,
                .faults = o->faults},
        .first = o->first_seed,
        .last = o->last_seed,
        .jobs = env->ops->n_cpus(env),
        .limit_s = LIMIT_S,
        .twice_one_in = TWICE_ONE_IN,
        .ended = ended,
        .arg = (void *)(uintptr_t)o,
    };
}

/* -- what went wrong ------------------------------------------------------- */

static bool is_plain(const char *text)
{
    return *text != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                             "XYZ0123456789_-+=.,/:@%")] == '\0';
}

static void put_word(const char *text)
{
    if (is_plain(text)) {
        fprintf(stderr, " %s", text);
        return;
    }
    fputs(" '", stderr);
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", stderr);
        else
            fputc(*text, stderr);
    fputc('\'', stderr);
}

static bool is_seeds(const char *text)
{
    return strncmp(text, "--seeds", 7) == 0;
}

/* The command line, with one seed in place of many. */
static void say_how_to_repeat(uint64_t seed, int argc, char **argv)
{
    fprintf(stderr, "again: gale local --seed %" PRIu64, seed);
    for (int i = 1; i < argc; i++) {
        if (is_seeds(argv[i])) {
            i += strchr(argv[i], '=') == NULL;
            continue;
        }
        put_word(argv[i]);
    }
    fputc('\n', stderr);
}

static int say_what_is_wrong(const struct seed_outcome *o)
{
    static const char *const what[] = {
        [SEED_CRASHES] = "",
        [SEED_HANGS] = "",
        [SEED_DIFFERS] = "not deterministic: the same seed made two different"
                         " runs; a plugin asks the real clock, or starts"
                         " threads, or takes chance from elsewhere than"
                         " gale_random(). ",
        [SEED_CANNOT] = "",
    };
    const char *text = o->verdict == SEED_VIOLATES ? o->result.violation
                       : o->verdict == SEED_FAILS  ? o->result.error
                                                   : o->text;
    const char *before = o->verdict >= SEED_CRASHES ? what[o->verdict] : "";

    return command_error("local", "seed %" PRIu64 ": %s%s", o->seed, before,
                         text);
}

/* -- one, many ------------------------------------------------------------- */

/* A spout may say that it is exhausted without another word of them: of
 * interest all the same. */
static void say_dropped(const struct ledger_counts *counts)
{
    char number[HUMAN_MAX];

    if (counts->dropped > 0)
        fprintf(stderr,
                "messages that failed and were neither emitted again nor given "
                "up: %s\n",
                human_count(number, counts->dropped));
}

static int run_one(struct seed_runs *s)
{
    struct seed_outcome o;
    bool fine = seed_runs_one(s, &o);

    if (fine)
        say_dropped(&o.result.counts);
    if (o.verdict != SEED_CANNOT && o.verdict != SEED_CRASHES &&
        o.verdict != SEED_HANGS)
        fprintf(stderr, "hash: %016" PRIx64 "\n", o.result.hash);
    return fine ? EXIT_OK : say_what_is_wrong(&o);
}

static void say_faults(const struct seed_runs *s)
{
    char number[HUMAN_MAX];

    if (s->run.faults == 0)
        return;
    fputs("faults:", stderr);
    for (uint32_t i = 0; i < FAULTS; i++)
        if (s->run.faults & 1u << i)
            fprintf(stderr, " %s %s,", fault_names[i],
                    human_count(number, s->faults[i]));
    fprintf(stderr, " by which %s tuples were lost",
            human_count(number, s->counts.lost));
    fprintf(stderr, ", and %s messages were acked again\n",
            human_count(number, s->counts.again));
}

/* As of faults: what was never looked at was not shown to be true. */
static void say_looks(const struct seed_runs *s)
{
    char number[HUMAN_MAX];

    if (s->looks > 0)
        fprintf(stderr, "invariants: looked at %s times\n",
                human_count(number, s->looks));
}

static void say_all_is_well(const struct seed_runs *s, double seconds)
{
    char messages[HUMAN_MAX], tuples[HUMAN_MAX];

    fprintf(stderr,
            "seeds %" PRIu64 "..%" PRIu64 ": all is well; %" PRIu64
            " runs, %" PRIu64 " of them twice, in %.1f s (%.0f a minute); "
            "%s messages, %s tuples\n",
            s->first, s->last, s->n_runs, s->n_twice, seconds,
            (double)s->n_runs * 60 / seconds,
            human_count(messages, s->counts.messages),
            human_count(tuples, s->counts.executed));
    say_faults(s);
    say_dropped(&s->counts);
    say_looks(s);
}

static int run_many(struct seed_runs *s, int argc, char **argv)
{
    struct env *env = env_posix();
    int64_t begin = env->ops->now(env);
    struct seed_outcome bad;

    if (seed_runs_all(s, &bad)) {
        say_all_is_well(s, (double)(env->ops->now(env) - begin) / 1e9);
        return EXIT_OK;
    }
    say_what_is_wrong(&bad);
    say_how_to_repeat(bad.seed, argc, argv);
    return EXIT_ERROR;
}

int local_seeds_run(const struct local_options *o, gale_builder *b, int argc,
                    char **argv)
{
    struct seed_runs s = runs_for(o, b);
    gale_err error;

    if (seedable_check(model_of(b, NULL), &error))
        return command_error("local", "%s", error.text);
    return o->one_seed ? run_one(&s) : run_many(&s, argc, argv);
}
