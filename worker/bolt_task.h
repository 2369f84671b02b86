/*
 * bolt_task.h - a task of a bolt: executes envelopes, settles inputs, ticks.
 *
 * All of it runs on the task's carrier.
 */
#ifndef GALE_BOLT_TASK_H
#define GALE_BOLT_TASK_H

#include "common/timers.h"
#include "worker/executor.h"
#include "worker/held.h"

struct bolt_part {
    struct task *task;
    struct held held;
    struct held_input *current; /* the input under way, if it was held */
    struct timer tick_timer;
    int64_t tick_ns; /* 0: none */
    bool tick_due;
    void *retained; /* tuples that the plugin keeps: a tree, see retained.c */
    uint64_t retained_bytes;
};

struct bolt_part *bolt_part_new(struct task *t);
void bolt_part_free(struct bolt_part *bp);

/* executor.run of a bolt. */
enum run_result bolt_run(struct executor *e);

void bolt_control(struct task *t, enum message_kind kind);

#define TICK_MAX_MS (INT64_MAX / 4 / 1000000) /* 73 years */

/* The period of gale_tick_every(); 0: none. One that no clock counts is the
 * longest. */
static inline int64_t bolt_tick_ns(int64_t ms)
{
    if (ms <= 0)
        return 0;
    return (ms < TICK_MAX_MS ? ms : TICK_MAX_MS) * 1000000;
}

/* gale_tick_every(); ns ≤ 0 stops. */
void bolt_tick_every(struct task *t, int64_t ns);

/* gale_hold(): keep the current input; {0} if there is none to keep. */
gale_handle bolt_hold(struct task *t, const gale_tuple *in);

/* What a result, other than a plain OK, or a mark means for the current input;
 * it has no input any more afterwards. */
void bolt_settle_input(struct task *t, gale_result result);

/* gale_ack() and gale_fail(). */
void bolt_settle(struct task *t, gale_handle handle, bool acked);
/* gale_poison(). */
void bolt_poison(struct task *t, gale_handle handle);

#endif
