/*
 * memory_world.h - an event loop and a ZooKeeper in memory that goes with its
 * time, for tests of what lives on both.
 */
#ifndef TESTS_MEMORY_WORLD_H
#define TESTS_MEMORY_WORLD_H

#include "common/loop.h"
#include "common/zookeeper_memory.h"

#define MS INT64_C(1000000)

struct memory_world {
    struct loop *loop;
    struct zookeeper_memory *memory;
    struct zookeeper *mine;  /* of what is tested … */
    struct zookeeper *other; /* … and of the test itself */
    char found[64 * 1024];
};

/* Both clients are connected; answers take a millisecond each way. */
void memory_world_begin(struct memory_world *w);
/* Its clients go, then the rest: in two steps, if something must go between. */
void memory_world_end_zookeeper(struct memory_world *w);
void memory_world_end(struct memory_world *w);

/* A millisecond, or less. */
void memory_world_go_on(struct memory_world *w);
/* So many of them: for what shall not happen. */
void memory_world_settle(struct memory_world *w, uint32_t ms);

/* Somebody else makes a node, or sets it, whatever it was. */
void memory_world_create(struct memory_world *w, const char *path,
                         const void *data, size_t size);
void memory_world_set(struct memory_world *w, const char *path,
                      const void *data, size_t size);
/* "VALUE vVERSION" as somebody else sees it, or "none"; values with bytes that
 * are no text are compared by their versions. */
const char *memory_world_at(struct memory_world *w, const char *path);

#endif
