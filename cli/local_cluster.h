/*
 * local_cluster.h - the cluster of `gale local --cluster`: a nimbus and some
 * supervisors, the same that the daemons run, on one loop in a thread of this
 * process, over a ZooKeeper in memory. Their workers are threads
 * (local_workers.h).
 *
 * All that they write is in a directory of their own, which goes with them.
 * They listen at ports of loopback that nobody used before.
 */
#ifndef GALE_LOCAL_CLUSTER_H
#define GALE_LOCAL_CLUSTER_H

#include "worker/worker_process.h"
#include <gale/local.h> /* gale_err */
#include <gale/task.h>  /* gale_log_level */
#include <stdbool.h>
#include <stdint.h>

#define LOCAL_SUPERVISORS_MAX 64u
#define LOCAL_SLOTS_MAX 64u /* of one */

struct local_cluster;

struct local_cluster_options {
    uint32_t n_supervisors, n_slots;
    const char *const *configs; /* files, and … */
    uint32_t n_configs;
    const char *const *overrides; /* … keys of daemons, which are stronger */
    uint32_t n_overrides;
    gale_log_level log_level;
};

/* Threads are started by it. NULL with the error. */
struct local_cluster *local_cluster_start(
    const struct local_cluster_options *options, gale_err *error);

/* A file that says to `gale status` and others where it is. */
const char *local_cluster_config(const struct local_cluster *c);
/* Of nimbus, as ADDRESS:PORT. */
const char *local_cluster_nimbus(const struct local_cluster *c);

enum local_deed {
    LOCAL_KILL_WORKER,      /* number of the topology's worker */
    LOCAL_KILL_SUPERVISOR,  /* 1 … */
    LOCAL_START_SUPERVISOR, /* the same */
    LOCAL_KILL_NIMBUS,
    LOCAL_START_NIMBUS,
};

/* When it returns, it is done: 0, or -1 with the error. */
int local_cluster_do(struct local_cluster *c, enum local_deed deed,
                     uint32_t number, gale_err *error);

/* Workers that still run are killed, then all of it ends: true, and what all
 * workers have done; false: a callback of a plugin has not returned for so
 * long, nothing but the directory is gone, and the process must end. */
bool local_cluster_stop(struct local_cluster *c, int64_t patience_ns,
                        struct process_counts *counts);

#endif
