/*
 * settled.h - messages that are settled and wait for the spout's `ack` or
 * `fail`: what came between two runs of the spout, in order.
 *
 * As many as were pending at most. All on the spout's carrier.
 */
#ifndef GALE_SETTLED_H
#define GALE_SETTLED_H

#include <gale/abi.h>

struct settled {
    gale_msgid id;
    bool acked;
};

/* A growing ring; all zero is empty. */
struct settled_queue {
    struct settled *items;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t first;
    uint32_t n;
};

void settled_push(struct settled_queue *q, gale_msgid id, bool acked);

/* The oldest, where it lies until the next push; n > 0. */
const struct settled *settled_pop(struct settled_queue *q);

void settled_fini(struct settled_queue *q);

#endif
