/*
 * cmd_version.c - `gale version`: the version, and the plugin ABI it loads.
 */
#include "cli/command.h"
#include <gale/local.h>
#include <stdio.h>

int cmd_version(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return command_usage("version", "it takes no arguments");
    printf("gale %s (plugin ABI %d)\n", gale_version(), GALE_ABI);
    return command_finish("version", EXIT_OK);
}
