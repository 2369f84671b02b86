/* cluster_down.h - `gale cluster down`: all processes of a cluster on one
 * machine are ended, and what it has kept is removed. */
#ifndef GALE_CLUSTER_DOWN_H
#define GALE_CLUSTER_DOWN_H

#include "cli/cluster_home.h"

/* keep: its data and logs stay, and `up` goes on with them. The exit status;
 * what is to be said is said. */
int cluster_down(const char *directory, bool keep);

/* Its processes alone: supervisors, their workers, nimbuses, ZooKeeper.
 * EXIT_OK, or EXIT_ERROR after having said which run even so. */
int cluster_end(struct cluster_home *h);

#endif
