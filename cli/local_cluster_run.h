/* local_cluster_run.h - `gale local --cluster`, from a topology that is loaded
 * to the exit status. */
#ifndef GALE_LOCAL_CLUSTER_RUN_H
#define GALE_LOCAL_CLUSTER_RUN_H

#include "cli/local_options.h"
#include <gale/local.h>

/* clang-format off */
#define LOCAL_CLUSTER_HELP                                                     \
    "  --cluster            run it in a cluster of this process: nimbus,\n"    \
    "                       supervisors, workers, over a ZooKeeper in memory;\n"\
    "                       -c topology.workers=N: so many workers; keys of\n" \
    "                       daemons are the cluster's\n"                       \
    "  --supervisors N      so many supervisors (2), …\n"                      \
    "  --slots N            … of so many slots (2)\n"                          \
    "  --commands PIPE      commands come from there; - is standard input;\n"\
    "                       from a terminal they are read anyhow\n"
/* clang-format on */

/* Before any thread is started. */
int local_cluster_run(const struct local_options *o, gale_builder *builder);

#endif
