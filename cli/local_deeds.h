/* local_deeds.h - commands to the cluster of `gale local --cluster`. */
#ifndef GALE_LOCAL_DEEDS_H
#define GALE_LOCAL_DEEDS_H

#include "cli/cluster_options.h"
#include "cli/local_cluster.h"

/* clang-format off */
#define LOCAL_DEEDS_HELP                                                       \
    "\n"                                                                       \
    "Commands of a cluster, a line each; what comes of them is on "            \
    "standard error:\n"                                                        \
    "\n"                                                                       \
    "  status               as `gale status` shows it\n"                       \
    "  kill worker N        the worker of this number, from 0\n"               \
    "  kill supervisor N    its workers go on; 1 is the first\n"               \
    "  start supervisor N   the same one again\n"                              \
    "  kill nimbus, start nimbus\n"                                            \
    "  activate, deactivate, rebalance …  as `gale activate` and others;\n"    \
    "                       they answer on standard output\n"                  \
    "\n"                                                                       \
    "What is killed hears and says nothing any more, as with kill -9. But a\n" \
    "worker here is threads: a callback under way returns first, and `close`\n"\
    "of its tasks is called. Plugins are loaded once for all workers of a\n"   \
    "supervisor: what is global in them, these share. Tasks are in the\n"      \
    "directory of this command.\n"
/* clang-format on */

/* Carries out the words of one line; what is to be said goes to standard
 * error. config: with which the cluster is found. */
void local_deeds_do(struct local_cluster *cluster,
                    const struct cluster_options *config, int argc,
                    char **argv);

#endif
