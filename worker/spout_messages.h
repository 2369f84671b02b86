/*
 * spout_messages.h - a spout's messages: entered into the pending ring when
 * they are emitted, settled when they are acked, fail or expire.
 *
 * On the task's carrier. Acks and fails come from the carrier between runs;
 * what the spout is to hear of waits in spout_part.settled.
 */
#ifndef GALE_SPOUT_MESSAGES_H
#define GALE_SPOUT_MESSAGES_H

#include "worker/carrier.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"

/* gale_emit_msg(), for any task: enter the message and emit it. */
gale_result spout_emit_msg(gale_task *task, gale_msgid id,
                           const gale_value *values, uint32_t n);

/* The same with all options; the task is a spout's. */
gale_result spout_emit_msg_with(struct task *t, struct emission *x,
                                gale_msgid id, const gale_value *values,
                                uint32_t n);

/* Ack values, the first of them for its messages; how many are, from there. */
uint32_t spout_acked(struct task *t, struct ack_span acks);
/* A fail, for the message with this number; takes the cause, which may be
 * NULL. */
void spout_failed(struct task *t, uint64_t seq, struct cause *cause);

void spout_begin_expiry(struct task *t);

/* Look for messages that are too old, from now on, if there are any. */
static inline void spout_arm_expiry(struct task *t)
{
    if (t->spout->pending.n > 0 && !timers_has(&t->spout->expire_timer))
        spout_begin_expiry(t);
}

/* expire_timer.fire */
void spout_expire(struct timer *timer, int64_t now);

void spout_count_acked(struct task *t);

/* What was settled since the last run becomes visible in the counters. */
static inline void spout_count_settled(struct task *t)
{
    struct spout_part *sp = t->spout;

    if (sp->n_acked > 0 || sp->n_unheard > 0)
        spout_count_acked(t);
    counter_set(&t->counters.pending, sp->pending.n);
}

#endif
