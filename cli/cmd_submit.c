/*
 * cmd_submit.c - `gale submit` (Storm's word for it is jar): build a topology
 * here, and give its description and files to the cluster.
 */
#include "cli/command.h"
#include "cli/submission_send.h"
#include "cli/topology_file.h"
#include "cli/topology_table.h"
#include "common/config.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char cmd_submit_details[] =
    "\nFILE.so is found as `gale local` finds it, and ARGS go to the topology; "
    "FILE.yaml\nis one in YAML. It is built and checked here; the cluster gets "
    "its description, its\nplugins and its data, and runs it until it is "
    "killed, or until all of its spouts\nare exhausted. A file that ARGS name "
    "is opened where workers run: give an\nabsolute "
    "path that they have, or ship it with --files and name it without a\n"
    "directory.\n\n"
    "  --name NAME          how it is called in the cluster; default: the "
    "topology's own\n"
    "  -c KEY=VALUE         a key of the topology, an option of components, "
    "as for\n                       `gale local`; a key of daemons is the "
    "cluster's\n"
    "  --inactive           spouts rest until `gale activate`\n"
    "  --replace NAME       the topology NAME drains and ends, then this one "
    "starts by\n                       that name; it is an error if there is "
    "none\n"
    "  --files FILE         ship a file, which tasks find in their directory; "
    "several times\n" TOPOLOGY_FILE_HELP
    "  --config FILE        configuration of cluster and topology; default: "
    "what GALE_CONFIG\n                       names, or /etc/gale/gale.yaml\n"
    "  --json               the answer as JSON\n"
    "  --timeout SECS       how long each answer may take, and a nimbus be "
    "waited for; default:\n                       30, 3 while none was ever "
    "reached, and for copies\n                       "
    "(topology.min.replication.count) their wait more\n";

#define COPIES_KEY "topology.min.replication.count"
#define COPIES_WAIT_KEY "topology.max.replication.wait.time.sec"
#define WAIT_MAX_S INT64_C(1000000)

enum { OPT_NAME = 256, OPT_INACTIVE, OPT_REPLACE, OPT_FILES };

struct submit {
    struct cluster_options cluster;
    const char *name;
    const char *replaced; /* NULL: none */
    bool inactive;
    struct flux_options yaml;
    const char **data;
    uint32_t n_data;
    const char **overrides;
    uint32_t n_overrides;

    gale_builder *builder;
    const struct model *model;
    struct submission_files files;
};

/* -- arguments ------------------------------------------------------------- */

static int take_override(struct submit *s, char **argv)
{
    if (cluster_options_is_callers(optarg))
        return cluster_options_take(&s->cluster, 'c', argv);
    s->overrides[s->n_overrides++] = optarg;
    return EXIT_OK;
}

static int take(struct submit *s, int option, char **argv)
{
    switch (option) {
    case 'c':
        return take_override(s, argv);
    case OPT_NAME:
        s->name = optarg;
        return EXIT_OK;
    case OPT_INACTIVE:
        s->inactive = true;
        return EXIT_OK;
    case OPT_REPLACE:
        s->replaced = optarg;
        return EXIT_OK;
    case OPT_FILES:
        s->data[s->n_data++] = optarg;
        return EXIT_OK;
    default:
        return topology_file_option(&s->yaml, option)
                   ? EXIT_OK
                   : cluster_options_take(&s->cluster, option, argv);
    }
}

/* What replaces another one has its name. */
static int take_name(struct submit *s)
{
    if (s->replaced == NULL)
        return EXIT_OK;
    if (s->name != NULL && strcmp(s->name, s->replaced) != 0)
        return command_usage(s->cluster.command,
                             "--name %s and --replace %s: expected one name, "
                             "since what replaces a topology is called as that",
                             s->name, s->replaced);
    s->name = s->replaced;
    return EXIT_OK;
}

static int take_arguments(struct submit *s, int argc, char **argv)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"name", required_argument, NULL, OPT_NAME},
        {"inactive", no_argument, NULL, OPT_INACTIVE},
        {"replace", required_argument, NULL, OPT_REPLACE},
        {"files", required_argument, NULL, OPT_FILES},
        TOPOLOGY_FILE_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    int option, status;

    s->data = xcalloc((size_t)argc, sizeof(*s->data));
    s->overrides = xcalloc((size_t)argc, sizeof(*s->overrides));
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:c:", options, NULL)) != -1) {
        status = take(s, option, argv);
        if (status != EXIT_OK)
            return status;
    }
    if (optind == argc)
        return command_usage(s->cluster.command,
                             "expected the topology's file");
    status = take_name(s);
    if (status != EXIT_OK)
        return status;
    return cluster_options_done(&s->cluster);
}

/* -- the topology ---------------------------------------------------------- */

static void warn(void *arg, const char *text)
{
    const struct submit *s = arg;

    fprintf(stderr, "gale %s: warning: %s\n", s->cluster.command, text);
}

static int configure(struct submit *s, gale_err *error)
{
    for (uint32_t i = 0; i < s->cluster.n_files; i++)
        if (gale_builder_config_file(s->builder, s->cluster.files[i], NULL,
                                     NULL, error) < 0)
            return -1;
    for (uint32_t i = 0; i < s->n_overrides; i++)
        if (gale_builder_override(s->builder, s->overrides[i], warn, s, error) <
            0)
            return -1;
    return 0;
}

static int build(struct submit *s, int argc, char **argv)
{
    gale_err error;
    int loaded;

    s->builder = gale_builder_new();
    if (configure(s, &error) != 0)
        return command_error(s->cluster.command, "%s", error.text);
    s->yaml.name = s->name;
    loaded = topology_file_load(s->builder, s->cluster.command, &s->yaml,
                                argv[0], argc - 1, argv + 1, &error);
    if (loaded == GALE_USAGE) {
        command_error(s->cluster.command, "%s", error.text);
        return EXIT_USAGE;
    }
    if (loaded != 0)
        return EXIT_ERROR;
    s->model = model_of(s->builder, &error);
    if (config_check(s->model, &error) != 0 ||
        submission_files_collect(&s->files, s->model, s->data, s->n_data,
                                 &error) != 0)
        return command_error(s->cluster.command, "%s", error.text);
    return EXIT_OK;
}

/* -- to the cluster -------------------------------------------------------- */

static int say(const struct submit *s, const struct unpacked *answer)
{
    if (s->cluster.json) {
        cluster_print_json(answer->root);
    } else {
        put_foreign_text(stdout, unpack_key(answer->root, "text"));
        putchar('\n');
    }
    return command_finish(s->cluster.command, EXIT_OK);
}

/* By default, as long as nimbus may wait for copies, and for other reasons. */
static void be_patient(struct submit *s)
{
    int64_t copies = config_int(s->model, NULL, COPIES_KEY);
    int64_t wait = config_int(s->model, NULL, COPIES_WAIT_KEY);

    if (s->cluster.has_timeout || copies <= 1)
        return;
    s->cluster.timeout_ns +=
        (wait < 0 || wait > WAIT_MAX_S ? WAIT_MAX_S : wait) *
        INT64_C(1000000000);
}

static int submit(struct submit *s)
{
    const struct submission what = {
        .command = s->cluster.command,
        .model = s->model,
        .files = &s->files,
        .name = s->name,
        .inactive = s->inactive,
        .replace = s->replaced != NULL,
        .terminal = isatty(STDERR_FILENO) ? stderr : NULL,
    };
    struct cluster *to = cluster_open(&s->cluster, TOKEN_SUBMITTER);
    struct unpacked answer;
    int status = to == NULL ? EXIT_ERROR : submission_send(to, &what, &answer);

    if (status == EXIT_OK) {
        status = say(s, &answer);
        unpacked_free(&answer);
    }
    cluster_close(to);
    return status;
}

int cmd_submit(int argc, char **argv)
{
    struct submit s = {.name = NULL};
    int status;

    cluster_options_begin(&s.cluster, argv[0]);
    status = take_arguments(&s, argc, argv);
    if (status == EXIT_OK)
        status = build(&s, argc - optind, argv + optind);
    if (status == EXIT_OK) {
        be_patient(&s);
        status = submit(&s);
    }
    submission_files_free(&s.files);
    gale_builder_free(s.builder);
    cluster_options_end(&s.cluster);
    free(s.data);
    free(s.overrides);
    return status;
}
