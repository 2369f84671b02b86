/* cluster_options.c - arguments that commands share; see cluster_options.h. */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "common/config_keys.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT_S 30
#define TIMEOUT_MAX_S 1e6
#define SYSTEM_FILE "/etc/gale/gale.yaml"

static void warn(void *arg, const char *text)
{
    const struct cluster_options *o = arg;

    fprintf(stderr, "gale %s: warning: %s\n", o->command, text);
}

void cluster_options_begin(struct cluster_options *o, const char *command)
{
    *o = (struct cluster_options){.command = command};
    o->config = daemon_config_new(warn, o);
    o->timeout_ns = TIMEOUT_DEFAULT_S * INT64_C(1000000000);
}

void cluster_options_end(struct cluster_options *o)
{
    daemon_config_free(o->config);
    free(o->overrides);
    free(o->files);
}

static int take_file(struct cluster_options *o, const char *path)
{
    gale_err error;

    o->files = xreallocarray(o->files, o->n_files + 1, sizeof(*o->files));
    o->files[o->n_files++] = path;
    if (daemon_config_file(o->config, path, &error) != 0)
        return command_error(o->command, "%s", error.text);
    return EXIT_OK;
}

static int take_timeout(struct cluster_options *o, const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end != '\0' || !(seconds > 0) ||
        seconds > TIMEOUT_MAX_S)
        return command_usage(o->command,
                             "--timeout: found \"%s\", expected seconds above "
                             "0, %.0f at most",
                             text, TIMEOUT_MAX_S);
    o->timeout_ns = (int64_t)(seconds * 1e9);
    o->has_timeout = true;
    return EXIT_OK;
}

static void take_override(struct cluster_options *o, const char *text)
{
    o->overrides =
        xreallocarray(o->overrides, o->n_overrides + 1, sizeof(*o->overrides));
    o->overrides[o->n_overrides++] = text;
}

int cluster_options_take(struct cluster_options *o, int option, char **argv)
{
    switch (option) {
    case 'c':
        take_override(o, optarg);
        return EXIT_OK;
    case CLUSTER_OPTION_CONFIG:
        return take_file(o, optarg);
    case CLUSTER_OPTION_JSON:
        o->json = true;
        return EXIT_OK;
    case CLUSTER_OPTION_TIMEOUT:
        return take_timeout(o, optarg);
    case ':':
        return command_usage(o->command, "%s needs a value", argv[optind - 1]);
    default:
        return command_usage(o->command, "there is no option %s",
                             argv[optind - 1]);
    }
}

static const struct config_key *row_of(const char *override)
{
    char *key = xstrndup(override, strcspn(override, "="));
    const struct config_key *row = config_keys_find(key);

    free(key);
    return row;
}

/* A file is for all who read it; who gives a key to one command wants something
 * of it. */
static void warn_if_unused(const struct cluster_options *o,
                           const char *override)
{
    const struct config_key *row = row_of(override);

    if (row == NULL || row->scope == CONFIG_CALLER || o->is_daemon)
        return;
    fprintf(stderr,
            "gale %s: warning: -c %s: it is not used here, being a "
            "key of %s\n",
            o->command, row->name,
            row->scope == CONFIG_DAEMON
                ? "the cluster's daemons: it belongs into their files"
                : "topologies: `gale submit` takes it");
}

int cluster_options_done(struct cluster_options *o)
{
    const char *path = getenv("GALE_CONFIG");
    int status = EXIT_OK;
    gale_err error;

    if (o->n_files == 0 && path != NULL && *path != '\0')
        status = take_file(o, path);
    else if (o->n_files == 0 && access(SYSTEM_FILE, F_OK) == 0)
        status = take_file(o, SYSTEM_FILE);
    for (uint32_t i = 0; i < o->n_overrides && status == EXIT_OK; i++) {
        warn_if_unused(o, o->overrides[i]);
        if (daemon_config_override(o->config, o->overrides[i], &error) != 0)
            status = command_usage(o->command, "-c: %s", error.text);
    }
    return status;
}

int cluster_options_parse(struct cluster_options *o, int argc, char **argv,
                          int *rest)
{
    static const struct option options[] = {CLUSTER_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    int option, status;

    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        status = cluster_options_take(o, option, argv);
        if (status != EXIT_OK)
            return status;
    }
    *rest = optind;
    return cluster_options_done(o);
}

int cluster_options_parse_daemon(struct cluster_options *o, int argc,
                                 char **argv)
{
    int rest, status;

    o->is_daemon = true;
    status = cluster_options_parse(o, argc, argv, &rest);
    if (status == EXIT_OK && (o->json || o->has_timeout))
        return command_usage(o->command, "it has no option %s",
                             o->json ? "--json" : "--timeout");
    if (status == EXIT_OK && rest < argc)
        return command_usage(o->command, "it takes no arguments, found \"%s\"",
                             argv[rest]);
    return status;
}

bool cluster_options_is_daemons(const char *override)
{
    const struct config_key *row = row_of(override);

    return row != NULL && !config_keys_is_topologys(row);
}

bool cluster_options_is_callers(const char *override)
{
    const struct config_key *row = row_of(override);

    return row != NULL && row->scope == CONFIG_CALLER;
}
