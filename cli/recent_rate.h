/*
 * recent_rate.h - how fast a counter grows, of which one hears every few
 * seconds, and which may be looked at more often than that. Pure.
 *
 * Workers tell their counters every three or four seconds (worker_counters.c):
 * between two looks nothing may have come, or all of that time. So the rate is
 * that between two changes which are at least as far apart; what stays the same
 * for longer has stopped.
 */
#ifndef GALE_RECENT_RATE_H
#define GALE_RECENT_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RECENT_RATE_APART_NS INT64_C(3000000000)
#define RECENT_RATE_STILL_NS INT64_C(5000000000)

enum { RECENT_RATE_POINTS = 8 }; /* looks are a second apart, or more */

/* Zeroes: nothing was seen. */
struct recent_rate {
    uint32_t n;
    struct {
        int64_t at;
        uint64_t value;
    } points[RECENT_RATE_POINTS]; /* when it was another; oldest first */
    bool known;
    double per_second;
};

/* What it is now (nanoseconds, later than before). One that is less than it was
 * has begun anew. */
void recent_rate_see(struct recent_rate *r, int64_t now, uint64_t value);

#endif
