/*
 * executor.h - one executor: an actor with an inbox, run by a carrier.
 *
 * An executor owns one or more tasks of a component. Nobody calls into it; its
 * input comes as envelopes (data) and messages (control) through two inboxes,
 * and it is *scheduled* on its carrier's run queue whenever it may have
 * something to do. One run handles a bounded piece of work.
 *
 * Scheduling protocol, free of lost wake-ups: a producer pushes, then looks at
 * `scheduled`; whoever turns it from 0 to 1 puts the executor on the run queue.
 * The carrier turns it back to 0 only after a run that left nothing, and then
 * looks at the inboxes once more. Push, look and store are sequentially
 * consistent, so one of the two sees the other.
 *
 * With a single carrier, `scheduled` is its own and costs no locked
 * instruction. Threads that are no carriers only leave a note: who turns `told`
 * from 0 to 1 hands it to the carrier, which turns it back before it schedules
 * the executor and looks at what it was told. Such threads stand still for
 * nobody, so they may come to a carrier that the executor has just left
 * (moving.h), which schedules it all the same, on the one where it is.
 *
 * Fields are grouped by who writes them.
 */
#ifndef GALE_EXECUTOR_H
#define GALE_EXECUTOR_H

#include "topology-api/model.h"
#include "worker/block.h"
#include "worker/gate.h"
#include "worker/inbox.h"
#include "worker/shared_anchor.h"
#include <stdlib.h>

struct carrier;
struct executor;
struct emission;
struct outlet;
struct own_thread;
struct route;
struct task;
struct worker;

enum envelope_kind {
    ENVELOPE_DATA = 0,
    /* Its tuples are lost on the way: nobody executes them, and what they were
     * charged to the gate is given back. */
    ENVELOPE_LOST = 1,
    /* From another worker, which is told when it has been taken: intake.h. */
    ENVELOPE_FAR = 2,
};

/* A slice of a block, on its way to one executor. */
struct envelope {
    struct inbox_node node;
    uint64_t pool_home; /* pooled.home, pooled.class: see block.h */
    uint32_t pool_class;
    uint32_t shared; /* where its shared anchors end in the block */
    struct block *block;
    const struct route *route; /* what the tuples are, for whom */
    struct outlet *outlet;     /* gets its credit back */
    uint32_t offset;           /* of the first tuple in the block */
    uint32_t n;                /* tuples */
    uint32_t bytes;            /* charged to the gate */
    uint16_t kind;             /* enum envelope_kind */
    uint16_t stride;           /* bytes of each of its tuples, which have equal
                                  heads; 0: they may differ */
};

_Static_assert(sizeof(struct envelope) == 64, "an envelope is one line");

enum message_kind {
    MESSAGE_OPEN,       /* open or prepare all tasks */
    MESSAGE_ACTIVATE,   /* spouts */
    MESSAGE_DEACTIVATE, /* spouts */
    MESSAGE_FINISH,     /* bolts: end_of_input */
    MESSAGE_CLOSE,      /* close or cleanup all tasks */
    MESSAGE_POST,       /* run fn(task, arg) */
    MESSAGE_WAKEUP,     /* end the spout's wait */
    MESSAGE_DONE,       /* gale_async: run done(task, result, arg) */
    MESSAGE_RESET,      /* all tasks begin anew: executor_reset() */
    MESSAGE_NOTE,       /* to a link or the door: link.h, door.h */
};

/* Allocated by the sender, freed by the executor; but a wake-up is its task's,
 * see task_wakeup(). */
struct message {
    struct inbox_node node;
    enum message_kind kind;
    gale_result result;
    struct task *task;    /* NULL: all */
    uint32_t incarnation; /* of the task: POST, DONE */
    gale_post_fn *post;
    gale_done_fn *done;
    void *arg;
};

static inline void message_free(struct message *m)
{
    if (m->kind != MESSAGE_WAKEUP)
        free(m);
}

enum run_result {
    RUN_MORE,    /* there is more to do: again, after the others */
    RUN_IDLE,    /* nothing left: sleep until something comes */
    RUN_STALLED, /* downstream is full: sleep until there is room */
};

struct executor {
    /* Set when wired. */
    struct worker *worker;
    const struct component *component;
    struct carrier *carrier; /* the only thread that runs it; read by another
                                one that has turned `scheduled` to 1 */
    struct task **tasks;
    uint32_t n_tasks;
    uint32_t index;     /* within the component */
    bool alone;         /* there is but one carrier */
    bool takes_batches; /* it is a bolt with execute_batch, and no hooks */
    bool blocking;      /* its callbacks may wait; it has its carrier to itself,
                        from the start or since it moved there */
    bool away;          /* it stands for one of another worker: stand_in.h */
    uint32_t number;    /* as all workers know it: the id of its first task */
    uint32_t here;      /* among those of this worker, if it is one of them */
    enum run_result (*run)(struct executor *e);
    struct gate *gate; /* in front of it: own_gate, or its cycle's */
    uint64_t edge;     /* of what its tasks emit; 0: drawn for each execution,
                          since it is in a cycle; see pending.h */

    /* Written by any thread. */
    struct inbox data;
    struct inbox control;
    _Atomic(uint32_t) scheduled;
    _Atomic(uint32_t) told;    /* by threads that are no carriers … */
    _Atomic(uint32_t) waiting; /* on some gate's stack */
    struct executor *next_waiter;
    struct inbox_node inject; /* on the carrier's queue from other carriers */
    struct inbox_node note;   /* … and from those threads */
    _Atomic(struct carrier *) at; /* … which find it there */

    /* Written by its carrier. */
    struct executor *next_run;  /* run queue */
    struct outlet *dirty;       /* outlets with tuples not sent yet */
    int64_t unsent_ns;          /* it has worked so long since all was sent */
    int64_t mean_ns;            /* of its runs: long_runs.h */
    struct outlet *spare;       /* it kept its block when it had sent all, for
                                  whichever outlet writes next */
    struct anchor *last_anchor; /* of the last tuple written, until it is sent;
                                   see executor_ack() */
    struct gate *stalled;       /* the full gate, or NULL */
    int64_t stalled_since;      /* 0: not yet waiting */
    bool keeps;                 /* it waits, and has not sent all: one of … */
    uint64_t keeps_since;       /* … carrier.runs then */
    struct executor *keeps_before, *keeps_next; /* … the carrier's keepers */
    int64_t stalled_work;      /* ns of work that waits before the gate */
    uint64_t excess;           /* bytes sent although the gate was full */
    int64_t stalled_ns;        /* since the cost was last updated */
    struct envelope *current;  /* being executed; the next tuple of it … */
    uint32_t current_done;     /* … has this number … */
    uint32_t current_offset;   /* … and this place */
    struct sharing sharing;    /* … and, if it shares an anchor, this one */
    struct credit_meter meter; /* what tuples cost lately, … */
    double cost_ns;            /* … the mean of one, for the gate */
    int64_t measured_ns;       /* not yet in the meter: so long … */
    uint64_t measured_n;       /* … for so many tuples */
    uint32_t chunk;            /* tuples between looks at the clock, ≥ 1 */
    bool opened;
    bool closed;
    int64_t paused_since;    /* input_pause.h */
    bool arrives;            /* at a carrier that it has moved to: moving.h */
    struct own_thread *own;  /* is one due? own_threads.h; NULL: who asks */
    struct message *put_off; /* FINISH or CLOSE, until the work of gale_async()
                                that is under way has ended; NULL: none */

    /* Also read by the handler of a crash, and by the control thread. */
    _Atomic(const struct task *) calling; /* whose callback is under way */
    _Atomic(bool) closing;                /* … and it is one of the last */
    _Atomic(uint32_t) n_paused; /* of its tasks, which take no input for now */

    struct gate own_gate;
};

/* All that does not depend on what it runs; no tasks, no current input. */
void executor_init(struct executor *e, struct worker *w,
                   const struct component *c, struct carrier *carrier,
                   enum run_result (*run)(struct executor *e));
/* What it was not told, and what it has not executed, is dropped. */
void executor_fini(struct executor *e);

/* There is more than one carrier from now on, and only its own has run. */
static inline void executor_share(struct executor *e)
{
    e->alone = e->data.alone = e->own_gate.alone = false;
}

/* A run left nothing; executor_has_input() must be asked after this. */
static inline void executor_rests(struct executor *e)
{
    if (e->alone)
        atomic_store_explicit(&e->scheduled, 0, memory_order_relaxed);
    else
        atomic_store(&e->scheduled, 0);
}

/* Any thread. The message belongs to the executor from here on. */
void executor_tell(struct executor *e, struct message *m, struct carrier *c);

/* Handles some of what is in the control inbox; executor_has_input() is true
 * for the rest. */
void executor_control_all(struct executor *e);

static inline void executor_control(struct executor *e)
{
    if (__builtin_expect(!inbox_empty(&e->control), 0))
        executor_control_all(e);
}

static inline bool executor_paused(const struct executor *e)
{
    return atomic_load_explicit(&e->n_paused, memory_order_relaxed) > 0;
}

/* Not stalled, not paused, not closed, and nothing has failed. */
bool executor_may_run(const struct executor *e);

/* A producer that found e scheduled, although e had looked for waiters before:
 * gate_wait() left it to this look. While the gate is full there is no room to
 * owe: what fills it was sent, and comes, and whoever brings it schedules e. */
static inline bool executor_owes_room(struct executor *e)
{
    return e->gate->owner == e && atomic_load(&e->gate->waiters) != NULL &&
           !gate_full(e->gate, 1);
}

/* Is there input that carrier_schedule() might have been too early for? */
static inline bool executor_has_input(struct executor *e)
{
    if (!inbox_empty(&e->control))
        return true;
    return (e->current != NULL || !inbox_empty(&e->data) ||
            executor_owes_room(e)) &&
           executor_may_run(e);
}

/* It is of a bolt, and in the run queue for a tick at most: nothing waits for
 * it, nothing is begun. Its carrier's. */
static inline bool executor_only_ticks(struct executor *e)
{
    return e->component != NULL && !e->component->is_spout &&
           e->current == NULL && e->stalled == NULL && e->dirty == NULL &&
           !executor_has_input(e);
}

void executor_end_stall(struct executor *e);

/* The envelope is not executed (any more): room for others. */
void executor_discard(struct executor *e, struct envelope *env);

/*
 * All tasks begin anew, as after a crash of the process that they were in: what
 * waits for them is lost, and what they have not sent; instances are made again
 * and opened, without a close; spouts go on from their saved positions. Acks
 * and results of the time before find nothing. Memory that the plugin has
 * allocated stays behind, as nobody can tell it. Between two callbacks, on its
 * carrier; of no effect before it is opened and after it is closed.
 */
void executor_reset(struct executor *e);

/* At the start of a run: there is room downstream again, unless it was only a
 * message that made e runnable. */
static inline void executor_unstall(struct executor *e)
{
    if (__builtin_expect(e->stalled != NULL, 0))
        executor_end_stall(e);
}

static inline bool executor_takes_batches(const struct executor *e)
{
    return e->takes_batches;
}

/* What may wait in front of it, by what its tuples cost lately. */
struct credit executor_credit(const struct executor *e);

#endif
