/*
 * retry_queue.h - messages that failed, until it is time to emit them again.
 *
 * The pause before the first repetition is `first`, doubles with each failure
 * up to `most`, and is shortened by chance (connectors/back_off.h).
 *
 * Pure: time and chance come in as arguments. Bounded by what is pending.
 */
#ifndef CONNECTORS_RETRY_QUEUE_H
#define CONNECTORS_RETRY_QUEUE_H

#include <gale/abi.h>

struct retry_entry {
    int64_t due;
    uint64_t serial; /* of two that are due at once, the older one first */
    gale_msgid id;
};

/* Starts zeroed, but for first and most, in the unit of `now`. */
struct retry_queue {
    int64_t first, most;
    struct retry_entry *heap;
    size_t n, capacity;
    uint64_t serial;
};

void retry_queue_fini(struct retry_queue *q);

/* It has failed `fails` times, ≥ 1. */
void retry_queue_push(struct retry_queue *q, gale_msgid id, uint32_t fails,
                      int64_t now, uint64_t chance);

/* The one that has been due for longest; false if none is. */
bool retry_queue_pop(struct retry_queue *q, int64_t now, gale_msgid *id);

/* When the next one is due; INT64_MAX if there is none. */
int64_t retry_queue_due(const struct retry_queue *q);

#endif
