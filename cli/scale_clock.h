/*
 * scale_clock.h - the time of a simulated cluster: a number that stands still
 * while code runs, and goes on to the next timer when nothing is left to do.
 *
 * The env has its files in memory and its chance from a seed (simulator/
 * world.h); timers of loops on it are kept here, so nothing waits for the
 * kernel. How long the code of one loop takes by the real clock is measured.
 */
#ifndef GALE_SCALE_CLOCK_H
#define GALE_SCALE_CLOCK_H

#include "cli/scale_meter.h"
#include "common/loop.h"

struct scale_clock;

/* There is one at a time. */
struct scale_clock *scale_clock_new(void);
/* All timers are cleared. */
void scale_clock_free(struct scale_clock *c);

struct env *scale_clock_env(const struct scale_clock *c);

/* What timers of this loop do is measured. */
void scale_clock_measure(struct scale_clock *c, const struct loop *loop,
                         struct scale_meter *meter);

/* Calls what is due, in order, until that time has come. */
void scale_clock_run(struct scale_clock *c, int64_t until);

#endif
