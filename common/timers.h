/*
 * timers.h - what is due next: a 4-ary heap of timers that others own.
 *
 * A timer is a member of whatever waits; the heap holds a pointer to it, so
 * adding never copies and removing never searches. All bytes zero is a timer
 * that waits for nothing. Time is an argument: nothing here reads a clock, and
 * any unit will do (gale uses nanoseconds). One thread per `struct timers`.
 *
 *     static void tick(struct timer *timer, int64_t now) …
 *
 *     task->timer.fire = tick;
 *     timers_add(&timers, &task->timer, now + period);
 *     … timers_next_due(&timers) says how long to sleep …
 *     timers_expire(&timers, now);
 */
#ifndef GALE_TIMERS_H
#define GALE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    void (*fire)(struct timer *timer, int64_t now); /* set by the owner */
    int64_t due;
    uint32_t place; /* in the heap, counted from 1; 0: not in it */
};

struct timers {
    struct timer **heap;
    uint32_t n;
    uint32_t capacity;
};

void timers_init(struct timers *t);
/* Timers that are still in it are forgotten, not fired. */
void timers_fini(struct timers *t);

/* The timer must not be in the heap. */
void timers_add(struct timers *t, struct timer *timer, int64_t due);
/* Move to another time; adds it if it is not in the heap. */
void timers_change(struct timers *t, struct timer *timer, int64_t due);
/* Harmless if it is not in the heap. */
void timers_remove(struct timers *t, struct timer *timer);

/*
 * Take out and fire what is due at `now`, earliest first; returns how many.
 * `fire` may add, change and remove any timer, also its own. At most as many
 * fire as the heap held at the start, so that one that is due again at once
 * cannot keep the caller here.
 */
uint32_t timers_expire(struct timers *t, int64_t now);

/* INT64_MAX if there is none. */
static inline int64_t timers_next_due(const struct timers *t)
{
    return t->n ? t->heap[0]->due : INT64_MAX;
}

static inline bool timers_has(const struct timer *timer)
{
    return timer->place != 0;
}

#endif
