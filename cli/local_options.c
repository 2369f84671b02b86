/*
 * local_options.c - the arguments of `gale local`, taken apart and checked.
 *
 * Options end at the first argument that is none, or at `--`: what follows the
 * topology's file is the topology's own.
 */
#include "cli/local_options.h"
#include "cli/command.h"
#include "cli/local_cluster.h"
#include "cli/topology_file.h"
#include "simulator/faults.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include <errno.h>
#include <math.h>

#define TTL_MAX_S 1e9
#define CARRIERS_MAX 4096 /* as gale.worker.carriers */

enum {
    OPT_CONFIG = 256,
    OPT_TTL,
    OPT_STATE,
    OPT_CARRIERS,
    OPT_STATS,
    OPT_SEED,
    OPT_SEEDS,
    OPT_FAULTS,
    OPT_LETTERS,
    OPT_CLUSTER,
    OPT_SUPERVISORS,
    OPT_SLOTS,
    OPT_COMMANDS
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"local-ttl", required_argument, NULL, OPT_TTL},
    {"state", required_argument, NULL, OPT_STATE},
    {"carriers", required_argument, NULL, OPT_CARRIERS},
    {"stats", required_argument, NULL, OPT_STATS},
    {"seed", required_argument, NULL, OPT_SEED},
    {"seeds", required_argument, NULL, OPT_SEEDS},
    {"faults", required_argument, NULL, OPT_FAULTS},
    {"letters", required_argument, NULL, OPT_LETTERS},
    {"cluster", no_argument, NULL, OPT_CLUSTER},
    {"supervisors", required_argument, NULL, OPT_SUPERVISORS},
    {"slots", required_argument, NULL, OPT_SLOTS},
    {"commands", required_argument, NULL, OPT_COMMANDS},
    {"quiet", no_argument, NULL, 'q'},
    TOPOLOGY_FILE_OPTIONS,
    {NULL, 0, NULL, 0},
};

static int parse_ttl(struct local_options *o, const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end != '\0' || !(seconds > 0) || seconds > TTL_MAX_S)
        return command_usage("local",
                             "--local-ttl: found \"%s\", expected seconds"
                             " above 0, %.0f at most",
                             text, TTL_MAX_S);
    o->ttl_ms = (int64_t)ceil(seconds * 1000);
    return EXIT_OK;
}

static int parse_count(const char *option, const char *text, long max,
                       uint32_t *count)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || n < 1 || n > max)
        return command_usage("local", "%s: found \"%s\", expected 1 to %ld",
                             option, text, max);
    *count = (uint32_t)n;
    return EXIT_OK;
}

/* Where a seed ends in the text; NULL if there is none. */
static const char *read_seed(const char *text, uint64_t *seed)
{
    char *end;

    if (*text < '0' || *text > '9')
        return NULL;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return errno == 0 ? end : NULL;
}

/* Which of them would count? */
static int refuse_both(void)
{
    return command_usage("local", "--seed and --seeds do not go together: give "
                                  "one of them");
}

static int parse_seed(struct local_options *o, const char *text)
{
    const char *end = read_seed(text, &o->first_seed);

    if (o->seeded && !o->one_seed)
        return refuse_both();
    if (end == NULL || *end != '\0')
        return command_usage("local",
                             "--seed: found \"%s\", expected a number from 0"
                             " to %llu",
                             text, (unsigned long long)UINT64_MAX);
    o->last_seed = o->first_seed;
    o->seeded = o->one_seed = true;
    return EXIT_OK;
}

static int parse_seeds(struct local_options *o, const char *text)
{
    const char *end = read_seed(text, &o->first_seed);

    if (o->one_seed)
        return refuse_both();
    if (end != NULL && strncmp(end, "..", 2) == 0)
        end = read_seed(end + 2, &o->last_seed);
    else
        end = NULL;
    if (end == NULL || *end != '\0')
        return command_usage("local",
                             "--seeds: found \"%s\", expected A..B, two"
                             " numbers such as 1..1000",
                             text);
    if (o->last_seed < o->first_seed)
        return command_usage("local",
                             "--seeds: found \"%s\", expected the smaller"
                             " number first",
                             text);
    o->seeded = true;
    o->one_seed = false;
    return EXIT_OK;
}

static int parse_faults(struct local_options *o, const char *text)
{
    gale_err error;

    o->faults = faults_parse(text, &error);
    return o->faults != 0 ? EXIT_OK
                          : command_usage("local", "--faults: %s", error.text);
}

static int parse_override(struct local_options *o, const char *text)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text)
        return command_usage("local", "-c: found \"%s\", expected key=value",
                             text);
    o->overrides[o->n_overrides++] = text;
    return EXIT_OK;
}

/* Empty is what a variable of a shell is that is not set: without a word, the
 * run would keep no state. */
static int take_path(const char **to, const char *option, const char *what)
{
    if (*optarg == '\0')
        return command_usage("local", "%s: found \"\", expected %s", option,
                             what);
    *to = optarg;
    return EXIT_OK;
}

static int unknown_option(const char *text)
{
    struct names_nearest nearest;
    char name[64];

    names_start(&nearest, text);
    for (const struct option *l = long_options; l->name != NULL; l++) {
        snprintf(name, sizeof(name), "--%s", l->name);
        names_consider(&nearest, name);
    }
    return command_usage("local", "unknown option %s%s", text,
                         names_hint(&nearest));
}

/* What only a cluster in this process has. */
static int take_cluster_option(struct local_options *o, int option)
{
    o->cluster |= option == OPT_CLUSTER;
    if (option == OPT_SUPERVISORS)
        return parse_count("--supervisors", optarg, LOCAL_SUPERVISORS_MAX,
                           &o->n_supervisors);
    if (option == OPT_SLOTS)
        return parse_count("--slots", optarg, LOCAL_SLOTS_MAX, &o->n_slots);
    if (option == OPT_COMMANDS)
        return take_path(&o->commands, "--commands", "a pipe, or -");
    return EXIT_OK;
}

static int take_option(struct local_options *o, int option, char **argv)
{
    switch (option) {
    case 'c':
        return parse_override(o, optarg);
    case 'q':
        o->quiet = true;
        return EXIT_OK;
    case OPT_CONFIG:
        return take_path(&o->configs[o->n_configs++], "--config", "a file");
    case OPT_TTL:
        return parse_ttl(o, optarg);
    case OPT_STATE:
        return take_path(&o->state_dir, "--state", "a directory");
    case OPT_CARRIERS:
        return parse_count("--carriers", optarg, CARRIERS_MAX, &o->carriers);
    case OPT_SEED:
        return parse_seed(o, optarg);
    case OPT_SEEDS:
        return parse_seeds(o, optarg);
    case OPT_FAULTS:
        return parse_faults(o, optarg);
    case OPT_STATS:
        return take_path(&o->stats, "--stats", "a file");
    case OPT_LETTERS:
        return take_path(&o->letters, "--letters", "a file");
    case OPT_FILTER:
    case OPT_ENV_FILTER:
        topology_file_option(&o->yaml, option);
        return EXIT_OK;
    case OPT_CLUSTER:
    case OPT_SUPERVISORS:
    case OPT_SLOTS:
    case OPT_COMMANDS:
        return take_cluster_option(o, option);
    case ':':
        return command_usage("local", "%s needs a value", argv[optind - 1]);
    default:
        return unknown_option(argv[optind - 1]);
    }
}

/* What makes sense with --cluster only, and what does not with it. */
static int check_cluster(const struct local_options *o)
{
    const char *extra = o->n_supervisors > 0 ? "--supervisors"
                        : o->n_slots > 0     ? "--slots"
                        : o->commands        ? "--commands"
                                             : NULL;
    const char *other = o->seeded      ? "--seed"
                        : o->state_dir ? "--state"
                        : o->stats     ? "--stats"
                        : o->letters   ? "--letters"
                                       : NULL;

    if (!o->cluster && extra != NULL)
        return command_usage("local", "%s is of a cluster: give --cluster, too",
                             extra);
    if (o->cluster && other != NULL)
        return command_usage("local", "%s and --cluster do not go together",
                             other);
    return EXIT_OK;
}

int local_options_parse(struct local_options *o, int argc, char **argv)
{
    int option, status;

    *o = (struct local_options){.ttl_ms = -1};
    o->configs = xcalloc((size_t)argc, sizeof(*o->configs));
    o->overrides = xcalloc((size_t)argc, sizeof(*o->overrides));
    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, "+:c:q", long_options, NULL)) !=
           -1) {
        status = take_option(o, option, argv);
        if (status != EXIT_OK)
            return status;
    }
    if (optind == argc)
        return command_usage("local", "expected the topology's file");
    if (o->faults != 0 && !o->seeded)
        return command_usage("local",
                             "--faults happen in a simulated world only: give"
                             " --seed or --seeds, too");
    if (o->seeded && (o->state_dir != NULL || o->stats != NULL))
        return command_usage("local",
                             "%s and --seed do not go together: what a"
                             " simulated run keeps is gone with it",
                             o->state_dir != NULL ? "--state" : "--stats");
    status = check_cluster(o);
    if (status != EXIT_OK)
        return status;
    o->file = argv[optind];
    o->argc = argc - optind - 1;
    o->argv = argv + optind + 1;
    return EXIT_OK;
}

static bool is_ours(const char *text)
{
    size_t length = strcspn(text, "=");

    if (!strcmp(text, "-c") || !strcmp(text, "-q"))
        return true;
    for (const struct option *l = long_options; l->name != NULL; l++)
        if (!strncmp(text, "--", 2) && length == strlen(l->name) + 2 &&
            !strncmp(text + 2, l->name, length - 2))
            return true;
    return false;
}

const char *local_options_behind_file(const struct local_options *o)
{
    for (int i = 0; i < o->argc; i++)
        if (is_ours(o->argv[i]))
            return o->argv[i];
    return NULL;
}

void local_options_free(struct local_options *o)
{
    free(o->configs);
    free(o->overrides);
}
