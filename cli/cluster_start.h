/* cluster_start.h - the processes of `gale cluster up`. */
#ifndef GALE_CLUSTER_START_H
#define GALE_CLUSTER_START_H

#include "cli/cluster_home.h"
#include "cli/dev_java.h"

/* Starts all members that do not run, each in a session of its own and with
 * DIR/NAME.log, and writes down each before it is let go: so none runs that is
 * not known, whenever this is killed. 0, or -1 with the error: some run. */
int cluster_start(struct cluster_home *h, const struct dev_java *java,
                  gale_err *error);

#endif
