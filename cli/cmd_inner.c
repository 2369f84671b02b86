/*
 * cmd_inner.c - commands that gale gives itself, and that no help lists: what a
 * supervisor starts beside and in front of each worker, and `gale cluster up`
 * in front of each daemon.
 */
#include "cli/command.h"
#include "cli/held_process.h"
#include "supervisor/launcher.h"
#include "supervisor/worker_log.h"
#include "worker/worker_process.h"
#include <string.h>

static const struct command inner[] = {
    {"hold", "", "", "", held_process_main},
    {"launch", "", "", "", launcher_main},
    {"log-writer", "", "", "", worker_log_main},
    {"worker", "", "", "", worker_process_main},
};

const struct command *command_find_inner(const char *name)
{
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
        if (strcmp(inner[i].name, name) == 0)
            return &inner[i];
    return NULL;
}
