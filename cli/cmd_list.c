/* cmd_list.c - `gale list`: the topologies of the cluster. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/topology_table.h"
#include <stdio.h>

const char cmd_list_details[] =
    "\nShows each topology: its status, workers, executors, tasks, for how "
    "long it has been\nrunning, and what it waits for.\n\n"
    "  ACTIVE, INACTIVE   its spouts emit, or rest\n"
    "  REBALANCING        it drains, to go on in other places\n"
    "  KILLED             it drains, to go\n"
    "  FINISHING          its spouts have no more, all is acked, and its bolts "
    "are led\n"
    "                     to their end\n"
    "  FINISHED           … which they have come to: it runs nowhere, and is "
    "listed\n"
    "                     until it is killed or its name is submitted again\n"
    "\n" CLUSTER_OPTIONS_HELP;

static int list(const struct cluster_options *o)
{
    struct cluster *c = cluster_open(o, TOKEN_READER);
    struct unpacked answer;
    int status =
        c == NULL ? EXIT_ERROR : cluster_call(c, "list", NULL, &answer);

    if (status == EXIT_OK) {
        if (o->json)
            cluster_print_json(answer.root);
        else
            topology_table(stdout, unpack_key(answer.root, "topologies"));
        unpacked_free(&answer);
        status = command_finish("list", EXIT_OK);
    }
    cluster_close(c);
    return status;
}

int cmd_list(int argc, char **argv)
{
    struct cluster_options o;
    int rest, status;

    cluster_options_begin(&o, "list");
    status = cluster_options_parse(&o, argc, argv, &rest);
    if (status == EXIT_OK && rest < argc)
        status = command_usage("list", "it takes no arguments, found \"%s\"",
                               argv[rest]);
    if (status == EXIT_OK)
        status = list(&o);
    cluster_options_end(&o);
    return status;
}
