/*
 * scale_clock.h - the time of a simulated cluster: a number that stands still
 * while code runs, and goes on to the next timer when nothing is left to do.
 *
 * The env has its files in memory and its chance from a seed (simulator/
 * world.h). Its loops (loop_ops.h) are not that world's: those let chance say
 * who goes on and time pass with what is done, and look at all that waits in
 * each turn. Here all loops have one list of what is due, and no descriptors.
 * How long the code of a loop takes by the real clock is measured.
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

/* What this loop does is measured. */
void scale_clock_measure(struct loop *loop, struct scale_meter *meter);

/* Calls what is due of all loops, in order, until that time has come. */
void scale_clock_run(struct scale_clock *c, int64_t until);

#endif
