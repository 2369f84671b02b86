/*
 * pauses.h - messages that failed again and again, until their spout is told.
 *
 * What fails once is told at once: most failures pass. What fails again rests
 * for 1 ms, then 2 ms, and so on up to 1 s, so that a message which can never
 * work does not take all the time of those that do. There is a queue for each
 * length, in which what came first is due first. Pure.
 */
#ifndef GALE_PAUSES_H
#define GALE_PAUSES_H

#include <gale/abi.h>

#define PAUSES 11 /* 1 ms … 1 s, each twice the one before, about */

struct pause {
    int64_t due; /* ns */
    gale_msgid id;
};

/* A growing ring. */
struct pause_queue {
    struct pause *items;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t first;
    uint32_t n;
};

/* All zero is empty. */
struct pauses {
    struct pause_queue queues[PAUSES];
    uint32_t n; /* in all of them */
};

/* How long a message rests that has failed so often, ≥ 1; 0: not at all. */
int64_t pauses_ns(uint32_t failures);

/* It failed now, for the so manieth time, and rests: pauses_ns() is not 0. */
void pauses_add(struct pauses *p, gale_msgid id, uint32_t failures,
                int64_t now);

/* When the next one is due; INT64_MAX: there is none. */
int64_t pauses_due(const struct pauses *p);

/* One that is due by then, in the order in which they are; false: none is. */
bool pauses_take(struct pauses *p, int64_t now, gale_msgid *id);

void pauses_fini(struct pauses *p);

#endif
