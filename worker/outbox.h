/*
 * outbox.h - from emit to the inboxes of the consumers.
 *
 * A task has one outlet per consuming executor, shared by all its streams, so
 * that what one task sends another arrives in the order in which it was
 * emitted. An outlet has at most one open block; tuples are written straight
 * into it; when they are sent, the rest of the block is free for another outlet
 * of the executor. What is written and not yet covered by an envelope is a
 * *slice*, all of one route; sending it (outlet_send) makes it visible, and
 * the outlet goes on writing behind it.
 *
 * A slice is sent when the block is full, when another route begins, when the
 * consumer is slow (gate.slice), and at the end of a run when the consumer is
 * idle or the producer becomes idle. No timer, no knob.
 */
#ifndef GALE_OUTBOX_H
#define GALE_OUTBOX_H

#include "common/histogram.h"
#include "worker/executor.h"
#include "worker/tuple_layout.h"

struct counter_pair;

/* A consuming component as one producing task sees it. */
struct destination {
    const struct component *component;
    struct executor **executors; /* of the component; shared, not owned */
    const uint32_t *place; /* per task: executor << 16 | index in it; shared */
    uint32_t n_tasks;
    uint32_t n_executors;
    uint32_t block_class;    /* of its outlets' blocks */
    struct outlet **outlets; /* per executor, made when first used */
};

/* One subscription to one stream, as one producing task sees it. */
struct route {
    const struct component *from;
    const struct stream_decl *stream;
    int32_t source_task;
    uint32_t input; /* index among the consumer's inputs */
    uint32_t kind;  /* gale_grouping_kind */
    uint32_t n_key;
    const uint32_t *key;
    bool in_cycle; /* producer and consumer are in the same cycle */
    bool exact;    /* shuffle: tuple by tuple, always */
    struct destination *to;
    struct outlet *first; /* of task 0, once there is one */
    uint64_t seed;
    uint32_t current; /* shuffle: task of the open slice */
    uint32_t taken;   /* … tuples for it, not in `used` yet */
    uint64_t turn;    /* … more than so many go to another one */
    uint32_t stay;    /* … fewer go to this one, while it has room */
    uint64_t dealt;   /* … by all choices before */
    bool keep;        /* … the choice is made: do not make it again */
    uint32_t *here;   /* … from each task the next that may be chosen; NULL:
                            all may */
    uint64_t *used;   /* shuffle, partial key: tuples sent per task; custom:
                            the last choice that had the task */
    gale_router *router; /* custom */
    const gale_grouping *custom;
    uint32_t *chosen; /* custom: room for n_tasks */
    uint64_t n_choices;
};

static inline bool route_is_shuffle(const struct route *r)
{
    return r->kind == GALE_SHUFFLE || r->kind == GALE_NONE ||
           r->kind == GALE_LOCAL_OR_SHUFFLE;
}

/* The trees that a tuple being emitted becomes part of. */
struct tree {
    uint64_t root;
    uint64_t sum;  /* of the input's edge, less those made so far */
    uint64_t edge; /* of what is emitted; 0: to be drawn */
};

struct stream_out;

/* Emits to a stream that is not direct. */
typedef gale_result stream_emit_fn(struct task *task, struct stream_out *s,
                                   struct tree *trees, uint32_t n_trees,
                                   const gale_value *values, uint32_t n);

/* Emits rows of as many values as the stream has fields, anchored to the task's
 * input. */
typedef gale_result stream_rows_fn(struct task *task, struct stream_out *s,
                                   const gale_value *values, uint32_t n_rows);

/* So many messages took so long, which is not yet in their histogram. */
struct lag {
    int64_t ns;
    uint64_t n;
};

/* A spout's messages of one of its streams; by the task's thread alone. But for
 * `complete` it is of streams but the first, which has the rest of those of its
 * task. */
struct stream_messages {
    uint64_t n_acked; /* not counted yet */
    struct lag lag;
    _Atomic(uint64_t) acked;
    _Atomic(uint64_t) failed; /* timed out ones, too */
    _Atomic(uint64_t) timed_out;
    _Atomic(uint64_t) pending;
    histogram_slot complete; /* ns */
};

/* A declared stream of a task. */
struct stream_out {
    const struct stream_decl *decl;
    stream_emit_fn *emit; /* outbox_emit_for(), while emitting is allowed */
    stream_rows_fn *emit_rows; /* … its companion */
    struct route *routes;
    uint32_t n_routes;
    _Atomic(uint64_t) emitted;      /* written by the task's thread alone */
    _Atomic(uint64_t) transferred;  /* less what went the fast way */
    _Atomic(uint64_t) emitted_fast; /* part of neither; one tuple each */
    struct stream_messages messages;
};

struct emission {
    struct stream_out *stream;
    struct tree *trees;
    uint32_t n_trees;
    int32_t direct_task; /* 0: none */
    int32_t *tasks;      /* out, or NULL */
    uint32_t tasks_max;
    uint32_t n_tasks; /* out: tuples made */
};

/*
 * Send the values to every subscriber of the stream. The trees' sums take up
 * the new edges. On a refusal nothing is sent, the worker fails with a
 * sentence, and the result is GALE_FATAL.
 */
gale_result outbox_emit(struct task *task, struct emission *x,
                        const gale_value *values, uint32_t n);

/* The `emit` of any stream that is not direct. */
stream_emit_fn outbox_emit_general;

/* Choose the best for the stream, once its routes are known. */
void outbox_emit_for(struct stream_out *s, bool watched);

/* The general ones, which refuse when emitting is not allowed. */
void outbox_emit_refused(struct stream_out *s);

/* Send what is written to consumers that are idle, or to all. */
void outbox_flush(struct executor *e, bool all);

/* What it has written and not sent lies in many slices of few tuples. */
bool outbox_is_thin(const struct executor *e);

/* Close all blocks; after the last run. */
void outbox_close(struct task *task);

/* What is written and not sent is lost; it may write again. */
void outbox_forget(struct executor *e);

#endif
