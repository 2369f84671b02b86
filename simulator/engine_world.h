/*
 * engine_world.h - a world in which the engine's threads run.
 *
 * The engine keeps some variables per thread; each thread of the world gets its
 * own, as threads of the system do.
 */
#ifndef GALE_ENGINE_WORLD_H
#define GALE_ENGINE_WORLD_H

#include "simulator/world.h"

/* As world_new(). */
struct world *engine_world_new(const struct world_options *options);

#endif
