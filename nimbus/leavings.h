/*
 * leavings.h - what a topology leaves in ZooKeeper when its record is gone: the
 * children of /errors/ID and /positions/ID, and these.
 *
 * No leader needs to be fenced for that: an id never comes again. On the loop's
 * thread.
 */
#ifndef GALE_LEAVINGS_H
#define GALE_LEAVINGS_H

#include "common/zookeeper.h"

struct leavings;

struct leavings *leavings_new(struct zookeeper *zookeeper);
/* NULL is fine. */
void leavings_free(struct leavings *l);

/* Of this topology, once change number `change` is durable (mirror.h). */
void leavings_add(struct leavings *l, const char *id, uint64_t change);
/* There is something of this topology, which may be gone or not: */
void leavings_found(struct leavings *l, const char *id);
/* … remove all that was found of those that are not kept. */
void leavings_sweep(struct leavings *l, bool (*keep)(void *arg, const char *id),
                    void *arg);
/* So far all is durable. */
void leavings_durable(struct leavings *l, uint64_t change);
/* Now and then: what could not be removed is tried again. */
void leavings_tick(struct leavings *l);

#endif
