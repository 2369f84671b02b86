/*
 * scale_supervisor.h - the supervisors of a simulated cluster. Each asks
 * ZooKeeper for what supervisor/supervisor.c, known_nimbuses.c and supply.c ask
 * for, when they do; reports once a second, and when something has changed,
 * what reporting.c does; and passes on the counters of its workers. A worker is
 * a number that comes up half a second after its records were read.
 */
#ifndef GALE_SCALE_SUPERVISOR_H
#define GALE_SCALE_SUPERVISOR_H

#include "cli/scale_world.h"

/* As many as the world has, none of which is there yet. */
struct scale_supervisor *scale_supervisors_new(struct scale_world *w);
void scale_supervisors_free(struct scale_world *w);

/* Supervisor i joins; what its workers were, if it was there before, they
 * are. */
void scale_supervisor_begin(struct scale_world *w, uint32_t i);
/* Its machine dies. */
void scale_supervisor_kill(struct scale_world *w, uint32_t i);
bool scale_supervisor_is_there(const struct scale_world *w, uint32_t i);

/* The number of an id; UINT32_MAX: it has none. */
uint32_t scale_supervisor_number(const struct scale_world *w, const char *id);
struct zookeeper *scale_supervisor_zookeeper(const struct scale_world *w,
                                             uint32_t i);

/* Of all that are there. */
struct scale_supervisor_sums {
    uint32_t workers, running; /* that they know; that are up */
    uint32_t unsupplied;       /* whose records were not there, or others */
};
struct scale_supervisor_sums scale_supervisors_sum(const struct scale_world *w);

#endif
