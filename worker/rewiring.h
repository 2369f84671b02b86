/*
 * rewiring.h - executors of other workers are elsewhere by now.
 *
 * What is here stays: executors, tasks, their routes and what they hold. What
 * stands for the others is made again: crews, stand-ins, outlets to them, ways
 * of acks, links. A stand-in whose executor has the same tasks as before is the
 * same stand-in, with what waits in it, wherever that executor is.
 */
#ifndef GALE_REWIRING_H
#define GALE_REWIRING_H

struct plan;
struct worker;

/* The plan is the worker's from here on, and has passed plan_check_change();
 * the caller frees the one before. All carriers are parked, and nobody else
 * looks at the worker's parts meanwhile. */
void worker_rewire(struct worker *w, const struct plan *plan);

#endif
