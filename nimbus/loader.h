/*
 * loader.h - reads all children of some nodes of ZooKeeper: what a leader
 * begins with. On the loop's thread.
 */
#ifndef GALE_LOADER_H
#define GALE_LOADER_H

#include "common/zookeeper.h"

struct loader;

struct loader_options {
    struct zookeeper *zookeeper;
    const char *const *parents; /* "/topologies" …; n of them */
    uint32_t n_parents;
    void *arg;
    /* A child: answer->data, answer->stat. Those that go away meanwhile are not
     * told. */
    void (*each)(void *arg, const char *path,
                 const struct zookeeper_answer *answer);
    /* The last call: all were told; or not, for this reason. The loader is gone
     * then. */
    void (*done)(void *arg, enum zookeeper_result result);
};

/* Makes parents that are not there. */
struct loader *loader_new(const struct loader_options *options);
/* Before it is done: nothing is called any more. It goes with its last answer,
 * that is with zookeeper_free() at the latest. NULL is fine. */
void loader_cancel(struct loader *l);

#endif
