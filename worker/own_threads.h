/*
 * own_threads.h - an executor that keeps blocking gets a carrier of its own.
 *
 * While a callback waits, the other executors of its carrier wait, too. A
 * component that says so has carriers of its own from the start; of one that
 * does not, the carrier finds it out (blocks_rule.h): after a long run of an
 * executor it looks at what its thread does in the next ones, and if they wait
 * it makes another carrier, and moves the executor there (moving.h), for good.
 * From then on it is one that blocks, as if it had been said.
 *
 * There are at most gale.worker.own.threads of them; who finds no room stays.
 */
#ifndef GALE_OWN_THREADS_H
#define GALE_OWN_THREADS_H

#include <stdbool.h>

struct carrier;
struct executor;

/* After a run of e that took BLOCKS_RUN_NS or longer, before it is put away; by
 * its carrier. True: it is another carrier's now. */
bool own_threads_takes(struct carrier *c, struct executor *e);

#endif
