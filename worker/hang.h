/*
 * hang.h - whether an executor has been in one call for too long. Pure.
 *
 * Whoever looks sees which run of a carrier is under way, not when it began; so
 * it counts from the first time that it saw this run.
 */
#ifndef GALE_HANG_H
#define GALE_HANG_H

#include <stdint.h>

/* All zero: nothing was seen yet. */
struct hang_watch {
    uint64_t run;
    int64_t since;
    int64_t say_after; /* ns; twice as long each time that it is said */
};

/* How often to look, so that what is due after one of two limits (0: never) is
 * done at 1.25 times that at most. */
static inline int64_t hang_period(int64_t a, int64_t b)
{
    int64_t limit = b == 0 || (a != 0 && a < b) ? a : b;

    return limit / 4 > 1000000 ? limit / 4 : 1000000;
}

/* run: the number of the run under way, 0 if none is. How many ns it has taken
 * at least, if that is to be said now; else 0, as with a limit of 0. */
static inline int64_t hang_look(struct hang_watch *h, uint64_t run, int64_t now,
                                int64_t limit)
{
    if (run == 0 || run != h->run) {
        *h = (struct hang_watch){run, now, limit};
        return 0;
    }
    if (limit == 0 || now - h->since < h->say_after)
        return 0;
    if (h->say_after <= INT64_MAX / 2)
        h->say_after *= 2;
    return now - h->since;
}

/* After hang_look(): how many ns the run has taken, if that is too long; else
 * 0, as with a limit of 0. */
static inline int64_t hang_lasts(const struct hang_watch *h, int64_t now,
                                 int64_t limit)
{
    return limit != 0 && h->run != 0 && now - h->since >= limit ? now - h->since
                                                                : 0;
}

#endif
