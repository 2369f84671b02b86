/*
 * cmd_version.c - `gale version`: the version, and the plugin ABI it loads; in
 * builds for tests, the fault points, too.
 */
#include "cli/command.h"
#include "topology-api/fault_point.h"
#include <gale/local.h>
#include <stdio.h>
#include <string.h>

static int list_fault_points(void)
{
#ifdef GALE_FAULTS
    fault_point_list(stdout);
    return command_finish("version", EXIT_OK);
#else
    return command_error("version", "this gale has no fault points: they are "
                                    "in builds for tests (make faults)");
#endif
}

int cmd_version(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--fault-points") == 0)
        return list_fault_points();
    if (argc > 1)
        return command_usage("version", "it takes no arguments");
    printf("gale %s (plugin ABI %d)\n", gale_version(), GALE_ABI);
    return command_finish("version", EXIT_OK);
}
