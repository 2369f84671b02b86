/* cmd_kill.c - `gale kill`: a topology's spouts stop, what is pending drains,
 * and it is gone. */
#include "cli/command.h"
#include "cli/topology_order.h"

const char cmd_kill_details[] =
    "\nSpouts stop at once. As soon as nothing is pending, at the latest after "
    "the wait,\nworkers end and the topology is gone.\n\n"
    "  -w, --wait SECS  the longest wait; default: "
    "topology.message.timeout.secs\n" CLUSTER_OPTIONS_HELP;

static int take_arguments(struct cluster_options *o, int argc, char **argv,
                          int64_t *wait)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"wait", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    int option, status;

    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:w:", options, NULL)) != -1) {
        status = option == 'w' ? topology_order_seconds(o, "-w", optarg, wait)
                               : cluster_options_take(o, option, argv);
        if (status != EXIT_OK)
            return status;
    }
    return cluster_options_done(o);
}

static int order(const struct cluster_options *o, const char *name,
                 int64_t wait)
{
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, wait < 0 ? 1 : 2);
    pack_key_text(&params, "name", name);
    if (wait >= 0)
        pack_key_int(&params, "wait", wait);
    status = topology_order(o, "kill", &params);
    pack_free(&params);
    return status;
}

int cmd_kill(int argc, char **argv)
{
    struct cluster_options o;
    const char *name = NULL;
    int64_t wait = -1;
    int status;

    cluster_options_begin(&o, "kill");
    status = take_arguments(&o, argc, argv, &wait);
    if (status == EXIT_OK)
        status = topology_order_name(&o, argc, argv, optind, &name);
    if (status == EXIT_OK)
        status = order(&o, name, wait);
    cluster_options_end(&o);
    return status;
}
