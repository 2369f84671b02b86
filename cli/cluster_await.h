/* cluster_await.h - until a cluster that was just started can be used. */
#ifndef GALE_CLUSTER_AWAIT_H
#define GALE_CLUSTER_AWAIT_H

#include "cli/cluster_home.h"

/* Returns when a nimbus leads that has heard all supervisors: EXIT_OK.
 * Otherwise it has been said why not: a process has ended, it takes more than
 * so many nanoseconds, or Ctrl-C. */
int cluster_await(struct cluster_home *h, int64_t timeout_ns);

#endif
