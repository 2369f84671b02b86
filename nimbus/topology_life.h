/*
 * topology_life.h - the life of a topology: its states, and what becomes of a
 * command.
 *
 *                    activate        deactivate      kill      rebalance
 *     ACTIVE         (nothing)       INACTIVE        KILLED    REBALANCING
 *     INACTIVE       ACTIVE          (nothing)       KILLED    REBALANCING
 *     REBALANCING    refused         refused         KILLED    refused
 *     KILLED         refused         refused         sooner    refused
 *     FINISHED       refused         refused         KILLED    refused
 *
 * and by itself
 *
 *     ACTIVE         all spouts exhausted, all acked      FINISHED
 *     REBALANCING    drained, or the wait over            as before, with the
 *                                                         assignment wished for
 *     KILLED         drained and ended, or the wait over  gone
 *     FINISHED       ended                                its workers go
 *
 * A topology that runs nowhere, because no slot was free or because it waits
 * for the one that it replaces, has nothing to drain: it is killed or
 * rebalanced at once. So is one none of whose workers is up, at whatever time
 * of the wait that is seen. FINISHED waits for its workers all the same: what
 * it promises is that its bolts have come to their end.
 *
 * What is delayed is in the record, with the wall-clock time at which it was
 * asked for, so that the next leader goes on with what is left of the wait, and
 * never with more than all of it, whatever its clock says.
 *
 * Pure. The caller steps a copy of the record, and takes it over when ZooKeeper
 * has it; the actions say everything that the state then asks for, not only
 * what has changed, so that performing them twice is performing them once.
 */
#ifndef GALE_TOPOLOGY_LIFE_H
#define GALE_TOPOLOGY_LIFE_H

#include "common/topology_record.h"

enum life_event_kind {
    /* Commands, which may be refused. */
    LIFE_ACTIVATE,
    LIFE_DEACTIVATE,
    LIFE_KILL,      /* wait_secs */
    LIFE_REBALANCE, /* wait_secs and wishes */

    /* What happens. */
    LIFE_SUBMITTED,  /* the record is new */
    LIFE_TAKEN_OVER, /* a leader has read it */
    LIFE_ASSIGNED,   /* it got the assignment that was asked for */
    LIFE_DUE,        /* due_us is over */
    LIFE_EXHAUSTED,  /* no spout has more, nothing is under way */
    LIFE_DRAINED,    /* spouts rest, nothing is under way */
    LIFE_ENDED,      /* … and bolts were led to their end, tasks are closed */
    LIFE_DESERTED,   /* no worker of it is up that could drain (worker_up.h) */
    LIFE_BEFORE_GONE, /* the one that it waits for is no more */
};

/* Executors that a component shall have. */
struct life_executors {
    const char *component;
    uint32_t executors;
};

struct life_event {
    enum life_event_kind kind;
    bool runs; /* it has an assignment, of however few workers */
    /* Of commands: topology.message.timeout.secs, unless the user has said
     * something else. */
    uint32_t wait_secs;
    uint32_t workers; /* 0: as many as now */
    uint32_t n_executors;
    const struct life_executors *executors;
    /* Configuration that is set from here on, KEY=VALUE lines: all of it, also
     * what earlier rebalances have set. NULL: as it is. */
    const char *conf;
};

enum life_drain {
    LIFE_DRAIN_NOTHING,
    LIFE_DRAIN_WATCH, /* for EXHAUSTED */
    LIFE_DRAIN_STOP,  /* for DRAINED */
    LIFE_DRAIN_END,   /* for ENDED */
};

struct life_actions {
    bool write;   /* the record has changed */
    bool remove;  /* all of it goes: record, assignment, errors, positions */
    bool release; /* its assignment goes, and the record stays */
    /* An assignment is to be made, with the wishes if there are some. Then
     * LIFE_ASSIGNED follows; what it makes of the record goes into the same
     * multi. */
    bool assign;
    bool spouts; /* whether slots say that they are active */
    enum life_drain drain;
    int64_t
        due_us; /* LIFE_DUE at the latest so long from now; INT64_MAX: never.
                       A timer that runs for the same status is only ever set
                       earlier by it */
};

/* `now_us`: wall clock, microseconds since 1970. 0; or -1, the command is
 * refused, nothing has changed, and there is nothing to do: the error says what
 * can be done instead. */
int topology_life_step(struct topology_record *t,
                       const struct life_event *event, int64_t now_us,
                       struct life_actions *actions, gale_err *error);

/* What users are told of its status: as the record says, and FINISHING while a
 * topology that is FINISHED still runs, since its bolts are led to their end.
 */
const char *topology_life_word(const struct topology_record *t, bool runs);

/* What is left of the wait of a delayed action: 0 … all of it; INT64_MAX: there
 * is none. */
int64_t topology_life_left_us(const struct topology_record *t, int64_t now_us);

/*
 * May a topology of this name be submitted? `holder` is the newest of the name,
 * or NULL; `runs` as in the event. A holder that has FINISHED, and whose
 * workers have gone, gives the name up: it is removed in the same multi. With
 * `replace` the holder gets LIFE_KILL, in the same multi; what the new record
 * then waits for is topology_life_waits_for(). 0, or -1 with the error.
 */
int topology_life_admit(const struct topology_record *holder, bool runs,
                        bool replace, gale_err *error);

/* The id that the successor waits for, or "": with the actions of the
 * holder's LIFE_KILL. Valid as long as the holder's record. */
const char *topology_life_waits_for(const struct topology_record *holder,
                                    const struct life_actions *actions);

#endif
