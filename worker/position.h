/*
 * position.h - how far a spout may forget: positions that wait for their acks.
 *
 * gale_position_set() says where to go on once everything emitted so far is
 * settled. Per split there are at most three: the durable one, a candidate that
 * waits for the messages before it, and the latest, which becomes the next
 * candidate. So calling it for every message costs a copy, and a position
 * becomes durable soon after its messages are acked.
 *
 * Pure: numbers of messages come in as arguments.
 */
#ifndef GALE_POSITION_H
#define GALE_POSITION_H

#include "common/position_limits.h"
#include <gale/value.h>

#define POSITION_TASK_MAX (1u << 20) /* of all splits of a task */

struct position_mark {
    bool set;
    uint64_t before; /* messages with smaller numbers must be settled */
    uint32_t size;
    uint32_t capacity;
    char *bytes;
};

struct split {
    char *name;
    uint32_t name_size;
    bool changed; /* the durable one, since positions_saved() */
    struct position_mark durable;
    struct position_mark candidate;
    struct position_mark latest;
};

struct positions {
    struct split *splits;
    uint32_t n;
    uint32_t capacity;
    bool changed; /* some durable one, since positions_saved() */
};

void positions_fini(struct positions *p);

/* NULL, or what is refused and why. `before`: the number that the next message
 * will have. */
const char *positions_set(struct positions *p, gale_str split, gale_str bytes,
                          uint64_t before);

/* All messages with numbers below `oldest` are settled. */
void positions_advance(struct positions *p, uint64_t oldest);

/* The durable ones are kept as they are now. */
void positions_saved(struct positions *p);

/* One of them is not durable yet, or was not saved since. */
bool positions_wait(const struct positions *p);

/* The durable position, or empty. */
gale_str positions_get(const struct positions *p, gale_str split);

/* As this task has left them: durable at once. False if a limit is exceeded. */
bool positions_restore(struct positions *p, gale_str split, gale_str bytes);

#endif
