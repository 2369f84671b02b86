/*
 * zookeeper_watches.h - who of a client waits for which node.
 *
 * All who wait for the same (a node, or its children) share a spot, which is
 * what the server is asked to tell: so there are as many as paths that are
 * watched, however often each is read. A spot is called once and is gone then.
 */
#ifndef GALE_ZOOKEEPER_WATCHES_H
#define GALE_ZOOKEEPER_WATCHES_H

#include "common/zookeeper.h"

struct zookeeper_spot {
    struct zookeeper_spot *next;
    uint64_t id; /* never used again */
    bool of_children;
    bool told; /* of an ensemble in memory: its call is on the way */
    struct zookeeper_watch *waiting;
    char path[];
};

/* All bytes zero: nobody waits. */
struct zookeeper_watches {
    struct zookeeper_spot *spots;
    uint64_t last_id;
};

/* The watch waits at the spot from now on, and nowhere else. */
struct zookeeper_spot *zookeeper_watches_add(struct zookeeper_watches *w,
                                             const char *path, bool of_children,
                                             struct zookeeper_watch *watch);

/* Call all who wait there; harmless if it is gone. */
void zookeeper_watches_fire(struct zookeeper_watches *w, uint64_t id);

/* Call all who wait now anywhere. */
void zookeeper_watches_fire_all(struct zookeeper_watches *w);

/* Nobody waits any longer, and nobody is called. */
void zookeeper_watches_clear(struct zookeeper_watches *w);

#endif
