/* cmd_supervisor.c - `gale supervisor`: the daemon. */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "supervisor/supervisor.h"

const char cmd_supervisor_details[] =
    "\nRuns the workers that the leader gives to this machine, one per port of"
    "\nsupervisor.slots.ports. Runs in the foreground, logs to standard error, "
    "and ends with\nSIGTERM; its workers go on, and the next supervisor takes "
    "them up.\n\n" CLUSTER_CONFIG_HELP;

int cmd_supervisor(int argc, char **argv)
{
    struct cluster_options o;
    gale_err error;
    int status;

    cluster_options_begin(&o, "supervisor");
    status = cluster_options_parse_daemon(&o, argc, argv);
    if (status == EXIT_OK && supervisor_run(o.config, &error) != 0)
        status = command_error("supervisor", "%s", error.text);
    cluster_options_end(&o);
    return status;
}
