/*
 * loop_ops.h - how a loop waits: what is behind loop.h in one world. The real
 * one is env_loop.c.
 *
 * What loop.h promises holds here. All of it is called on the loop's thread but
 * `wake`. Private to loop.c and to worlds.
 */
#ifndef GALE_LOOP_OPS_H
#define GALE_LOOP_OPS_H

#include "common/loop.h"

struct loop_post;

/* What all loops have; the first member of a world's own. */
struct loop {
    const struct loop_ops *ops;
    struct env *env;
    bool ended;

    struct env_monitor *monitor; /* of what is posted, in order */
    struct loop_post *first, **last;
    struct loop_post *running; /* taken from there: of the loop's thread */
};

struct loop_ops {
    /* With memory for what all loops have, all zero. NULL and errno. */
    struct loop *(*open)(struct env *env);
    /* No timer and no watch is set. */
    void (*close)(struct loop *loop);
    /* Waits until something is due, and calls what is, each of it once, unless
     * `ended` is set meanwhile: what is left is due in the next turn. */
    void (*turn)(struct loop *loop);
    /* `ended` was set. */
    void (*end)(struct loop *loop);
    /* Any thread: the next turn calls loop_run_posts(). Never lost. */
    void (*wake)(struct loop *loop);

    /* Its loop and its time are set; event: NULL, or that of another time. */
    void (*timer_set)(struct loop_timer *timer);
    /* Frees the event, which there is. */
    void (*timer_clear)(struct loop_timer *timer);
    /* 0 and an event; -1 and errno. */
    int (*watch_set)(struct loop_watch *watch, int fd, bool writable);
    void (*watch_clear)(struct loop_watch *watch);
    /* As loop_signals(). */
    int (*signals)(struct loop *loop, const int *signals, uint32_t n,
                   void (*fn)(void *arg, int signal), void *arg);
};

/* For `turn`: what was posted. */
void loop_run_posts(struct loop *loop);
/* The same: it is due, and not set any more. */
void loop_timer_fire(struct loop_timer *timer);

#endif
