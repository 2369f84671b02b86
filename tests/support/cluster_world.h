/*
 * cluster_world.h - the world of one worker of a cluster_run: the real one,
 * whose connections, and memory that it shares, a test can harm.
 */
#ifndef TESTS_CLUSTER_WORLD_H
#define TESTS_CLUSTER_WORLD_H

#include "common/env.h"
#include <pthread.h>
#include <stdatomic.h>

enum { CLUSTER_FDS = 256 };

/* The world of one worker: the real one, whose connections a test can harm. */
struct cluster_world {
    struct env env; /* first */
    struct env_ops ops;
    pthread_mutex_t lock;
    int fds[CLUSTER_FDS]; /* connections that are there */
    uint32_t n_fds;
    _Atomic(bool) damages;      /* the next bytes that come are changed */
    _Atomic(bool) mute;         /* what it sends does not go anywhere */
    _Atomic(bool) full;         /* it has no descriptor left for who calls */
    _Atomic(uint64_t) refused;  /* … which it has said so often */
    _Atomic(uint64_t) attempts; /* calls */
    void *shared;               /* memory of a link, or NULL */
    _Atomic(bool) shares_none;  /* it has no memory for links */
    _Atomic(bool) is_foreign;   /* others are of another user, it says */
};

void cluster_world_init(struct cluster_world *w);
/* All connections that are there break. */
void cluster_world_cut(struct cluster_world *w);
/* Nonsense is written into shared memory; false: there is none now. */
bool cluster_world_scribble(struct cluster_world *w);

#endif
