/*
 * simulated_stranger.h - processes of somebody else on the machines of a
 * simulated cluster: they take the numbers of those that have ended.
 *
 *     T  a cluster ends no process but its own
 */
#ifndef GALE_SIMULATED_STRANGER_H
#define GALE_SIMULATED_STRANGER_H

#include "simulator/simulated_cluster.h"

/* Some begin on the daemon's machine, as chance says, and stay for a while. */
void simulated_strangers_start(struct simulated_daemon *d);

#endif
