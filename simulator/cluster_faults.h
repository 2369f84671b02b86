/*
 * cluster_faults.h - what goes wrong in a simulated cluster, as its seed says.
 */
#ifndef GALE_CLUSTER_FAULTS_H
#define GALE_CLUSTER_FAULTS_H

#include "simulator/simulated_cluster.h"

#define CLUSTER_FAULTS(row)                                                    \
    row(CRASH_NIMBUS, "crash-nimbus") row(CRASH_SUPERVISOR,                    \
                                          "crash-supervisor")                  \
        row(CRASH_WORKER, "crash-worker") row(CRASH_AT_POINT,                  \
                                              "crash-at-point")                \
            row(POWER, "power") row(PAUSE, "pause") row(SLOW, "slow")          \
                row(CUT, "cut") row(SILENCE, "silence") row(CLOG, "clog") row( \
                    MANGLE, "mangle") row(ZOOKEEPER_CUT, "zookeeper-cut")      \
                    row(ZOOKEEPER_LOSES_ANSWERS, "zookeeper-loses-answers")    \
                        row(ZOOKEEPER_EXPIRES, "zookeeper-expires")            \
                            row(ZOOKEEPER_IS_SLOW, "zookeeper-is-slow")        \
                                row(ZOOKEEPER_STOPS, "zookeeper-stops")        \
                                    row(DISK_FULL, "disk-full")

enum cluster_fault {
#define CLUSTER_FAULT_ENUM(name, word) CLUSTER_FAULT_##name,
    CLUSTER_FAULTS(CLUSTER_FAULT_ENUM)
#undef CLUSTER_FAULT_ENUM
        CLUSTER_FAULT_N
};

extern const char *const cluster_fault_names[CLUSTER_FAULT_N];

struct cluster_faults {
    struct simulated_cluster *cluster;
    bool is_calm;            /* none happens in this cluster */
    uint32_t mask;           /* those that may happen */
    int64_t zookeeper_until; /* INT64_MAX: it does not stand */
    int64_t network_until;   /* the same of what is silent */
    uint32_t counts[CLUSTER_FAULT_N];
};

/* Each seed has some of them, and not all; some have none. */
void cluster_faults_begin(struct cluster_faults *f,
                          struct simulated_cluster *c);

/* One more. */
void cluster_faults_strike(struct cluster_faults *f, int64_t now);
/* Those that are over; daemons that are due start. */
void cluster_faults_go_on(struct cluster_faults *f, int64_t now);
/* All is well from now on. */
void cluster_faults_heal(struct cluster_faults *f, int64_t now);

#endif
