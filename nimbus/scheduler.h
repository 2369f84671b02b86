/*
 * scheduler.h - which worker of which topology goes to which slot.
 *
 * Pure: what the cluster is like comes in, changed assignments come out. All
 * schedulers do this in the same order:
 *
 *   1. Who is well stays where it is.
 *   2. Workers that are lost get other slots, topology after topology, the one
 *      first that was launched first. One for which there is none waits where
 *      it was: if that supervisor returns, nothing has to be done.
 *   3. Workers that fail to start get slots of other supervisors, if there are.
 *   4. Topologies that are to be rebalanced get other workers and executors: as
 *      many workers as there are slots for, if these are fewer than wanted,
 *      since their spouts rest until it is done.
 *   5. Topologies that have no assignment get one, if there are slots for all
 *      of their workers: one that must wait keeps none that come later from
 *      slots that are too few for it.
 *   6. With `spread`, some workers go to supervisors that have much fewer.
 *
 * What a step frees, those of an earlier one get the next time: after a change
 * it is worth asking again.
 *
 * They differ in who is preferred (before), and in what a rebalance leaves as
 * it is (keeps). The same input gives the same result, in whatever order
 * supervisors and topologies are listed.
 */
#ifndef GALE_SCHEDULER_H
#define GALE_SCHEDULER_H

#include "common/assignment_record.h"
#include "common/supervisor_record.h"
#include "common/topology_record.h"

/* -- what the cluster is like ---------------------------------------------- */

/* One that is not dead. All is borrowed. */
struct schedule_supervisor {
    const char *id; /* its uuid, differs from all others' */
    const char *address;
    uint32_t n_ports;
    const struct supervisor_port *ports; /* ascending */
    bool open; /* takes workers; otherwise those that it has stay */
};

/* Workers of the topology have failed to start on the supervisor: no other goes
 * there unless there is no other slot at all. */
struct schedule_mark {
    const char *supervisor, *topology; /* ids */
};

enum worker_fate {
    WORKER_STAYS,
    WORKER_FAILS, /* does not start where it is */
    WORKER_LOST,  /* its supervisor is not open, and it is gone */
};

#define SCHEDULE_REASON_SIZE 256u

struct schedule_topology {
    const struct topology_record *record; /* components, workers, launched_us */
    const struct assignment_record *present; /* NULL: none yet */
    const enum worker_fate *fates; /* by number of worker; NULL: all stay */
    bool rebalance; /* executors and workers shall be as the record says; else
                       only the first assignment asks it */
    bool movable;   /* its workers may be moved to balance supervisors */

    /* What comes out. A new version of the assignment, NULL: none; a rebalance
     * that is done has one in any case. */
    struct assignment_record *next;
    bool granted; /* … and it is what was asked for: the rebalance, or the
                     first one */
    char
        reason[SCHEDULE_REASON_SIZE]; /* for which it waits, as in "the topology
                                          …"; "": it does not */
};

struct schedule {
    uint64_t epoch; /* of the leader */
    uint32_t
        spread; /* workers that may be moved for balance at once; 0: none */
    uint32_t n_supervisors;
    const struct schedule_supervisor *supervisors;
    uint32_t n_marks;
    const struct schedule_mark *marks;
    uint32_t n_topologies;
    struct schedule_topology *topologies;
};

/* -- schedulers ------------------------------------------------------------ */

/* A supervisor that could take a worker of a topology. */
struct candidate {
    uint32_t supervisor; /* its place among all of them by id */
    bool marked;
    uint32_t mine;        /* workers of that topology that it has */
    uint32_t taken;       /* workers that it got since others could choose */
    uint32_t free_before; /* slots that were free then */
    uint32_t used, slots;
};

struct scheduler {
    const char *name; /* in the configuration */
    bool keeps;       /* a rebalance leaves workers and executors where they are
                         if it can; otherwise it begins from nothing */
    /* Whether a is better than b; neither is marked, or both are. Of equals the
     * one with the lower id is taken. */
    bool (*before)(const struct candidate *a, const struct candidate *b);
};

extern const struct scheduler scheduler_even, scheduler_stable;

/* NULL: there is none of that name. */
const struct scheduler *scheduler_find(const char *name);

/* Fills in what comes out; schedule_fini() frees it. */
void schedule(const struct scheduler *scheduler, struct schedule *s);
void schedule_fini(struct schedule *s);

#endif
