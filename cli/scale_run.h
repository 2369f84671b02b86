/*
 * scale_run.h - what a cluster of some size goes through, and what it takes:
 * it is placed, rests, loses a rack, its leader, and all supervisors at once.
 */
#ifndef GALE_SCALE_RUN_H
#define GALE_SCALE_RUN_H

#include "cli/scale_world.h"

#define SCALE_IDLE_WRITES 200u /* a second, at most */

struct scale_options {
    uint32_t supervisors, topologies, tasks;
    uint32_t idle_secs;
};

/* Some time of the cluster. */
struct scale_phase {
    int64_t simulated_ns;
    struct scale_meter nimbus;  /* timers, and what ZooKeeper answers … */
    struct scale_meter reports; /* … and what supervisors tell */
    struct zookeeper_traffic traffic;
    uint64_t reads_peak, writes_peak; /* of one simulated second */
};

/* Between two looks at where workers are. */
struct scale_moves {
    uint32_t lost_workers, lost_tasks; /* that were where none can be now */
    uint32_t moved_tasks;              /* of these, which are elsewhere */
    uint32_t others;                   /* workers that moved all the same */
    uint32_t nowhere;                  /* workers of no supervisor at all */
};

struct scale_result {
    struct scale_size size;
    uint32_t workers;
    struct scale_phase schedule, idle, rack, leader, storm;
    struct scale_moves by_rack, by_leader, by_storm;
    uint64_t nimbus_bytes;  /* that the leader has */
    uint64_t process_bytes; /* that all of it had at most */
    uint32_t watched_max;   /* paths of one client … */
    size_t watched_bytes;   /* … and what it says when it reconnects */
    uint32_t unsupplied, not_running;
    size_t list_bytes; /* the answer to `gale list`, … */
    bool list_is_read; /* … which a command takes, or it is too large */
    struct zookeeper_traffic all; /* for its largest */
};

/* progress: a line for each phase that begins; NULL: none. */
void scale_run(const struct scale_options *o, FILE *progress,
               struct scale_result *r);

#endif
