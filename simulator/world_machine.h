/*
 * world_machine.h - the machines of a simulated world: an address, a disk, and
 * the processes that run there (world_process.h).
 */
#ifndef GALE_WORLD_MACHINE_H
#define GALE_WORLD_MACHINE_H

#include "simulator/world.h"

struct world_machine;

/* The world's, until that is freed. */
struct world_machine *world_machine_new(struct world *w);
/* That of the env. */
struct world_machine *world_machine_of(struct env *env);

uint32_t world_machine_number(const struct world_machine *m); /* from 1 on */
const char *world_machine_address(const struct world_machine *m); /* 10.0.0.N */

/* All that runs on it crashes, what was not synced of its disk is lost or torn,
 * as chance says, and it is there again, with another boot. The caller is not
 * on it. */
void world_machine_lose_power(struct world_machine *m);

/* Its disk is full from then on until then: what is written there is cut off
 * somewhere, with ENOSPC. */
void world_machine_fill(struct world_machine *m, int64_t from, int64_t until);

/* Any file of its disk, for a checker: NULL if there is none, else good until
 * the next step of the world. */
const void *world_machine_file(const struct world_machine *m, const char *path,
                               size_t *size);
/* The names in a directory, one call each; -1 if there is none. */
int world_machine_each(const struct world_machine *m, const char *path,
                       void (*each)(void *arg, const char *name), void *arg);

#endif
