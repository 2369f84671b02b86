/*
 * cmd_inspect.c - `gale inspect`: what a shared object contains, and the graph
 * of a topology. Runs no more of it than the function that builds the topology.
 */
#include "cli/command.h"
#include "topology-api/describe.h"
#include "topology-api/plugin_find.h"

const char cmd_inspect_details[] =
    "\n"
    "Shows each spout, bolt, grouping, hook and topology of FILE.so with its"
    " streams,\nfields and options. FILE.so is a path, or a name that is found "
    "as"
    " plugins are;\nFILE.so:ID shows one of several. A topology is built with"
    " ARGS, as `gale local`\nwould do it, and shown as a graph.\n";

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

static int show_graph(gale_builder *b, const char *file, int argc, char **argv)
{
    gale_err error;
    int loaded = gale_builder_load(b, file, argc, argv, &error);
    const struct model *model;

    if (loaded == GALE_USAGE)
        return show_usage(argc, &error);
    model = loaded < 0 ? NULL : model_of(b, &error);
    if (model == NULL)
        return command_error("inspect", "%s", error.text);
    fputc('\n', stdout);
    describe_model(stdout, model);
    return EXIT_OK;
}

int cmd_inspect(int argc, char **argv)
{
    gale_builder *builder;
    gale_err error;
    int status = EXIT_OK;

    if (argc < 2)
        return command_usage("inspect", "expected a shared object");
    if (argv[1][0] == '-')
        return command_usage("inspect",
                             "found \"%s\", expected a shared object: there "
                             "are no options",
                             argv[1]);
    gale_local_name_crashes();
    if (describe_file(stdout, argv[1], &error) < 0)
        return command_error("inspect", "%s", error.text);
    builder = gale_builder_new();
    if (has_topology(argv[1]))
        status = show_graph(builder, argv[1], argc - 2, argv + 2);
    else if (argc > 2)
        status = command_usage(
            "inspect", "%s has no topology that takes arguments", argv[1]);
    gale_builder_free(builder);
    return command_finish("inspect", status);
}
