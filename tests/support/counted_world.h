/*
 * counted_world.h - the real world, but for its clock and its chance: the clock
 * is a number that each look at it moves on, by COUNTED_STEP_NS.
 *
 * What the engine decides by time (how long a run is, when a slice is sent) is
 * then the same each time, however slow or loaded the machine is.
 */
#ifndef TESTS_COUNTED_WORLD_H
#define TESTS_COUNTED_WORLD_H

#include "common/env.h"

/* About what is between two looks of a real run. */
#define COUNTED_STEP_NS 1000

/* One for the process. */
struct env *counted_world(void);

#endif
