/*
 * outlet.h - where a task writes the tuples for one executor.
 *
 * A task has one outlet per consuming executor, shared by all its streams, so
 * that what one task sends another arrives in the order in which it was
 * emitted. An outlet has at most one open block; tuples are written straight
 * into it. What is written and not yet covered by an envelope is a *slice*, all
 * of one route; sending it makes it visible, and the outlet goes on writing
 * behind it, or leaves the rest of the block to another outlet of the executor.
 *
 * A slice is sent when the block is full, when another route begins, when the
 * consumer is slow (gate.slice), and at the end of a run when the consumer is
 * idle, the producer becomes idle, may block, or has worked for a while since
 * it sent all it had. No timer, no knob.
 *
 * The functions that every tuple passes are inline.
 */
#ifndef GALE_OUTLET_H
#define GALE_OUTLET_H

#include "worker/carrier.h"
#include "worker/outbox.h"

struct outlet {
    /* What every emit looks at: one cache line. */
    _Alignas(64) const struct route *route; /* of the slice */
    char *cursor;                           /* end of what is written */
    char *end;                              /* of the room behind it */
    uint32_t n;                             /* tuples in the slice */
    uint32_t n_max;                         /* send when it has so many */
    uint64_t head;         /* of the first tuple of the slice … */
    uint64_t unlike;       /* … and the bits in which others differ */
    struct executor *from; /* the producer */
    bool dirty;            /* on its list */

    _Alignas(64) struct executor *to;
    struct block *block;      /* open, or NULL */
    char *slice;              /* first byte not sent */
    char *shared;             /* its shared anchors end here, and begin at
                                 `end` */
    uint32_t block_class;     /* of the next block … */
    uint32_t block_class_max; /* … at most */
    struct outlet *next_dirty;
    uint32_t sent;          /* envelopes … */
    _Atomic(uint32_t) done; /* … that the consumer has executed */
};

/* Send the slice, if there is one. */
void outlet_send(struct outlet *o);

/* Send it, and part with the block, which is full. */
void outlet_close(struct outlet *o);

/* A block with room for a tuple of `size` bytes; there is none open. */
void outlet_open(struct outlet *o, uint32_t size);

/* The outlet for an executor of the route's consumer; made once. */
struct outlet *outlet_new(struct task *task, const struct route *r,
                          uint32_t executor);

/* Its executor is gone, all that was written was sent, and nothing of it is
 * under way. NULL is fine. */
void outlet_free(struct outlet *o);

/* The next task of a shuffle; outlet_shuffle() calls it. */
uint32_t outlet_shuffle_next(struct route *r);

static inline struct outlet *outlet_of(const struct route *r, uint32_t target)
{
    return r->to->outlets[r->to->place[target] >> 16];
}

static inline struct gate *outlet_gate(const struct route *r, uint32_t target)
{
    return r->to->executors[r->to->place[target] >> 16]->gate;
}

/* Among very many tasks, one has several slices in a row, so that it can send
 * on more than a tuple or two to each of its own consumers. */
static inline bool outlet_stays(const struct route *r)
{
    return r->taken <= r->stay && !gate_full(outlet_gate(r, r->current), 2);
}

/* A slice goes to one task, then comes another; slow tasks, tuple by tuple, and
 * while few have been dealt, few at a time. */
static inline uint32_t outlet_shuffle(struct route *r, uint32_t size)
{
    struct outlet *o;

    if (r->to->n_tasks == 1)
        return 0;
    if (__builtin_expect(r->keep, 0)) {
        r->keep = false; /* asked again for a tuple that is counted already */
        return r->current;
    }
    r->taken++;
    o = outlet_of(r, r->current);
    if (o != NULL && o->block != NULL && (size_t)(o->end - o->cursor) < size)
        outlet_close(o);
    if (((o == NULL || o->n == 0 || o->route != r) && !outlet_stays(r)) ||
        r->exact || r->taken > r->turn ||
        atomic_load_explicit(&outlet_gate(r, r->current)->each_tuple,
                             memory_order_relaxed))
        r->current = outlet_shuffle_next(r);
    return r->current;
}

/* Room for `size` bytes of this route. */
static TUPLE_INLINE char *outlet_reserve(struct outlet *o,
                                         const struct route *r, uint32_t size)
{
    if (__builtin_expect(o->route != r, 0)) {
        outlet_send(o);
        o->route = r;
    }
    if (__builtin_expect((size_t)(o->end - o->cursor) < size, 0)) {
        outlet_close(o);
        outlet_open(o, size);
    }
    return o->cursor;
}

static TUPLE_INLINE void outlet_mark_dirty(struct outlet *o)
{
    if (o->dirty)
        return;
    o->dirty = true;
    o->next_dirty = o->from->dirty;
    o->from->dirty = o;
}

/* The slice has one more tuple, with this head. */
static TUPLE_INLINE void outlet_count(struct outlet *o, uint64_t head)
{
    if (o->n++ == 0) {
        o->head = head;
        o->unlike = 0;
        outlet_mark_dirty(o);
    }
    o->unlike |= o->head ^ head;
}

static TUPLE_INLINE void outlet_written(struct outlet *o, uint32_t size,
                                        uint64_t head)
{
    o->cursor += size;
    outlet_count(o, head);
    if (__builtin_expect(o->n >= o->n_max, 0))
        outlet_send(o);
}

/* The slice has n ≥ 1 more, all with this head. */
static TUPLE_INLINE void outlet_written_rows(struct outlet *o, char *cursor,
                                             uint32_t n, uint64_t head)
{
    outlet_count(o, head);
    o->n += n - 1;
    o->cursor = cursor;
    if (__builtin_expect(o->n >= o->n_max, 0))
        outlet_send(o);
}

/* A tuple that is being written becomes a child in the tree; the edge. */
static TUPLE_INLINE uint64_t outlet_edge(struct outlet *o, struct tree *tree)
{
    if (tree->edge == 0)
        tree->edge = carrier_edge(o->from->carrier);
    tree->sum -= tree->edge;
    return tree->edge;
}

static TUPLE_INLINE uint64_t outlet_tuple_head(uint32_t size, uint32_t n_fields,
                                               uint32_t flags, uint32_t place)
{
    return size | (uint64_t)n_fields << 32 | (uint64_t)flags << 40 |
           (uint64_t)(place & 0xffff) << 48;
}

#endif
