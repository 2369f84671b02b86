/*
 * shared_ring.h - a stream of bytes from one process to another, in memory that
 * both have. Lock-free; one thread writes, one reads.
 *
 * What the other side has put there is not trusted: each side keeps its own
 * count where the other one cannot reach it, and takes a count of the other's
 * only if it can be true. Bytes are copied out before anybody looks at them,
 * so that they are what was judged.
 *
 * A side that finds nothing to do may sleep: it says so (_rests), and looks
 * once more. Whoever gives it something then has to wake it (_wakes), once.
 * Each stores before it loads, in one order for all (seq_cst), so that one of
 * the two sees the other.
 */
#ifndef GALE_SHARED_RING_H
#define GALE_SHARED_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARED_RING_LINE 64

/* In shared memory; all bytes are zero at first. */
struct shared_ring_head {
    _Alignas(SHARED_RING_LINE) _Atomic(uint64_t) written; /* by the writer … */
    _Alignas(SHARED_RING_LINE) _Atomic(uint64_t) read;    /* by the reader */
    _Alignas(SHARED_RING_LINE) _Atomic(uint32_t) reader_rests;
    _Alignas(SHARED_RING_LINE) _Atomic(uint32_t) writer_rests;
};

/* One side of it; the other one has another. */
struct shared_ring {
    struct shared_ring_head *head;
    uint8_t *data;
    size_t size;     /* a power of two */
    uint64_t mine;   /* bytes that this side has written, or read */
    uint64_t theirs; /* … and the other, when it was looked at last */
};

void shared_ring_init(struct shared_ring *r, struct shared_ring_head *head,
                      void *data, size_t size);

/* As many of n bytes as there is room for, or have come: how many; 0: none. -1:
 * the other side says what cannot be. */
int64_t shared_ring_write(struct shared_ring *r, const void *data, size_t n);
int64_t shared_ring_read(struct shared_ring *r, void *to, size_t n);

/* Of the reader: something has come, or the writer says what cannot be. */
static inline bool shared_ring_has(const struct shared_ring *r)
{
    return atomic_load_explicit(&r->head->written, memory_order_relaxed) !=
           r->mine;
}

/* Of the writer: there is room, or the reader says what cannot be. */
static inline bool shared_ring_has_room(const struct shared_ring *r)
{
    return r->mine -
               atomic_load_explicit(&r->head->read, memory_order_relaxed) !=
           r->size;
}

/* Of a side that has nothing to do: the other one is to wake it. False: there
 * is something. */
bool shared_ring_reader_rests(struct shared_ring *r);
bool shared_ring_writer_rests(struct shared_ring *r);
/* It looks by itself again. */
void shared_ring_reader_is_up(struct shared_ring *r);
void shared_ring_writer_is_up(struct shared_ring *r);

/* Of the other side, after it has written, or read: is it to be woken? Once. */
bool shared_ring_wakes_reader(struct shared_ring *r);
bool shared_ring_wakes_writer(struct shared_ring *r);

#endif
