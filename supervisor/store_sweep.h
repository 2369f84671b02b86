/*
 * store_sweep.h - files of topologies that are gone leave the supervisor's
 * store; otherwise it would grow with each submission.
 *
 * A worker has links to its files, so one that runs or ends misses nothing.
 */
#ifndef GALE_STORE_SWEEP_H
#define GALE_STORE_SWEEP_H

#include "common/store.h"
#include "common/topology_record.h"

/* Removes what none of these topologies names: files and descriptions. How
 * many; what is being fetched is none yet. */
uint32_t store_sweep(struct store *store,
                     const struct topology_record *const *topologies,
                     uint32_t n);

#endif
