/*
 * parking.h - all carriers of a worker stand still between two runs: no
 * callback is under way, and whoever has asked for it may touch what is theirs.
 *
 * A carrier that is asked parks when its run is over, however long that takes,
 * and wakes the control thread; nobody waits for it but who looks again. What
 * the carriers have done before is seen by who finds that all are parked, and
 * the other way round when they go on.
 */
#ifndef GALE_PARKING_H
#define GALE_PARKING_H

#include "worker/worker.h"

/* It may be repeated. worker_notify() when all are parked. */
void parking_ask(struct worker *w);
bool parking_is_full(struct worker *w);
/* They go on; also those that have not parked yet. */
void parking_end(struct worker *w);

/* The carrier's own, between two runs: returns when it may go on, or is to
 * end. */
void parking_take(struct carrier *c);

#endif
