/*
 * kept_positions.h - positions of a worker's spouts, on their way to who keeps
 * them: carriers put them here, the worker's loop takes those that changed, and
 * gives them to its supervisor.
 *
 * Any thread, but where it says otherwise.
 */
#ifndef GALE_KEPT_POSITIONS_H
#define GALE_KEPT_POSITIONS_H

#include "common/digest.h"
#include "common/env.h"
#include "common/pack.h"
#include "worker/position_store.h"

struct kept_positions;

/* birth: of the worker, which is told with each position (position_record.h).
 * soon(arg): there is something to take. By any carrier. */
struct kept_positions *kept_positions_new(struct env *env, uint64_t birth,
                                          void (*soon)(void *arg), void *arg);
void kept_positions_free(struct kept_positions *k); /* NULL is fine */

/* For the engine. */
const struct position_keeper *kept_positions_keeper(struct kept_positions *k);

/* What was kept before: {name: data} of a plan; before the engine begins. */
void kept_positions_read(struct kept_positions *k, const msgpack_object *told);

/*
 * News: those that changed since they were told as such, as [{name, data} …],
 * at most so many, and first those that have waited longest; how many. Whether
 * they are taken, or kept, is nothing to it.
 */
uint32_t kept_positions_news(struct kept_positions *k, struct pack *list,
                             uint32_t max);

/* How many changed since they were taken. */
uint32_t kept_positions_n_changed(struct kept_positions *k);

/*
 * Those that changed since they were taken, as [{name, data} …], at most so
 * many, and first those that have waited longest; how many. What was taken
 * before is settled: kept_positions_again() or kept_positions_kept().
 */
uint32_t kept_positions_take(struct kept_positions *k, struct pack *list,
                             uint32_t max);
/* What was taken last is not kept: it changes again. */
void kept_positions_again(struct kept_positions *k);
/* Nothing waits to be taken, nor is on its way. */
bool kept_positions_done(struct kept_positions *k);
/* What was taken last is kept. */
void kept_positions_kept(struct kept_positions *k);

#endif
