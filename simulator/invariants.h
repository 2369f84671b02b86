/*
 * invariants.h - what the author of a topology says must be true of it
 * (gale/invariant.h), looked at in a run.
 */
#ifndef GALE_INVARIANTS_H
#define GALE_INVARIANTS_H

#include "simulator/ledger.h"
#include <stdbool.h>

struct invariants;
struct worker;

/* What is not true goes to the ledger, as a violation. */
struct invariants *invariants_new(struct worker *w, struct ledger *ledger);
void invariants_free(struct invariants *i); /* NULL is fine */

/* So many tasks have begun anew. */
void invariants_restarts(struct invariants *i, uint32_t tasks);

/* All threads wait: is it a quiet point? Then look; apart: so many things count
 * as under way that are not (a thread of faults). now: of the world's clock.
 * Must not come to a point. */
void invariants_idle(struct invariants *i, uint32_t apart, int64_t now);

/* All results are out, and nothing is closed yet. */
void invariants_end(struct invariants *i, int64_t now);

/* How often they were looked at. */
uint64_t invariants_looks(const struct invariants *i);

#endif
