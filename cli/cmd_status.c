/* cmd_status.c - `gale status`: the cluster on one page: who leads, which
 * machines there are, what runs, what is wrong and why. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/status_page.h"

const char cmd_status_details[] =
    "\nShows who leads, supervisors and their slots, topologies, and what is "
    "wrong and why.\n\n" CLUSTER_OPTIONS_HELP;

static int show(const struct cluster_options *o)
{
    struct cluster *c = cluster_open(o, TOKEN_READER);
    struct unpacked answer;
    int status =
        c == NULL ? EXIT_ERROR : cluster_call(c, "status", NULL, &answer);

    if (status == EXIT_OK) {
        if (o->json)
            cluster_print_json(answer.root);
        else
            status_page(stdout, answer.root);
        unpacked_free(&answer);
        status = command_finish("status", EXIT_OK);
    }
    cluster_close(c);
    return status;
}

int cmd_status(int argc, char **argv)
{
    struct cluster_options o;
    int rest, status;

    cluster_options_begin(&o, "status");
    status = cluster_options_parse(&o, argc, argv, &rest);
    if (status == EXIT_OK && rest < argc)
        status = command_usage("status", "it takes no arguments, found \"%s\"",
                               argv[rest]);
    if (status == EXIT_OK)
        status = show(&o);
    cluster_options_end(&o);
    return status;
}
