/* cmd_simulate.c - `gale simulate`: clusters that are not there. */
#include "cli/command.h"
#include "cli/scale_records.h"
#include "cli/scale_report.h"
#include "cli/scale_run.h"
#include "cli/simulate_seeds.h"
#include "common/record.h"
#include "simulator/cluster_seed.h"
#include "simulator/simulated_user.h"
#include "topology-api/model.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "simulate"

const char cmd_simulate_details[] =
    "\n  --scale           a large cluster: what it takes to place all of it, "
    "to let it\n"
    "                    be, and to lose a rack, the leader, all supervisors "
    "at once\n"
    "  --supervisors N   of so many supervisors (1000)\n"
    "  --topologies N    with so many topologies (10000) …\n"
    "  --tasks N         … and tasks of all together (1000000)\n"
    "  --idle SECONDS    that it is let be (120), by its own clock\n"
    "  --quiet, -q       say nothing meanwhile\n"
    "\nNimbus's code runs as in a real cluster, over a ZooKeeper in memory and "
    "with a\nclock that is a number; supervisors ask and report, and run "
    "nothing. Shown are its\ntime by the real clock, its memory, and what is "
    "said to ZooKeeper by the simulated\none. The exit status is 1 if what is "
    "counted is not as it shall be; how long\nsomething takes changes nothing "
    "about that.\n"
    "\n  --seeds A..B      clusters from seeds: nimbuses, supervisors, workers "
    "and who\n"
    "                    commands them run in a world in which everything "
    "fails, is\n                    healed, and must come to its end\n"
    "  --seed N          one of them, twice; what its daemons log is shown\n"
    "  --nimbuses N      so many in each (1 to 3, as the seed says)\n"
    "  --supervisors N   the same (1 to 4)\n"
    "  --topologies N    the same (1 to 3)\n";

/* What is simulated, by the option that says it. */
enum simulated { SCALE, SEEDS, SEED, NOTHING };

static const char *const simulated_names[] = {"--scale", "--seeds", "--seed"};

/* Numbers, each an option of some of these. */
enum number { NIMBUSES, SUPERVISORS, TOPOLOGIES, TASKS, IDLE, NUMBERS };

struct range {
    uint32_t min, max; /* 0, 0: it is no option of that */
};

static const struct {
    const char *option;
    struct range of_scale, of_seeds;
} numbers[NUMBERS] = {
    [NIMBUSES] = {"--nimbuses", {0, 0}, {1, CLUSTER_NIMBUSES_MAX}},
    [SUPERVISORS] = {"--supervisors", {2, 20000}, {1, CLUSTER_SUPERVISORS_MAX}},
    [TOPOLOGIES] = {"--topologies", {1, 200000}, {1, ROLLS_MAX}},
    [TASKS] = {"--tasks", {1, 20000000}, {0, 0}},
    [IDLE] = {"--idle", {1, 86400}, {0, 0}},
};

struct asked {
    enum simulated what;
    const char *texts[NUMBERS]; /* as they were given; NULL: it was not */
    uint32_t n[NUMBERS];        /* 0: it was not */
    uint64_t first, last;       /* seeds */
    bool quiet;
};

enum { WHAT = 1000, NUMBER = 2000 };

static const struct option options[] = {
    {"scale", no_argument, NULL, WHAT + SCALE},
    {"seeds", required_argument, NULL, WHAT + SEEDS},
    {"seed", required_argument, NULL, WHAT + SEED},
    {"nimbuses", required_argument, NULL, NUMBER + NIMBUSES},
    {"supervisors", required_argument, NULL, NUMBER + SUPERVISORS},
    {"topologies", required_argument, NULL, NUMBER + TOPOLOGIES},
    {"tasks", required_argument, NULL, NUMBER + TASKS},
    {"idle", required_argument, NULL, NUMBER + IDLE},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

/* -- arguments ------------------------------------------------------------- */

static bool read_number(const char *text, char **end, uint64_t *n)
{
    errno = 0;
    *n = strtoull(text, end, 10);
    return *text >= '0' && *text <= '9' && errno == 0;
}

static int take_seeds(struct asked *a)
{
    char *end;

    if (read_number(optarg, &end, &a->first) && strncmp(end, "..", 2) == 0 &&
        read_number(end + 2, &end, &a->last) && *end == '\0' &&
        a->first <= a->last)
        return EXIT_OK;
    return command_usage(NAME, "--seeds: found \"%s\", expected A..B", optarg);
}

static int take_seed(struct asked *a)
{
    char *end;

    if (!read_number(optarg, &end, &a->first) || *end != '\0')
        return command_usage(NAME, "--seed: found \"%s\", expected a number",
                             optarg);
    a->last = a->first;
    return EXIT_OK;
}

static int take_what(struct asked *a, enum simulated what)
{
    if (a->what != NOTHING && a->what != what)
        return command_usage(NAME, "expected one of --scale, --seeds and "
                                   "--seed");
    a->what = what;
    if (what == SEEDS)
        return take_seeds(a);
    return what == SEED ? take_seed(a) : EXIT_OK;
}

static int take_option(struct asked *a, int option, char **argv)
{
    if (option >= NUMBER) {
        a->texts[option - NUMBER] = optarg;
        return EXIT_OK;
    }
    if (option >= WHAT)
        return take_what(a, (enum simulated)(option - WHAT));
    if (option == ':')
        return command_usage(NAME, "%s: expected a value behind it",
                             argv[optind - 1]);
    if (option != 'q')
        return command_usage(NAME, "unknown option %s", argv[optind - 1]);
    a->quiet = true;
    return EXIT_OK;
}

static int take_number(struct asked *a, enum number i)
{
    const struct range *range =
        a->what == SCALE ? &numbers[i].of_scale : &numbers[i].of_seeds;
    uint64_t n;
    char *end;

    if (range->max == 0)
        return command_usage(NAME, "%s is no option of %s", numbers[i].option,
                             simulated_names[a->what]);
    if (!read_number(a->texts[i], &end, &n) || *end != '\0' || n < range->min ||
        n > range->max)
        return command_usage(
            NAME, "%s: found \"%s\", expected a number from %u to %u",
            numbers[i].option, a->texts[i], range->min, range->max);
    a->n[i] = (uint32_t)n;
    return EXIT_OK;
}

static int take_arguments(struct asked *a, int argc, char **argv)
{
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":q", options, NULL)) >= 0)
        status = take_option(a, option, argv);
    if (status == EXIT_OK && optind < argc)
        status = command_usage(NAME, "found \"%s\", expected options only",
                               argv[optind]);
    if (status == EXIT_OK && a->what == NOTHING)
        status =
            command_usage(NAME, "expected --scale, --seeds A..B or --seed N");
    for (int i = 0; status == EXIT_OK && i < NUMBERS; i++)
        if (a->texts[i] != NULL)
            status = take_number(a, (enum number)i);
    return status;
}

/* -- a large cluster ------------------------------------------------------- */

/* What is right by itself may be wrong together. */
static int check_size(const struct scale_options *o)
{
    const struct scale_size size = {.supervisors = o->supervisors,
                                    .topologies = o->topologies,
                                    .tasks = o->tasks};

    if (o->tasks < o->topologies || o->tasks / o->topologies >= MODEL_TASKS_MAX)
        return command_usage(NAME,
                             "%u tasks for %u topologies: expected 1 to %u "
                             "for each",
                             o->tasks, o->topologies, MODEL_TASKS_MAX);
    if (scale_slots(&size) > RECORD_PORTS_MAX)
        return command_usage(NAME,
                             "%u tasks are too many for %u supervisors, which "
                             "have %u slots each at most: expected more "
                             "supervisors or fewer tasks",
                             o->tasks, o->supervisors, RECORD_PORTS_MAX);
    return EXIT_OK;
}

static uint32_t or_else(uint32_t n, uint32_t otherwise)
{
    return n > 0 ? n : otherwise;
}

static int run_scale(const struct asked *a)
{
    const struct scale_options o = {
        .supervisors = or_else(a->n[SUPERVISORS], 1000),
        .topologies = or_else(a->n[TOPOLOGIES], 10000),
        .tasks = or_else(a->n[TASKS], 1000000),
        .idle_secs = or_else(a->n[IDLE], 120),
    };
    struct scale_result result;
    int status = check_size(&o);
    bool fine;

    if (status != EXIT_OK)
        return status;
    scale_run(&o, a->quiet ? NULL : stderr, &result);
    fine = scale_report(&result, stdout);
    return command_finish(NAME, fine ? EXIT_OK : EXIT_ERROR);
}

/* -- clusters from seeds --------------------------------------------------- */

static int run_seeds(const struct asked *a)
{
    const struct simulate_seeds s = {
        .first = a->first,
        .last = a->last,
        .one = a->what == SEED,
        .nimbuses = a->n[NIMBUSES],
        .supervisors = a->n[SUPERVISORS],
        .topologies = a->n[TOPOLOGIES],
    };

    return simulate_seeds_run(&s);
}

int cmd_simulate(int argc, char **argv)
{
    struct asked a = {.what = NOTHING};
    int status = take_arguments(&a, argc, argv);

    if (status != EXIT_OK)
        return status;
    return a.what == SCALE ? run_scale(&a) : run_seeds(&a);
}
