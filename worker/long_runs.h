/*
 * long_runs.h - beside whom a run may be longer than usual, and how long.
 *
 * A run is short, unless callbacks take long: then the others of the carrier,
 * who had to wait for them, may take half as long in turn, or a quick bolt
 * behind slow ones would do less than they do. Slow is whose runs take long in
 * the mean. A single one is an accident, of a page that was not there or of
 * another process, and counts for nothing: when one of thousands of executors
 * runs longer, it has soon taken all that waits, and those who wait for room
 * there all run at once, whatever little they have; slices stay small then, and
 * a quarter as much is done. Pure.
 */
#ifndef GALE_LONG_RUNS_H
#define GALE_LONG_RUNS_H

#include <stdint.h>

#define LONG_RUN_NS 200000
#define LONG_RUNS_MEAN 16 /* runs, about, that a mean is taken of … */
#define LONG_RUNS_AT_MOST                                                      \
    8 /* … and what one counts at most, in LONG_RUN_NS:
                                 on a busy machine accidents take long */

/* Of an executor, after a run of `ns`; 0 at first. */
static inline int64_t long_runs_mean(int64_t mean, int64_t ns)
{
    int64_t most = (int64_t)LONG_RUNS_AT_MOST * LONG_RUN_NS;

    return mean + ((ns < most ? ns : most) - mean) / LONG_RUNS_MEAN;
}

/* Of a carrier, after a run of `ns` of an executor that had this mean before:
 * the longest one of a slow executor, forgotten after some runs; 0: there was
 * none. */
static inline int64_t long_runs_longest(int64_t longest, int64_t mean,
                                        int64_t ns)
{
    int64_t decayed = longest - longest / 16;

    longest = mean > LONG_RUN_NS && ns > decayed ? ns : decayed;
    return longest > LONG_RUN_NS ? longest : 0;
}

#endif
