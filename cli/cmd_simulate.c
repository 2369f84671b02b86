/* cmd_simulate.c - `gale simulate`: clusters that are not there. */
#include "cli/command.h"
#include "cli/simulate_seeds.h"
#include "simulator/cluster_seed.h"
#include "simulator/simulated_user.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define NAME "simulate"

const char cmd_simulate_details[] =
    "\n  --seeds A..B      clusters from seeds: nimbuses, supervisors, workers "
    "and "
    "who\n                    commands them run in a world in which everything "
    "fails, is\n                    healed, and must come to its end\n"
    "  --seed N          one of them, twice; what its daemons log is shown\n"
    "  --nimbuses N      so many in each (1 to 3, as the seed says)\n"
    "  --supervisors N   the same (1 to 4)\n"
    "  --topologies N    the same (1 to 3)\n";

enum { SEEDS = 1000, SEED, NIMBUSES, SUPERVISORS, TOPOLOGIES };

static const struct option options[] = {
    {"seeds", required_argument, NULL, SEEDS},
    {"seed", required_argument, NULL, SEED},
    {"nimbuses", required_argument, NULL, NIMBUSES},
    {"supervisors", required_argument, NULL, SUPERVISORS},
    {"topologies", required_argument, NULL, TOPOLOGIES},
    {NULL, 0, NULL, 0},
};

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

static int take_seeds(struct simulate_seeds *s)
{
    char *end;

    if (read_number(optarg, &end, &s->first) && strncmp(end, "..", 2) == 0 &&
        read_number(end + 2, &end, &s->last) && *end == '\0' &&
        s->first <= s->last)
        return EXIT_OK;
    return command_usage(NAME, "--seeds: found \"%s\", expected A..B", optarg);
}

static int take_seed(struct simulate_seeds *s)
{
    char *end;

    if (!read_number(optarg, &end, &s->first) || *end != '\0')
        return command_usage(NAME, "--seed: found \"%s\", expected a number",
                             optarg);
    s->last = s->first;
    s->one = true;
    return EXIT_OK;
}

static int take_option(struct simulate_seeds *s, int option, char **argv)
{
    switch (option) {
    case SEEDS:
        return take_seeds(s);
    case SEED:
        return take_seed(s);
    case NIMBUSES:
        return take_number("--nimbuses", CLUSTER_NIMBUSES_MAX, &s->nimbuses);
    case SUPERVISORS:
        return take_number("--supervisors", CLUSTER_SUPERVISORS_MAX,
                           &s->supervisors);
    case TOPOLOGIES:
        return take_number("--topologies", ROLLS_MAX, &s->topologies);
    case ':':
        return command_usage(NAME, "%s: expected a value behind it",
                             argv[optind - 1]);
    default:
        return command_usage(NAME, "unknown option %s", argv[optind - 1]);
    }
}

int cmd_simulate(int argc, char **argv)
{
    struct simulate_seeds s = {.first = 1};
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":", options, NULL)) >= 0)
        status = take_option(&s, option, argv);
    if (status == EXIT_OK && optind < argc)
        status = command_usage(NAME, "found \"%s\", expected options only",
                               argv[optind]);
    if (status == EXIT_OK && s.last == 0 && !s.one)
        status = command_usage(NAME, "expected --seeds A..B or --seed N");
    return status == EXIT_OK ? simulate_seeds_run(&s) : status;
}
