/*
 * spout_task.h - a task of a spout: when `next` is called, what became of each
 * message, and what the spout waits for.
 *
 * All of it runs on the task's carrier. Completions arrive by spout_acked() and
 * spout_failed() from the carrier, between runs; the spout's own `ack` and
 * `fail` are called from its own run only.
 */
#ifndef GALE_SPOUT_TASK_H
#define GALE_SPOUT_TASK_H

#include "common/timers.h"
#include "worker/executor.h"
#include "worker/outbox.h"
#include "worker/owed.h"
#include "worker/pending.h"
#include "worker/position.h"
#include "worker/settled.h"

struct ack_span;

struct spout_part {
    struct task *task;
    struct pending pending;
    uint32_t run_emits;      /* after so many a run ends */
    uint32_t calls_per_look; /* of `next`; 1 if it may block */
    uint32_t max_pending;    /* topology.max.spout.pending, or PENDING_MAX */
    struct settled_queue settled;
    uint64_t n_acked; /* not yet in the counters … */
    int64_t lag;      /* … nor in the histogram: so many took so long */
    uint64_t lag_n;
    struct owed owed;
    struct positions positions;
    bool tracks; /* acking is on and there is a stream */
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
    int64_t backoff_ns;

    struct timer wait_timer;
    struct timer expire_timer;
    struct timer position_timer;
};

struct spout_part *spout_part_new(struct task *t);
void spout_part_free(struct spout_part *sp);

/* executor.run of a spout. */
enum run_result spout_run(struct executor *e);

void spout_control(struct task *t, enum message_kind kind);

/* End the wait: let `next` be called again. */
void spout_wake(struct task *t);

/* A watched descriptor is ready; data is the task. */
void spout_ready(void *data, uint32_t events);

/* Ack values, the first of them for its messages; how many are, from there. */
uint32_t spout_acked(struct task *t, struct ack_span acks);
/* A fail, for the message with this number. */
void spout_failed(struct task *t, uint64_t seq);

/* gale_emit_msg(), for any task: enter the message and emit it. */
gale_result spout_emit_msg(gale_task *task, gale_msgid id,
                           const gale_value *values, uint32_t n);

/* The same with all options. */
gale_result spout_emit_msg_with(struct task *t, struct emission *x,
                                gale_msgid id, const gale_value *values,
                                uint32_t n);

#endif
