/* nimbus.h - `gale nimbus`: the daemon that decides what runs where. */
#ifndef GALE_NIMBUS_H
#define GALE_NIMBUS_H

#include "common/daemon.h"

struct nimbus;

/* It listens, and takes part in the election as the loop runs. place: see
 * daemon.h; it and config outlive it. NULL with the error. */
struct nimbus *nimbus_begin(const struct daemon_config *config,
                            const struct daemon_place *place, gale_err *error);
/* Not in a callback of its own. NULL is fine. */
void nimbus_end(struct nimbus *n);

/* Runs until SIGTERM or SIGINT. 0, or -1 with the error if it cannot begin. */
int nimbus_run(const struct daemon_config *config, gale_err *error);

#endif
