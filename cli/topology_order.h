/* topology_order.h - commands that ask nimbus to do something with one
 * topology, and print what it says to that. */
#ifndef GALE_TOPOLOGY_ORDER_H
#define GALE_TOPOLOGY_ORDER_H

#include "cli/cluster_options.h"
#include "common/pack.h"

/* Calls `method` as a submitter and prints its answer's "text", or all of it as
 * JSON. The exit status. */
int topology_order(const struct cluster_options *o, const char *method,
                   const struct pack *params);

/* Seconds, as -w takes them. EXIT_OK, or EXIT_USAGE after having said why. */
int topology_order_seconds(const struct cluster_options *o, const char *option,
                           const char *text, int64_t *seconds);

/* The name, and nothing behind it; as above. */
int topology_order_name(const struct cluster_options *o, int argc, char **argv,
                        int rest, const char **name);

#endif
