/* cmd_nimbus.c - `gale nimbus`: the daemon. */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "nimbus/nimbus.h"

const char cmd_nimbus_details[] =
    "\nDecides which worker of which topology runs where. Several may run: one "
    "leads, the\nothers stand by. Runs in the foreground, logs to standard "
    "error, and ends with\nSIGTERM; running topologies do not "
    "notice.\n\n" CLUSTER_CONFIG_HELP;

int cmd_nimbus(int argc, char **argv)
{
    struct cluster_options o;
    gale_err error;
    int status;

    cluster_options_begin(&o, "nimbus");
    status = cluster_options_parse_daemon(&o, argc, argv);
    if (status == EXIT_OK && nimbus_run(o.config, &error) != 0)
        status = command_error("nimbus", "%s", error.text);
    cluster_options_end(&o);
    return status;
}
