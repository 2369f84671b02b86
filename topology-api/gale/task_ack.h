/*
 * gale/task_ack.h - the part of gale/task.h, which includes it, for bolts that
 * settle inputs by themselves: they declare GALE_BOLT_MANUAL_ACK.
 */
#ifndef GALE_TASK_ACK_H
#define GALE_TASK_ACK_H

#include <gale/task.h>

/*
 * Keep the current input open beyond `execute`: GALE_OK and GALE_DROP then say
 * nothing about it, and gale_ack() or gale_fail() must follow, once, from this
 * or any later callback of this task. Any other result fails it all the same
 * (unless it is settled by then). What is neither acked nor failed times out at
 * its spout. One that fails for a field which was refused (gale/tuple.h) is yet
 * to be acked or failed, which only ends its handle, an anchor to nothing.
 */
static inline gale_handle gale_hold(gale_task *task, const gale_tuple *in)
{
    return task->host->hold(task, in);
}

/* A handle that was settled already, or of an older run, is ignored and
 * counted. The current input, of which a field or an emit was refused before,
 * fails. */
static inline void gale_ack(gale_task *task, gale_handle handle)
{
    task->host->ack(task, handle);
}

static inline void gale_fail(gale_task *task, gale_handle handle)
{
    task->host->fail(task, handle);
}

/* The input can never succeed, for the reason that gale_error() has given just
 * before: failed as by GALE_POISON. */
static inline void gale_poison(gale_task *task, gale_handle handle)
{
    task->host->poison(task, handle);
}

/*
 * A copy of the tuple that lives until gale_release(), once, by this task: for
 * code that wants the tuple itself later on. Retaining is not holding: the ack
 * goes its way. NULL beyond gale.topology.max.retained.bytes of the task.
 */
static inline const gale_tuple *gale_retain(gale_task *task,
                                            const gale_tuple *in)
{
    return task->host->retain(task, in);
}

static inline void gale_release(gale_task *task, const gale_tuple *retained)
{
    task->host->release(task, retained);
}

#endif
