/*
 * throttle.h - at most so many per interval, and a count of what was cut.
 *
 * Pure: time is an argument, in any unit. An interval begins with the first
 * event after the last one ended. Not thread-safe.
 *
 *     if (throttle_allow(&t, now))
 *         log …, (n = throttle_take_cut(&t)) more were left out …
 */
#ifndef GALE_THROTTLE_H
#define GALE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct throttle {
    int64_t interval;
    int64_t since; /* start of the current interval */
    uint64_t cut;  /* refused and not yet taken */
    uint32_t max;  /* per interval; 0 lets nothing through */
    uint32_t used; /* in the current interval */
    bool begun;
};

static inline void throttle_init(struct throttle *t, uint32_t max,
                                 int64_t interval)
{
    *t = (struct throttle){.interval = interval, .max = max};
}

static inline bool throttle_allow(struct throttle *t, int64_t now)
{
    if (!t->begun || now - t->since >= t->interval) {
        t->begun = true;
        t->since = now;
        t->used = 0;
    }
    if (t->used < t->max) {
        t->used++;
        return true;
    }
    t->cut++;
    return false;
}

/* How many were refused since this was last asked. */
static inline uint64_t throttle_take_cut(struct throttle *t)
{
    uint64_t cut = t->cut;

    t->cut = 0;
    return cut;
}

#endif
