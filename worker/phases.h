/*
 * phases.h - the life of a worker, phase by phase, and the thread that leads
 * it.
 *
 *     OPENING   all tasks open or prepare
 *     RUNNING   spouts are active, or not, as they are told
 *     DRAINING  spouts are inactive, what is pending gets settled
 *     FINISHING bolts get end_of_input, one component after the other
 *     CLOSING   tasks close or clean up, one component after the other
 *     ENDED     carriers are stopped
 *
 * The control thread sleeps until something has changed (worker_notify) and
 * then takes one step. What it does in OPENING and CLOSING is the same for
 * every worker; in between a leader decides: the rules of a run in one process
 * (local.c), or orders from outside (member.c).
 *
 * All but phases_start() and phases_join() is the control thread's.
 */
#ifndef GALE_PHASES_H
#define GALE_PHASES_H

#include "worker/patience.h"
#include "worker/worker.h"

struct watchdog;

enum phase { OPENING, RUNNING, DRAINING, FINISHING, CLOSING, ENDED };

/* Who decides; called by the control thread. */
struct leader {
    /* All tasks have answered; failed: one of them cannot be opened, and what
     * follows is CLOSING. */
    void (*opened)(void *arg, bool failed);
    /* Something may have changed in RUNNING, DRAINING or FINISHING: take the
     * next step, if there is one. */
    void (*lead)(void *arg);
    /* When to lead without having been told; INT64_MAX: never. */
    int64_t (*look_at)(void *arg);
    /* A phase keeps waiting for a callback, for `ns` so far. */
    void (*waits)(void *arg, int64_t ns);
    /* All is closed and all carriers are stopped; the phase is ENDED next. */
    void (*ends)(void *arg);
    /* The phase is ENDED. */
    void (*ended)(void *arg);
    /* While it is RUNNING, it is told at most once in so many ns that there is
     * nothing to do. 0: each time. */
    int64_t quiet_every_ns;
};

struct phases {
    struct worker *worker;
    const struct leader *leader;
    void *arg;
    struct env_thread *control;
    enum phase phase;
    uint32_t turn;    /* FINISHING, CLOSING: place in model.order */
    bool active;      /* spouts have been told */
    int64_t quiet_at; /* not to be told before that there is nothing to do */
    struct patience patience;
    struct watchdog *watchdog;
};

void phases_init(struct phases *p, struct worker *w,
                 const struct leader *leader, void *arg);
void phases_fini(struct phases *p);

/* Starts the carriers, tells all tasks to open, and starts the control thread.
 * False: there are no threads to be had, and everything has ended; worker.error
 * says so. */
bool phases_start(struct phases *p);
void phases_join(struct phases *p);

void phases_tell_spouts(struct phases *p, bool active);
/* The spouts are told to stop. */
void phases_drain(struct phases *p);
/* Nothing more comes from spouts: components are led to their end, from the
 * first one on. */
void phases_finish(struct phases *p);
/* Tells the bolts of the next cycle or component, the members of a cycle
 * together; false: there is none left. */
bool phases_finish_next(struct phases *p);
void phases_close(struct phases *p);
/* Who keeps it waiting is said later: something goes on. */
void phases_begin_patience(struct phases *p);

#endif
