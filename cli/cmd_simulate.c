/* cmd_simulate.c - `gale simulate`: clusters that are not there. */
#include "cli/command.h"
#include "cli/scale_records.h"
#include "cli/scale_report.h"
#include "cli/scale_run.h"
#include "common/record.h"
#include "topology-api/model.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME "simulate"
#define SUPERVISORS_MAX 20000u
#define TOPOLOGIES_MAX 200000u
#define TASKS_MAX 20000000u

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
    "about that.\n";

/* What is simulated; each has options of its own. */
enum simulated { NOTHING, LARGE_CLUSTER };

struct asked {
    enum simulated what;
    struct scale_options scale; /* of a large cluster */
    bool quiet;
};

enum { SCALE = 1000, SUPERVISORS, TOPOLOGIES, TASKS, IDLE };

static const struct option options[] = {
    {"scale", no_argument, NULL, SCALE},
    {"supervisors", required_argument, NULL, SUPERVISORS},
    {"topologies", required_argument, NULL, TOPOLOGIES},
    {"tasks", required_argument, NULL, TASKS},
    {"idle", required_argument, NULL, IDLE},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

/* A number that there can be. */
static int take_number(const char *option, uint32_t min, uint32_t max,
                       uint32_t *to)
{
    unsigned long long n;
    char *end;

    errno = 0;
    n = strtoull(optarg, &end, 10);
    if (errno != 0 || end == optarg || *end != '\0' || *optarg == '-' ||
        n < min || n > max)
        return command_usage(
            NAME, "%s: found \"%s\", expected a number from %u to %u", option,
            optarg, min, max);
    *to = (uint32_t)n;
    return EXIT_OK;
}

static int take_scale_option(struct scale_options *s, int option)
{
    switch (option) {
    case SUPERVISORS:
        return take_number("--supervisors", 2, SUPERVISORS_MAX,
                           &s->supervisors);
    case TOPOLOGIES:
        return take_number("--topologies", 1, TOPOLOGIES_MAX, &s->topologies);
    case TASKS:
        return take_number("--tasks", 1, TASKS_MAX, &s->tasks);
    default:
        return take_number("--idle", 1, 86400, &s->idle_secs);
    }
}

static int take_option(struct asked *a, int option, char **argv)
{
    switch (option) {
    case SCALE:
        a->what = LARGE_CLUSTER;
        return EXIT_OK;
    case SUPERVISORS:
    case TOPOLOGIES:
    case TASKS:
    case IDLE:
        return take_scale_option(&a->scale, option);
    case 'q':
        a->quiet = true;
        return EXIT_OK;
    case ':':
        return command_usage(NAME, "%s: expected a value behind it",
                             argv[optind - 1]);
    default:
        return command_usage(NAME, "unknown option %s", argv[optind - 1]);
    }
}

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
    return status;
}

static int run_scale(const struct asked *a)
{
    struct scale_result result;
    int status = check_size(&a->scale);
    bool fine;

    if (status != EXIT_OK)
        return status;
    scale_run(&a->scale, a->quiet ? NULL : stderr, &result);
    fine = scale_report(&result, stdout);
    return command_finish(NAME, fine ? EXIT_OK : EXIT_ERROR);
}

int cmd_simulate(int argc, char **argv)
{
    struct asked a = {.scale = {.supervisors = 1000,
                                .topologies = 10000,
                                .tasks = 1000000,
                                .idle_secs = 120}};
    int status = take_arguments(&a, argc, argv);

    if (status != EXIT_OK)
        return status;
    switch (a.what) {
    case LARGE_CLUSTER:
        return run_scale(&a);
    case NOTHING:
        break;
    }
    return command_usage(NAME, "expected --scale");
}
