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
#define SUPERVISORS_MAX 20000u
#define TOPOLOGIES_MAX 200000u
#define TASKS_MAX 20000000u
#define IDLE_MAX 86400u

const char cmd_simulate_details[] =
    "\n  --seeds A..B      clusters from seeds: nimbuses, supervisors, workers "
    "and who\n                    commands them run in a world in which "
    "everything fails, is\n                    healed, and must come to its "
    "end\n"
    "  --seed N          one of them, twice; what its daemons log is shown\n"
    "  --nimbuses N      so many in each (1 to 3, as the seed says)\n"
    "  --supervisors N   the same (1 to 4)\n"
    "  --topologies N    the same (1 to 3)\n"
    "\n  --scale           a large cluster: what it takes to place all of it, "
    "to "
    "let it\n"
    "                    be, and to lose a rack, the leader, all supervisors "
    "at "
    "once\n"
    "  --supervisors N   of so many supervisors (1000)\n"
    "  --topologies N    with so many topologies (10000) …\n"
    "  --tasks N         … and tasks of all together (1000000)\n"
    "  --idle SECONDS    that it is let be (120), by its own clock\n"
    "  --quiet, -q       say nothing meanwhile\n"
    "\nNimbus's code runs as in a real cluster, over a ZooKeeper in memory and "
    "with a\nclock that is a number. With --scale supervisors ask and report, "
    "and run nothing.\nShown are then its time by the real clock, its memory, "
    "and what is said to\nZooKeeper by the simulated one. The exit status is 1 "
    "if what is counted is not as it\nshall be; how long something takes "
    "changes nothing about that.\n";

/* 0: it was not given. */
struct asked {
    struct simulate_seeds seeds;
    bool is_seeds, is_scale, quiet;
    uint32_t nimbuses, supervisors, topologies, tasks, idle_secs;
};

enum {
    SEEDS = 1000,
    SEED,
    NIMBUSES,
    SCALE,
    SUPERVISORS,
    TOPOLOGIES,
    TASKS,
    IDLE
};

static const struct option options[] = {
    {"seeds", required_argument, NULL, SEEDS},
    {"seed", required_argument, NULL, SEED},
    {"nimbuses", required_argument, NULL, NIMBUSES},
    {"scale", no_argument, NULL, SCALE},
    {"supervisors", required_argument, NULL, SUPERVISORS},
    {"topologies", required_argument, NULL, TOPOLOGIES},
    {"tasks", required_argument, NULL, TASKS},
    {"idle", required_argument, NULL, IDLE},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

/* -- numbers --------------------------------------------------------------- */

static bool read_number(const char *text, char **end, uint64_t *n)
{
    errno = 0;
    *n = strtoull(text, end, 10);
    return *text >= '0' && *text <= '9' && errno == 0;
}

static int take_number(const char *option, uint32_t max, uint32_t *to)
{
    uint64_t n;
    char *end;

    if (!read_number(optarg, &end, &n) || *end != '\0' || n < 1 || n > max)
        return command_usage(NAME,
                             "%s: found \"%s\", expected a number from 1 to %u",
                             option, optarg, max);
    *to = (uint32_t)n;
    return EXIT_OK;
}

static int take_seeds(struct asked *a)
{
    char *end;

    a->is_seeds = true;
    if (read_number(optarg, &end, &a->seeds.first) &&
        strncmp(end, "..", 2) == 0 &&
        read_number(end + 2, &end, &a->seeds.last) && *end == '\0' &&
        a->seeds.first <= a->seeds.last)
        return EXIT_OK;
    return command_usage(NAME, "--seeds: found \"%s\", expected A..B", optarg);
}

static int take_seed(struct asked *a)
{
    char *end;

    a->is_seeds = a->seeds.one = true;
    if (!read_number(optarg, &end, &a->seeds.first) || *end != '\0')
        return command_usage(NAME, "--seed: found \"%s\", expected a number",
                             optarg);
    a->seeds.last = a->seeds.first;
    return EXIT_OK;
}

/* -- options --------------------------------------------------------------- */

static int take_size(struct asked *a, int option)
{
    switch (option) {
    case NIMBUSES:
        return take_number("--nimbuses", CLUSTER_NIMBUSES_MAX, &a->nimbuses);
    case SUPERVISORS:
        return take_number("--supervisors", SUPERVISORS_MAX, &a->supervisors);
    case TOPOLOGIES:
        return take_number("--topologies", TOPOLOGIES_MAX, &a->topologies);
    case TASKS:
        return take_number("--tasks", TASKS_MAX, &a->tasks);
    default:
        return take_number("--idle", IDLE_MAX, &a->idle_secs);
    }
}

static int take_option(struct asked *a, int option, char **argv)
{
    switch (option) {
    case SEEDS:
        return take_seeds(a);
    case SEED:
        return take_seed(a);
    case SCALE:
        a->is_scale = true;
        return EXIT_OK;
    case 'q':
        a->quiet = true;
        return EXIT_OK;
    case ':':
        return command_usage(NAME, "%s: expected a value behind it",
                             argv[optind - 1]);
    case '?':
        return command_usage(NAME, "unknown option %s", argv[optind - 1]);
    default:
        return take_size(a, option);
    }
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
    if (status == EXIT_OK && a->is_seeds == a->is_scale)
        status =
            command_usage(NAME, "expected --seeds A..B, --seed N or --scale");
    return status;
}

/* -- clusters from seeds --------------------------------------------------- */

static int check_most(const char *option, uint32_t n, uint32_t max)
{
    if (n <= max)
        return EXIT_OK;
    return command_usage(NAME,
                         "%s: found \"%u\", expected a number from 1 to %u",
                         option, n, max);
}

static int run_seeds(struct asked *a)
{
    int status =
        check_most("--supervisors", a->supervisors, CLUSTER_SUPERVISORS_MAX);

    if (status == EXIT_OK)
        status = check_most("--topologies", a->topologies, ROLLS_MAX);
    if (status == EXIT_OK && a->tasks + a->idle_secs > 0)
        status = command_usage(NAME, "--tasks and --idle are of --scale");
    a->seeds.nimbuses = a->nimbuses;
    a->seeds.supervisors = a->supervisors;
    a->seeds.topologies = a->topologies;
    return status == EXIT_OK ? simulate_seeds_run(&a->seeds) : status;
}

/* -- a large one ----------------------------------------------------------- */

static uint32_t or_else(uint32_t n, uint32_t usual)
{
    return n > 0 ? n : usual;
}

/* What is right by itself may be wrong together. */
static int check_size(const struct scale_options *o)
{
    const struct scale_size size = {.supervisors = o->supervisors,
                                    .topologies = o->topologies,
                                    .tasks = o->tasks};

    if (o->supervisors < 2)
        return command_usage(NAME,
                             "--supervisors: found \"%u\", expected a "
                             "number from 2 to %u",
                             o->supervisors, SUPERVISORS_MAX);
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

static int run_scale(const struct asked *a)
{
    const struct scale_options o = {.supervisors =
                                        or_else(a->supervisors, 1000),
                                    .topologies = or_else(a->topologies, 10000),
                                    .tasks = or_else(a->tasks, 1000000),
                                    .idle_secs = or_else(a->idle_secs, 120)};
    struct scale_result result;
    int status = check_size(&o);
    bool fine;

    if (status != EXIT_OK)
        return status;
    scale_run(&o, a->quiet ? NULL : stderr, &result);
    fine = scale_report(&result, stdout);
    return command_finish(NAME, fine ? EXIT_OK : EXIT_ERROR);
}

int cmd_simulate(int argc, char **argv)
{
    struct asked a = {.seeds = {.first = 1}};
    int status = take_arguments(&a, argc, argv);

    if (status != EXIT_OK)
        return status;
    return a.is_seeds ? run_seeds(&a) : run_scale(&a);
}
