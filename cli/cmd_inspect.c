/*
 * cmd_inspect.c - `gale inspect`: what a shared object contains, and the graph
 * of a topology, which may also be written in YAML. Runs no more of it than the
 * function that builds the topology.
 */
#include "cli/command.h"
#include "cli/topology_file.h"
#include "topology-api/describe.h"
#include "topology-api/plugin_find.h"

const char cmd_inspect_details[] =
    "\n"
    "Shows each spout, bolt, grouping, hook and topology of FILE.so with its"
    " streams,\nfields and options. FILE.so is a path, or a name that is found "
    "as"
    " plugins are;\nFILE.so:ID shows one of several. A topology is built with"
    " ARGS, as `gale local`\nwould do it, and shown as a graph. Of FILE.yaml, a"
    " topology in YAML, the graph is all\nthere is.\n\n" TOPOLOGY_FILE_HELP;

static bool has_topology(const char *file)
{
    struct plugin_found found;
    gale_err error;

    return plugin_find(NULL, MANIFEST_TOPOLOGY, file, &found, &error) == 0;
}

/* Without arguments, a topology that wants some is not wrong. */
static int show_usage(int argc, const gale_err *error)
{
    if (argc > 0) {
        command_error("inspect", "%s", error->text);
        return EXIT_USAGE;
    }
    printf("\nwith arguments its graph is shown, too: %s\n", error->text);
    return EXIT_OK;
}

static int show_graph(gale_builder *b, const struct flux_options *yaml,
                      const char *file, int argc, char **argv)
{
    gale_err error;
    int loaded =
        topology_file_load(b, "inspect", yaml, file, argc, argv, &error);

    if (loaded == GALE_USAGE)
        return show_usage(argc, &error);
    if (loaded != 0)
        return EXIT_ERROR;
    if (!flux_is_yaml(file))
        fputc('\n', stdout);
    describe_model(stdout, model_of(b, &error));
    return EXIT_OK;
}

/* All of a shared object, and of a topology the graph. */
static int show(gale_builder *b, const struct flux_options *yaml, int argc,
                char **argv)
{
    gale_err error;

    if (describe_file(stdout, argv[0], &error) < 0)
        return command_error("inspect", "%s", error.text);
    if (has_topology(argv[0]))
        return show_graph(b, yaml, argv[0], argc - 1, argv + 1);
    return argc == 1 ? EXIT_OK
                     : command_usage("inspect",
                                     "%s has no topology that takes arguments",
                                     argv[0]);
}

static int take_options(struct flux_options *yaml, int argc, char **argv)
{
    static const struct option options[] = {TOPOLOGY_FILE_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    int option;

    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:", options, NULL)) != -1) {
        if (option == ':')
            return command_usage("inspect", "%s needs a value",
                                 argv[optind - 1]);
        if (!topology_file_option(yaml, option))
            return command_usage("inspect",
                                 "found \"%s\", expected a shared object, or "
                                 "a topology in YAML",
                                 argv[optind - 1]);
    }
    return optind < argc ? EXIT_OK
                         : command_usage("inspect", "expected a shared object, "
                                                    "or a topology in YAML");
}

int cmd_inspect(int argc, char **argv)
{
    struct flux_options yaml = {.filter = NULL};
    gale_builder *builder;
    gale_err error;
    int status = take_options(&yaml, argc, argv);

    if (status != EXIT_OK)
        return status;
    if (topology_file_fits(&yaml, argv[optind], argc - optind - 1,
                           argv + optind + 1, &error))
        return command_usage("inspect", "%s", error.text);
    gale_local_name_crashes();
    builder = gale_builder_new();
    argc -= optind;
    argv += optind;
    status = flux_is_yaml(argv[0])
                 ? show_graph(builder, &yaml, argv[0], argc - 1, argv + 1)
                 : show(builder, &yaml, argc, argv);
    gale_builder_free(builder);
    return command_finish("inspect", status);
}
