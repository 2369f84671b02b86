/* cmd_activate.c - `gale activate`, `gale deactivate`: a topology's spouts
 * emit, or rest. */
#include "cli/command.h"
#include "cli/topology_order.h"

const char cmd_activate_details[] =
    "\nIts spouts emit again.\n\n" CLUSTER_OPTIONS_HELP;

const char cmd_deactivate_details[] =
    "\nIts spouts rest until it is activated; what they have emitted is "
    "processed.\n\n" CLUSTER_OPTIONS_HELP;

static int order(const struct cluster_options *o, const char *name)
{
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "name", name);
    status = topology_order(o, o->command, &params);
    pack_free(&params);
    return status;
}

static int run(const char *command, int argc, char **argv)
{
    struct cluster_options o;
    const char *name = NULL;
    int rest, status;

    cluster_options_begin(&o, command);
    status = cluster_options_parse(&o, argc, argv, &rest);
    if (status == EXIT_OK)
        status = topology_order_name(&o, argc, argv, rest, &name);
    if (status == EXIT_OK)
        status = order(&o, name);
    cluster_options_end(&o);
    return status;
}

int cmd_activate(int argc, char **argv)
{
    return run("activate", argc, argv);
}

int cmd_deactivate(int argc, char **argv)
{
    return run("deactivate", argc, argv);
}
