/*
 * world_bells.h - descriptors of a simulated world that something else can be
 * seen by: that a process has ended, that something has come. A loop watches
 * them as it watches sockets; env->ops->net_close() closes them.
 *
 * None of these comes to a point.
 */
#ifndef GALE_WORLD_BELLS_H
#define GALE_WORLD_BELLS_H

#include "common/env.h"

struct world;
struct world_process;
struct world_socket;

/* It can be read as long as it rings. */
int world_bell_new(struct env *env);
void world_bell_ring(struct world *w, int bell);
void world_bell_hush(struct world *w, int bell);

/* It can be read when that process has ended. */
int world_bell_of_end(struct env *env, const struct world_process *p);
/* It has. */
void world_bells_of_end_ring(struct world *w, const struct world_process *p);

/* Private to world_watch.c. */
bool world_bell_rings(const struct world_socket *bell);

#endif
