/* supervisor.h - `gale supervisor`: the daemon that runs the workers of one
 * machine. */
#ifndef GALE_SUPERVISOR_H
#define GALE_SUPERVISOR_H

#include "common/daemon_config.h"

/* Runs until SIGTERM or SIGINT; workers go on without it. 0, or -1 with the
 * error if it cannot begin. */
int supervisor_run(const struct daemon_config *config, gale_err *error);

#endif
