/*
 * wiring.h - from a checked topology to executors on carriers.
 */
#ifndef GALE_WIRING_H
#define GALE_WIRING_H

#include "worker/worker.h"
#include <gale/local.h>

struct executor;
struct log;

/*
 * All executors, tasks, routes and carriers of the model, instances filled from
 * their options; nothing runs yet. NULL with the error. The log stays the
 * caller's. n_carriers: 0 for one per CPU or what the configuration says.
 */
struct worker *worker_new(struct env *env, const struct model *m,
                          const struct plan *plan, struct log *log,
                          uint32_t n_carriers, gale_err *error);

/* For rewiring.c: how many executors each component has by the plan, and which
 * number its first one has there; all of them together. */
uint32_t wiring_count(struct worker *w);
/* Where tuples for its tasks go, and acks for them: as executor `index` of its
 * component, whose crew has room for it. */
void wiring_enter(struct executor *e, uint32_t index);

/* Carriers are stopped. NULL is fine. */
void worker_free(struct worker *w);

/* Start the carriers; stop them. */
/* False if not all of its threads can be started. */
bool worker_start(struct worker *w);
void worker_stop(struct worker *w);

/* Send a message of this kind to all executors of a component; worker.waiting
 * counts the answers. */
void worker_tell(struct worker *w, uint32_t component, int kind);

#endif
