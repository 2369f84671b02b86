/*
 * env_loop.h - the loops of the real world.
 */
#ifndef GALE_ENV_LOOP_H
#define GALE_ENV_LOOP_H

#include "common/loop_ops.h"

extern const struct loop_ops env_loops;

#endif
