/*
 * spout_task.h - a task of a spout: when `next` is called, what the spout waits
 * for, and when it hears what became of its messages (spout_messages.h).
 *
 * All of it runs on the task's carrier; the spout's own `ack` and `fail` are
 * called from its own run only.
 */
#ifndef GALE_SPOUT_TASK_H
#define GALE_SPOUT_TASK_H

#include "common/timers.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/outbox.h"
#include "worker/owed.h"
#include "worker/pauses.h"
#include "worker/pending.h"
#include "worker/pending_rule.h"
#include "worker/position.h"
#include "worker/settled.h"

/* spout_room.h */
struct spout_room {
    struct pending_rule rule;
    struct timer timer; /* the window's end */
    int64_t from;       /* its begin, and what was settled until then */
    uint64_t settled;
    uint64_t late; /* in it: longer under way than late_ns */
    int64_t late_ns;
    bool adapts; /* no limit is set */
};

struct spout_part {
    struct task *task;
    struct pending pending;
    uint32_t run_emits;      /* after so many a run ends */
    uint32_t calls_per_look; /* of `next`, at the clock */
    bool slow;               /* a call may take long */
    uint32_t max_pending;    /* so many may be under way: spout_room.h */
    struct settled_queue settled;
    uint64_t n_acked;   /* not counted yet */
    uint64_t n_unheard; /* acked since its last run */
    struct lag lag;     /* of the first stream */
    struct owed owed;
    struct pauses pauses; /* failed, and not told yet */
    struct positions positions;
    _Atomic(bool) unsaved; /* of them one can become durable, and is not saved;
                              also read by the control thread */
    bool tracks;           /* acking is on and there is a stream */
    bool simple;           /* … and no message is to become a dead letter */
    bool tells_ack;        /* the spout, or a hook, wants to know */
    bool active;
    bool closed;
    _Atomic(bool) exhausted; /* also read by the control thread */

    /* What the last `next` said it waits for. */
    bool waiting;
    bool says_wakeup;
    int says_fd; /* -1: none */
    uint32_t says_events;
    int64_t says_until; /* INT64_MAX: none */
    bool says_something;
    int watched; /* fd in the waiter, -1: none */
    struct carrier_watch watch;
    int64_t backoff_ns;

    struct spout_room room;
    struct timer wait_timer;
    struct timer expire_timer;
    int64_t looked_at; /* for messages that are too old; with expire_timer */
    struct timer position_timer;
    struct timer pause_timer;
};

struct spout_part *spout_part_new(struct task *t);
void spout_part_free(struct spout_part *sp);

/* executor.run of a spout. */
enum run_result spout_run(struct executor *e);

void spout_control(struct task *t, enum message_kind kind);

/* Before it is closed, maybe several times: of what is acked and failed by now.
 * What it emits of that nobody would take. */
void spout_hears_the_rest(struct task *t);

/* A position was set: when it can be, it becomes durable, and is saved. */
void spout_awaits_position(struct task *t);

/* Its executor moves from the carrier, and arrives at another one. */
void spout_leaves(struct task *t, struct carrier *c);
void spout_arrives(struct task *t, struct carrier *c);

/* End the wait: let `next` be called again. */
void spout_wake(struct task *t);

#endif
