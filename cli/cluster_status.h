/* cluster_status.h - `gale cluster status`: which processes of a cluster on one
 * machine run, and what its leader says. */
#ifndef GALE_CLUSTER_STATUS_H
#define GALE_CLUSTER_STATUS_H

#include <stdbool.h>

/* EXIT_OK if all of them run and the leader has answered; what is to be said is
 * said. */
int cluster_status(const char *directory, bool json);

#endif
