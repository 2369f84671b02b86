/* cmd_cluster.c - `gale cluster up|down|status DIR`: a cluster on one machine.
 */
#include "cli/cluster_down.h"
#include "cli/cluster_home.h"
#include "cli/cluster_status.h"
#include "cli/cluster_up.h"
#include "cli/command.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define NAME "cluster"

const char cmd_cluster_details[] =
    "\n"
    "  up DIR      begins one, goes on with the one that was kept in DIR, or\n"
    "              starts again what has ended of the one that runs there:\n"
    "              ZooKeeper, nimbuses and supervisors as processes that go "
    "on\n"
    "              when the command has ended. DIR is made; it gets "
    "gale.yaml,\n"
    "              which commands read (export GALE_CONFIG=DIR/gale.yaml), "
    "and\n"
    "              a log of each process. Ports are chosen, below 32768.\n"
    "  down DIR    ends all of it, workers, too, and removes DIR\n"
    "  status DIR  shows which of its processes run, and what `gale status` "
    "says\n"
    "\n"
    "  --supervisors N  up: how many supervisors (2)\n"
    "  --slots N        up: how many workers each may run (2)\n"
    "  --nimbuses N     up: how many nimbuses (1); one leads\n"
    "  --jars DIR       up: where ZooKeeper's jars are (/usr/share/java)\n"
    "  --timeout SECS   up: how long it may take until it can be used (60)\n"
    "  --keep           down: data and logs stay, `up` goes on with them\n"
    "  --json           status: as JSON\n"
    "\n"
    "It is for development: everything listens on loopback, and ZooKeeper is\n"
    "one server, of Debian's packages default-jre-headless, libzookeeper-java\n"
    "and libslf4j-java.\n";

enum {
    OPT_SUPERVISORS = 256,
    OPT_SLOTS,
    OPT_NIMBUSES,
    OPT_JARS,
    OPT_TIMEOUT,
    OPT_KEEP,
    OPT_JSON,
    TIMEOUT_DEFAULT_S = 60,
    TIMEOUT_MAX_S = 3600,
};

static const struct option long_options[] = {
    {"supervisors", required_argument, NULL, OPT_SUPERVISORS},
    {"slots", required_argument, NULL, OPT_SLOTS},
    {"nimbuses", required_argument, NULL, OPT_NIMBUSES},
    {"jars", required_argument, NULL, OPT_JARS},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"keep", no_argument, NULL, OPT_KEEP},
    {"json", no_argument, NULL, OPT_JSON},
    {NULL, 0, NULL, 0},
};

struct arguments {
    const char *verb;
    struct cluster_up up; /* its directory is that of every verb */
    bool keep, json;
    const char *alien[3]; /* an option that belongs to up, down, status */
};

enum { UP, DOWN, STATUS };

static const char *const verbs[] = {"up", "down", "status"};

static int take_number(uint32_t *to, const char *option, uint32_t max)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(optarg, &end, 10);
    if (errno != 0 || end == optarg || *end != '\0' || n < 1 || n > max)
        return command_usage(NAME,
                             "%s: found \"%s\", expected a number from 1 to %u",
                             option, optarg, max);
    *to = (uint32_t)n;
    return EXIT_OK;
}

static int take_timeout(struct arguments *a)
{
    uint32_t seconds;
    int status = take_number(&seconds, "--timeout", TIMEOUT_MAX_S);

    if (status == EXIT_OK)
        a->up.timeout_ns = seconds * INT64_C(1000000000);
    return status;
}

static int take_flag(bool *flag)
{
    *flag = true;
    return EXIT_OK;
}

/* Its verb's, and by its name: what stands before `optind` may be its value. */
static void note_owner(struct arguments *a, int option)
{
    int owner = option == OPT_KEEP ? DOWN : option == OPT_JSON ? STATUS : UP;

    for (const struct option *o = long_options; o->name != NULL; o++)
        if (o->val == option)
            a->alien[owner] = o->name;
}

static int take_option(struct arguments *a, int option, char **argv)
{
    note_owner(a, option);
    switch (option) {
    case OPT_SUPERVISORS:
        return take_number(&a->up.supervisors, "--supervisors",
                           CLUSTER_SUPERVISORS_MAX);
    case OPT_SLOTS:
        return take_number(&a->up.slots, "--slots", CLUSTER_SLOTS_MAX);
    case OPT_NIMBUSES:
        return take_number(&a->up.nimbuses, "--nimbuses", CLUSTER_NIMBUSES_MAX);
    case OPT_JARS:
        a->up.jars = optarg;
        return EXIT_OK;
    case OPT_TIMEOUT:
        return take_timeout(a);
    case OPT_KEEP:
        return take_flag(&a->keep);
    case OPT_JSON:
        return take_flag(&a->json);
    case ':':
        return command_usage(NAME, "%s needs a value", argv[optind - 1]);
    default:
        return command_usage(NAME, "there is no option %s", argv[optind - 1]);
    }
}

static int take_words(struct arguments *a, int argc, char **argv)
{
    if (argc - optind < 1)
        return command_usage(NAME, "expected up, down or status, and DIR");
    a->verb = argv[optind];
    if (argc - optind < 2 || *argv[optind + 1] == '\0')
        return command_usage(NAME, "%s: expected the directory of a cluster",
                             a->verb);
    if (argc - optind > 2)
        return command_usage(NAME,
                             "one DIR at a time: found \"%s\" behind "
                             "\"%s\"",
                             argv[optind + 2], argv[optind + 1]);
    a->up.directory = argv[optind + 1];
    return EXIT_OK;
}

static int take_arguments(struct arguments *a, int argc, char **argv)
{
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":", long_options, NULL)) >= 0)
        status = take_option(a, option, argv);
    return status == EXIT_OK ? take_words(a, argc, argv) : status;
}

/* What another verb takes would be passed over. */
static int look_for_aliens(const struct arguments *a, int verb)
{
    for (int i = UP; i <= STATUS; i++)
        if (i != verb && a->alien[i] != NULL)
            return command_usage(NAME, "--%s is of %s, not of %s", a->alien[i],
                                 verbs[i], a->verb);
    return EXIT_OK;
}

static int run(const struct arguments *a)
{
    int verb = UP, status;

    while (verb <= STATUS && strcmp(a->verb, verbs[verb]) != 0)
        verb++;
    if (verb > STATUS)
        return command_usage(NAME, "found \"%s\", expected up, down or status",
                             a->verb);
    status = look_for_aliens(a, verb);
    if (status != EXIT_OK)
        return status;
    if (verb == UP)
        return cluster_up(&a->up);
    return verb == DOWN ? cluster_down(a->up.directory, a->keep)
                        : cluster_status(a->up.directory, a->json);
}

int cmd_cluster(int argc, char **argv)
{
    struct arguments a = {.up.timeout_ns =
                              TIMEOUT_DEFAULT_S * INT64_C(1000000000)};
    int status = take_arguments(&a, argc, argv);

    return status == EXIT_OK ? run(&a) : status;
}
