/*
 * per_call.h - how many messages one call of `next` may emit.
 *
 * A call costs more than a message, so spouts emit several. The host looks at
 * topology.max.spout.pending between calls only: a small limit must make
 * batches small, too, or it would be overshot.
 */
#ifndef SPOUTS_PER_CALL_H
#define SPOUTS_PER_CALL_H

#include <gale/task.h>

/* At most `most`, at least 1. For `open`. */
static inline uint32_t per_call(gale_task *task, uint32_t most)
{
    gale_value pending = gale_config(task, "topology.max.spout.pending");

    if (pending.kind != GALE_INT || pending.as.i < 1 || pending.as.i > most)
        return most;
    return (uint32_t)pending.as.i;
}

#endif
