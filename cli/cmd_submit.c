/*
 * cmd_submit.c - `gale submit` (Storm's word for it is jar): build a topology
 * here, and give its description and files to the cluster.
 */
#include "cli/command.h"
#include "cli/submission_files.h"
#include "cli/topology_table.h"
#include "cli/upload.h"
#include "common/config.h"
#include "common/config_keys.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include <stdlib.h>

const char cmd_submit_details[] =
    "\nFILE.so is found as `gale local` finds it, and ARGS go to the topology. "
    "It is built\nand checked here; the cluster gets its description, its "
    "plugins and its data, and\nruns it until it is killed, or until all of "
    "its spouts are exhausted.\n\n"
    "  --name NAME          how it is called in the cluster; default: the "
    "topology's own\n"
    "  -c KEY=VALUE         a key of the topology, an option of components, "
    "as for\n                       `gale local`; a key of daemons is the "
    "cluster's\n"
    "  --inactive           spouts rest until `gale activate`\n"
    "  --replace            the topology of that name drains and ends first\n"
    "  --files FILE         ship a file, which tasks find in their directory; "
    "several times\n"
    "  --config FILE        configuration of cluster and topology; default: "
    "what GALE_CONFIG\n                       names, or /etc/gale/gale.yaml\n"
    "  --json               the answer as JSON\n"
    "  --timeout SECS       how long each answer may take; default: 30\n";

enum { OPT_NAME = 256, OPT_INACTIVE, OPT_REPLACE, OPT_FILES };

struct submit {
    struct cluster_options cluster;
    const char *name;
    bool inactive, replace;
    const char **data;
    uint32_t n_data;
    const char **overrides;
    uint32_t n_overrides;
    const char *config_file;

    gale_builder *builder;
    const struct model *model;
    struct submission_files files;
    struct cluster *to;
};

/* -- arguments ------------------------------------------------------------- */

static bool is_daemons(const char *override)
{
    char *key = xstrndup(override, strcspn(override, "="));
    const struct config_key *row = config_keys_find(key);
    bool result = row != NULL && row->scope == CONFIG_DAEMON;

    free(key);
    return result;
}

static int take_override(struct submit *s, char **argv)
{
    if (is_daemons(optarg))
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
        s->replace = true;
        return EXIT_OK;
    case OPT_FILES:
        s->data[s->n_data++] = optarg;
        return EXIT_OK;
    case CLUSTER_OPTION_CONFIG:
        s->config_file = optarg;
        /* fall through */
    default:
        return cluster_options_take(&s->cluster, option, argv);
    }
}

static int take_arguments(struct submit *s, int argc, char **argv)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"name", required_argument, NULL, OPT_NAME},
        {"inactive", no_argument, NULL, OPT_INACTIVE},
        {"replace", no_argument, NULL, OPT_REPLACE},
        {"files", required_argument, NULL, OPT_FILES},
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
    if (s->config_file != NULL &&
        gale_builder_config_file(s->builder, s->config_file, NULL, NULL,
                                 error) < 0)
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
    loaded = gale_builder_load(s->builder, argv[0], argc - 1, argv + 1, &error);
    if (loaded == GALE_USAGE) {
        command_error(s->cluster.command, "%s", error.text);
        return EXIT_USAGE;
    }
    if (loaded == 0 && s->name != NULL)
        gale_set_name(s->builder, s->name);
    s->model = loaded < 0 ? NULL : model_of(s->builder, &error);
    if (s->model == NULL || config_check(s->model, &error) != 0 ||
        submission_files_collect(&s->files, s->model, s->data, s->n_data,
                                 &error) != 0)
        return command_error(s->cluster.command, "%s", error.text);
    return EXIT_OK;
}

/* -- to the cluster -------------------------------------------------------- */

static int send_files(struct submit *s)
{
    int status = EXIT_OK;

    for (uint32_t i = 0; i < s->files.n && status == EXIT_OK; i++)
        status = upload_file(s->to, s->files.paths[i], &s->files.files[i].hash,
                             s->files.files[i].size);
    return status;
}

static int send_description(struct submit *s, struct digest *hash)
{
    struct pack description;
    gale_err error;
    int status;

    pack_init(&description);
    if (description_pack(s->model, s->files.files, s->files.n, &description,
                         &error) != 0)
        status = command_error(s->cluster.command, "%s", error.text);
    else
        status = upload_bytes(s->to, description.buffer.data,
                              description.buffer.size, hash);
    pack_free(&description);
    return status;
}

static int ask(struct submit *s, const struct digest *description)
{
    char hash[DIGEST_HEX];
    struct unpacked answer;
    struct pack params;
    int status;

    digest_hex(description, hash);
    pack_init(&params);
    pack_map(&params, 4);
    pack_key_text(&params, "name", s->name);
    pack_key_text(&params, "description", hash);
    pack_key_bool(&params, "inactive", s->inactive);
    pack_key_bool(&params, "replace", s->replace);
    status = cluster_call(s->to, "submit", &params, &answer);
    pack_free(&params);
    if (status != EXIT_OK)
        return status;
    if (s->cluster.json) {
        cluster_print_json(answer.root);
    } else {
        put_foreign_text(stdout, unpack_key(answer.root, "text"));
        putchar('\n');
    }
    unpacked_free(&answer);
    return command_finish(s->cluster.command, EXIT_OK);
}

static int submit(struct submit *s)
{
    struct digest description;
    int status;

    s->to = cluster_open(&s->cluster, TOKEN_SUBMITTER);
    status = s->to == NULL ? EXIT_ERROR : send_files(s);
    if (status == EXIT_OK)
        status = send_description(s, &description);
    if (status == EXIT_OK)
        status = ask(s, &description);
    cluster_close(s->to);
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
    if (status == EXIT_OK)
        status = submit(&s);
    submission_files_free(&s.files);
    gale_builder_free(s.builder);
    cluster_options_end(&s.cluster);
    free(s.data);
    free(s.overrides);
    return status;
}
