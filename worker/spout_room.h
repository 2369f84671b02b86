/*
 * spout_room.h - how many messages a spout task may have under way: what is
 * set, or what pending_rule.h finds out.
 *
 * A window begins when the spout meets its limit, and ends by a timer; a spout
 * that never meets it costs nothing. On the task's carrier.
 */
#ifndef GALE_WORKER_SPOUT_ROOM_H
#define GALE_WORKER_SPOUT_ROOM_H

#include "worker/spout_task.h"
#include "worker/task_base.h"

/* For a new spout_part. */
void spout_room_init(struct spout_part *sp);

/* It has met its limit. */
void spout_room_full(struct task *t);

/* After a run. */
static inline void spout_room_look(struct task *t)
{
    struct spout_part *sp = t->spout;

    if (__builtin_expect(sp->pending.n >= sp->max_pending, 0))
        spout_room_full(t);
}

#endif
