/*
 * slot.h - what a supervisor does about one port: at most one process, the one
 * that is wanted, alive.
 *
 *     EMPTY ─▶ FETCHING ─▶ STARTING ─▶ RUNNING        any of them, if another
 *                ▲            │           │           worker or none is wanted,
 *                │            ▼           ▼           or if it is silent:
 *                └──── BACKING_OFF ◀── it ended ◀──── STOPPING: TERM, then KILL
 *
 * Pure: slot_step() is told what happened and what time it is, and says what is
 * to be done; whoever calls it does that, in order, and tells what came of it.
 * What is answered late, to something that is no longer asked, is known by its
 * ticket or by its pid, and changes nothing. After each step a timer is due at
 * slot.due, if that is not INT64_MAX; a SLOT_TIME that comes too early is
 * harmless.
 *
 * Times are monotonic nanoseconds, > 0.
 */
#ifndef GALE_SLOT_H
#define GALE_SLOT_H

#include "supervisor/slot_reason.h"
#include <stdbool.h>
#include <stdint.h>

#define SLOT_TOPOLOGY_MAX 127u /* bytes of a topology's id */

/* That it reports for so long, and for longer than the last pause, makes up for
 * all the times that it ended. */
#define SLOT_WELL_NS INT64_C(10000000000)
/* The longest pause before a start; the first start is at once, then 1 s. */
#define SLOT_PAUSE_MAX_NS INT64_C(30000000000)
/* So many starts that fail within so long are told to the leader. */
#define SLOT_FAILED_STARTS 3u
#define SLOT_FAILED_WITHIN_NS INT64_C(60000000000)
/* A time that comes so much too late shows that the supervisor itself stood
 * still: reports may wait to be read, and get that long. */
#define SLOT_LATE_NS INT64_C(2000000000)
/* What does not end of KILL is killed again. */
#define SLOT_KILL_AGAIN_NS INT64_C(5000000000)

enum slot_state {
    SLOT_EMPTY,
    SLOT_FETCHING,    /* files are on their way */
    SLOT_STARTING,    /* a process is about to run, or has not reported yet */
    SLOT_RUNNING,     /* it reports */
    SLOT_STOPPING,    /* it was told to end, and has not yet */
    SLOT_BACKING_OFF, /* it ended, and is started again at slot.due */
};

/* All zero: nothing is wanted. */
struct slot_wanted {
    char topology[SLOT_TOPOLOGY_MAX + 1]; /* id; "": nothing is wanted */
    uint32_t worker;                      /* its number there */
    uint64_t birth;   /* another birth is another worker: a new process */
    uint64_t version; /* of the assignment; a newer one is only told */
    bool active;      /* whether spouts shall emit */
    bool closing;     /* its topology is KILLED or FINISHED: if it ends by
                         itself and with status 0, it has done its work */
};

struct slot_times {
    int64_t start;  /* until the first report */
    int64_t report; /* from one report to the next */
    int64_t grace;  /* from TERM to KILL */
};

enum slot_event_kind {
    SLOT_WANTED,       /* wanted */
    SLOT_FILES_READY,  /* ticket */
    SLOT_FILES_FAILED, /* ticket, text */
    SLOT_STARTED,      /* ticket, pid, start */
    SLOT_NOT_STARTED,  /* ticket, text: there is no process */
    SLOT_REPORTED,     /* pid; wanted.version, .active: as the worker knows
                          them */
    SLOT_ENDED,        /* pid, end, text: it is gone, and reaped */
    SLOT_ADOPTED,      /* pid, start; wanted: as what it was started. Before
                          anything else happens to the slot but SLOT_WANTED */
    SLOT_TIME,
};

struct slot_event {
    enum slot_event_kind kind;
    struct slot_wanted wanted;
    uint64_t ticket; /* of the action that it answers */
    int pid;
    uint64_t start; /* of that process: with its pid it names it for good */
    struct slot_end end;
    const char *text; /* why; what its last words were; NULL or "": nothing */
};

enum slot_action_kind {
    SLOT_FETCH, /* see that the files of `worker` are in its directory */
    SLOT_START, /* a process for `worker`, in its directory */
    SLOT_ORDER, /* tell the process pid that it is `worker` (version, active) */
    SLOT_TERM,  /* ask the process pid to end */
    SLOT_KILL,  /* end it, and all that it has started */
    SLOT_REMOVE,   /* the directory of `worker`; its fetch is over */
    SLOT_COMPLAIN, /* tell the leader that `worker` does not start here; text */
};

struct slot_action {
    enum slot_action_kind kind;
    struct slot_wanted worker;
    uint64_t ticket; /* FETCH, START: to be given back with the answer */
    int pid;
    const char *text; /* the slot's, until its next step */
};

enum { SLOT_ACTIONS_MAX = 8 };

struct slot_actions {
    uint32_t n;
    struct slot_action list[SLOT_ACTIONS_MAX];
};

struct slot {
    struct slot_times times;
    enum slot_state state;
    struct slot_wanted wanted;
    struct slot_wanted has; /* whose fetch, process, directory or pause it is */
    bool told;              /* what is wanted has been said at all */
    bool done;              /* what is wanted has closed */
    bool directory;         /* there is one, of `has` */
    bool killed;            /* STOPPING: KILL was sent */
    uint64_t ticket;        /* of the fetch or start under way */
    int pid;                /* 0: no process, or a start is under way */
    uint64_t start;
    int64_t reports_since; /* first report of this process; 0: none yet */
    int64_t due;           /* INT64_MAX: no time matters */

    /* For `status`: why the last process ended, or the present one is about
     * to; SLOT_NO_REASON: none has. */
    enum slot_reason reason;
    char why[SLOT_WHY_MAX];
    uint32_t ends;                      /* since it last ran well */
    int64_t failed[SLOT_FAILED_STARTS]; /* when starts failed, newest first; 0:
                                            none */
};

void slot_init(struct slot *slot, struct slot_times times);

/* Appends nothing that was there before: sets actions->n anew. */
void slot_step(struct slot *slot, const struct slot_event *event, int64_t now,
               struct slot_actions *actions);

/* The same worker, of the same birth: its process may go on. */
bool slot_same_worker(const struct slot_wanted *a, const struct slot_wanted *b);

/* How long to wait before the next start when it has ended `ends` times. */
int64_t slot_pause(uint32_t ends);

const char *slot_state_name(enum slot_state state);

#endif
