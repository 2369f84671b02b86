/*
 * local_place.h - where the cluster of `gale local --cluster` is: its
 * directory, its ports, the configuration of each of its daemons, and a file
 * with which others find it.
 */
#ifndef GALE_LOCAL_PLACE_H
#define GALE_LOCAL_PLACE_H

#include "cli/local_cluster.h"
#include "common/daemon_config.h"

struct local_place;

/* What a run that has crashed has left is removed. NULL with the error: no
 * directory can be made, no port is free. */
struct local_place *local_place_new(const struct local_cluster_options *options,
                                    gale_err *error);
/* The directory goes. NULL is fine. */
void local_place_free(struct local_place *p);

/* Of nimbus (0), or supervisor i; to be freed. NULL with the error. */
struct daemon_config *local_place_daemon(
    const struct local_place *p, const struct local_cluster_options *options,
    uint32_t i, gale_err *error);

const char *local_place_file(const struct local_place *p);
const char *local_place_nimbus(const struct local_place *p);

#endif
