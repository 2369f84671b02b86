/*
 * world_loop.h - loops of a simulated world: a fiber waits, and nobody else.
 * Private to world*.c.
 *
 * What libevent promises is so here, too: what is due at the beginning of a
 * turn is called once in it, timers in the order of their times. Beyond that,
 * chance says who is next.
 */
#ifndef GALE_WORLD_LOOP_H
#define GALE_WORLD_LOOP_H

#include "common/loop_ops.h"

extern const struct loop_ops world_loops;

#endif
