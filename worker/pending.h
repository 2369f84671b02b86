/*
 * pending.h - the messages of one spout task that are not settled yet.
 *
 * This is the acker: beside the spout, no component and no messages of its own.
 * A tracked message has a 48-bit sequence number; root = task id << 48 | number
 * travels in its tuples. The table is a ring indexed by the number's low bits,
 * so that finding an entry is one load.
 *
 * Every tuple of the tree has an edge, an odd number: 1 if the spout made it,
 * else a random one, of the emitting executor or, in a cycle, of the execution.
 * An entry holds the sum, modulo 2^64, of the edges acked less those made, and
 * the tree is complete when it is 0; docs/architecture.md says why no sooner.
 * Storm takes the XOR of edges drawn one by one; sums do the same for less, and
 * a tuple that comes twice cannot complete a tree.
 *
 * A number whose slot is still taken by a straggler is skipped; when more than
 * half of the ring is taken, the ring doubles. Numbers begin at a random place
 * per run and are compared whole, so a late ack of a settled message, of an
 * earlier run or of a skipped number finds nothing.
 *
 * Pure: time comes in as an argument, no I/O, no thread but the spout's.
 */
#ifndef GALE_WORKER_PENDING_H
#define GALE_WORKER_PENDING_H

#include <gale/abi.h>

#define PENDING_SEQ_BITS 48
#define PENDING_SEQ_MASK ((UINT64_C(1) << PENDING_SEQ_BITS) - 1)
#define PENDING_MAX (UINT32_C(1) << 22) /* a spout task is not called beyond */

#define PENDING_EDGE UINT64_C(1) /* of what the spout emits; any odd number */

struct pending_entry {         /* a cache line of its own */
    _Alignas(64) uint64_t seq; /* 0: free */
    uint64_t sum;              /* of the edges acked, less those made */
    gale_msgid id;
    int64_t emitted; /* ns */
    uint64_t born;   /* number under which the message was emitted first; the
                        stream above it: pending_set_stream() */
};

struct pending {
    struct pending_entry *ring;
    uint32_t capacity; /* a power of two */
    uint32_t n;        /* entries in use */
    uint64_t next;     /* next number to try */
    uint64_t oldest;   /* no entry in use is older */
    uint32_t scan;     /* where the search for expired ones goes on */
};

enum pending_result {
    PENDING_OPEN,    /* something of the tree is still under way */
    PENDING_SETTLED, /* it is complete, or failed */
    PENDING_UNKNOWN, /* no such message: settled before, or of another run */
};

/* start: a random number; only its low 40 bits count. */
void pending_init(struct pending *p, uint64_t start);
void pending_fini(struct pending *p);

void pending_grow(struct pending *p);

static inline struct pending_entry *pending_slot(const struct pending *p,
                                                 uint64_t seq)
{
    return &p->ring[seq & (p->capacity - 1)];
}

/*
 * Enter a message; the entry stays where it is until the next one is entered.
 * When all its tuples are out, the caller takes their edges off `sum`, and
 * settles the entry if that is 0.
 */
static inline struct pending_entry *pending_add(struct pending *p,
                                                gale_msgid id, int64_t now)
{
    struct pending_entry *e;

    if (__builtin_expect(p->n >= p->capacity / 2, 0))
        pending_grow(p);
    while ((e = pending_slot(p, p->next))->seq != 0)
        p->next++;
    e->seq = e->born = p->next++;
    e->sum = 0;
    e->id = id;
    e->emitted = now;
    p->n++;
    return e;
}

/*
 * The stream of the message, 0 unless it was set, once. It lies in `born`,
 * where it costs nothing: of the usual message, of the first stream and emitted
 * for the first time, born is seq, and one look tells it from all others.
 */
static inline void pending_set_stream(struct pending_entry *e, uint32_t stream)
{
    e->born |= (uint64_t)stream << PENDING_SEQ_BITS;
}

static inline uint32_t pending_stream(const struct pending_entry *e)
{
    return (uint32_t)(e->born >> PENDING_SEQ_BITS);
}

static inline uint64_t pending_born(const struct pending_entry *e)
{
    return e->born & PENDING_SEQ_MASK;
}

/* The entry of a number that is in use, else NULL. */
static inline struct pending_entry *pending_find(const struct pending *p,
                                                 uint64_t seq)
{
    struct pending_entry *e = pending_slot(p, seq);

    return e->seq == seq && seq != 0 ? e : NULL;
}

/* What is settled makes room; the caller takes it off n. */
static inline void pending_free(struct pending_entry *e)
{
    e->seq = 0;
}

static inline void pending_remove(struct pending *p, struct pending_entry *e)
{
    pending_free(e);
    p->n--;
}

/* Take the entry out. */
static inline enum pending_result pending_settle(struct pending *p,
                                                 struct pending_entry *e,
                                                 struct pending_entry *out)
{
    *out = *e;
    pending_remove(p, e);
    return PENDING_SETTLED;
}

/*
 * A bolt acked: `value` is the edge of its input less those it made. If that
 * completes the tree, *settled is the entry, for the caller to remove.
 */
static inline enum pending_result pending_ack(const struct pending *p,
                                              uint64_t seq, uint64_t value,
                                              struct pending_entry **settled)
{
    struct pending_entry *e = pending_find(p, seq);

    if (__builtin_expect(e == NULL, 0))
        return PENDING_UNKNOWN;
    e->sum += value;
    *settled = e;
    return e->sum == 0 ? PENDING_SETTLED : PENDING_OPEN;
}

static inline enum pending_result pending_fail(struct pending *p, uint64_t seq,
                                               struct pending_entry *out)
{
    struct pending_entry *e = pending_find(p, seq);

    return e == NULL ? PENDING_UNKNOWN : pending_settle(p, e, out);
}

/*
 * How many slots are due to be looked at when so much time has passed since the
 * last look: the whole ring in each eighth of the timeout, however late a look
 * may come. passed ≥ 0, timeout > 0, in the same unit.
 */
uint32_t pending_due(const struct pending *p, int64_t passed, int64_t timeout);

/*
 * Look at the next `n_slots` slots for an entry emitted at or before `before`;
 * remove it and return true, with *n_slots reduced by what was looked at; false
 * when they are used up.
 */
bool pending_expire(struct pending *p, int64_t before, uint32_t *n_slots,
                    struct pending_entry *out);

/* The least number in use, or the next one if none is. */
uint64_t pending_oldest(struct pending *p);

#endif
