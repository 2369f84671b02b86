/*
 * cluster_records.h - what must be true of the records that leaders write, one
 * after the other.
 *
 *     E2  each reign has a number of its own, higher than all before
 *     S   a slot has one worker; a worker whose slot and executors stay goes on
 *     K   what is killed stays so, and that is durable when its user hears it
 */
#ifndef GALE_CLUSTER_RECORDS_H
#define GALE_CLUSTER_RECORDS_H

#include "common/assignment_record.h"
#include "simulator/simulated_cluster.h"

struct cluster_records {
    struct simulated_cluster *cluster;
    struct digest key;
    uint64_t epoch;
    struct assignment_record *assignments; /* those that are there */
    uint32_t n_assignments;
};

void cluster_records_begin(struct cluster_records *r,
                           struct simulated_cluster *c);

/* It is carried out: what was written before is known. */
void cluster_records_take(struct cluster_records *r,
                          const struct zookeeper_write *w);
/* All writes of a transaction were taken. */
void cluster_records_look(const struct cluster_records *r);

/* A user hears that the topology of this name is killed. */
void cluster_records_killed(struct simulated_cluster *c, const char *name);

#endif
