/* nimbus.h - `gale nimbus`: the daemon that decides what runs where. */
#ifndef GALE_NIMBUS_H
#define GALE_NIMBUS_H

#include "common/daemon_config.h"

/* Runs until SIGTERM or SIGINT. 0, or -1 with the error if it cannot begin. */
int nimbus_run(const struct daemon_config *config, gale_err *error);

#endif
