/*
 * world_zookeeper.h - the ZooKeeper of a simulated world: an ensemble in memory
 * (common/zookeeper_memory.h), which a thread of the first process carries on,
 * and a client in each process that joins.
 *
 * A client hears what comes to it on its process's loop. One that is crashed
 * leaves its session to expire; one that is paused is not heard meanwhile. What
 * a way takes is drawn for each letter.
 *
 * But for new and free, none of these comes to a point.
 */
#ifndef GALE_WORLD_ZOOKEEPER_H
#define GALE_WORLD_ZOOKEEPER_H

#include "common/loop.h"
#include "common/zookeeper_memory.h"
#include "simulator/world_process.h"

struct world_zookeeper;

/* A way takes up to so long; at times, and for slow clients, ten times that. */
struct world_zookeeper *world_zookeeper_new(struct world *w, int64_t way_ns);
/* No process has a client any more. */
void world_zookeeper_free(struct world_zookeeper *z);

/* For the process of the loop, of which each may have one at a time; as
 * daemon_place.join wants it. zookeeper_free() ends its session. */
struct zookeeper *world_zookeeper_join(struct world_zookeeper *z,
                                       struct loop *loop, int64_t session_ns,
                                       zookeeper_state_fn *fn, void *arg);

/* To look at it, and to stop and start the ensemble. */
struct zookeeper_memory *world_zookeeper_memory(struct world_zookeeper *z);

/* How many nodes the client of a process watches; 0: it has none. */
uint32_t world_zookeeper_watched(struct world_zookeeper *z,
                                 const struct world_process *p);

/* The session of that client, as far as it has heard; 0: none. */
int64_t world_zookeeper_session(struct world_zookeeper *z,
                                const struct world_process *p);

/* -- what can go wrong with the client of a process ------------------------ */

/* As zookeeper_memory.h says; nothing if the process has none. */
void world_zookeeper_cut(struct world_zookeeper *z,
                         const struct world_process *p, enum zookeeper_cut how);
void world_zookeeper_heal(struct world_zookeeper *z,
                          const struct world_process *p);
void world_zookeeper_lose_answers(struct world_zookeeper *z,
                                  const struct world_process *p, uint32_t n);
void world_zookeeper_expire(struct world_zookeeper *z,
                            const struct world_process *p);
void world_zookeeper_slow(struct world_zookeeper *z,
                          const struct world_process *p, int64_t until);

#endif
