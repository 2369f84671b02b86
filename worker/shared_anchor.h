/*
 * shared_anchor.h - one anchor for tuples in a row that belong to one message.
 *
 * What a bolt emits by rows is all of one tree. Such tuples carry no anchors:
 * those in a row share one, with a count of them, which lies at the end of the
 * block; the anchors of a slice follow each other downwards, in the order of
 * its tuples. So a word of a sentence costs nothing for being tracked.
 *
 *     block   | tuple tuple tuple …  →      ←  … anchor anchor |
 *
 * The edge is the weight of them all: it is made once, and acked when the last
 * of them is executed. Until then what the others made is taken off it where it
 * lies. It must not be acked one by one: a part might travel on with the very
 * tuple that it pays for (executor_ack()), whose edge would then be 0. A tuple
 * that is held or fails gets an edge of its own, taken off the shared one.
 *
 * As with tuples: the producer's alone until an envelope covers it, the
 * consumer's from then on.
 */
#ifndef GALE_SHARED_ANCHOR_H
#define GALE_SHARED_ANCHOR_H

#include "worker/tuple_layout.h"

struct shared_anchor {
    struct anchor anchor;
    uint64_t n; /* tuples, all with TUPLE_SHARES */
};

/* Where a consumer is in a slice. */
struct sharing {
    struct shared_anchor *at; /* the one in use; before it, the next */
    uint64_t left;            /* tuples of it that are not executed yet */
};

/* The anchor of the next tuple that shares one. */
static inline struct shared_anchor *sharing_next(struct sharing *s)
{
    if (s->left == 0) {
        s->at--;
        s->left = s->at->n;
        check(s->left > 0);
    }
    return s->at;
}

/* That many of them are executed; true if they were the last. */
static inline bool sharing_pass(struct sharing *s, uint64_t n)
{
    s->left -= n;
    return s->left == 0;
}

#endif
