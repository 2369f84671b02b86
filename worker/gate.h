/*
 * gate.h - what waits in front of an executor, and who waits for room there.
 *
 * A gate counts what was sent and is not taken yet, for an executor or, in a
 * cycle, for all its members together, and parks the producers that have to
 * wait for room. Producers never wait inside a callback: they stop after it and
 * join the waiters.
 *
 * Any thread unless it says otherwise.
 */
#ifndef GALE_GATE_H
#define GALE_GATE_H

#include "worker/credit.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct budget;
struct carrier;
struct envelope;
struct executor;

struct gate {
    _Alignas(64) _Atomic(uint64_t) sent; /* loads, by producers */
    _Atomic(struct executor *) waiters;  /* a stack through next_waiter */
    _Atomic(uint32_t) max_tuples;        /* limits, by the consumer */
    _Atomic(uint32_t) max_bytes;
    _Atomic(uint32_t) slice;
    _Atomic(uint32_t) each_tuple;
    _Atomic(uint32_t) cost_ns;
    struct executor *owner;      /* the consumer; NULL: a cycle's members */
    const struct budget *budget; /* at it waits who waits for memory, not for
                                    room: memory_wait.h; NULL: for room */
    bool alone;                  /* only one carrier sends and takes */

    _Alignas(64) _Atomic(uint64_t) taken;  /* loads, by the consumer */
    struct executor *parked, *parked_last; /* waiters taken over, in order */
};

/*
 * A load is a number of tuples and of bytes in one word, so that one addition
 * counts both; the difference of two sums is the load between them, as long as
 * less than 2^28 tuples and 64 GiB wait.
 */
#define GATE_BYTES_BITS 36
#define GATE_BYTES_MASK ((UINT64_C(1) << GATE_BYTES_BITS) - 1)

static inline uint64_t gate_load(uint32_t tuples, uint32_t bytes)
{
    return (uint64_t)tuples << GATE_BYTES_BITS | bytes;
}

void gate_init(struct gate *g, struct executor *owner, struct credit credit);
void gate_limit(struct gate *g, struct credit credit);

/*
 * What is sent and not taken. Others may send and take meanwhile, so `taken` is
 * read first: at that moment no less was sent than is read afterwards. Then
 * what was both sent and taken in between counts as if it waited; the other way
 * round it would count below nothing.
 */
static inline uint64_t gate_queued(struct gate *g)
{
    uint64_t taken = atomic_load(&g->taken);

    return atomic_load(&g->sent) - taken;
}

static inline uint64_t gate_queued_tuples(struct gate *g)
{
    return gate_queued(g) >> GATE_BYTES_BITS;
}

/* ns of work that waits; 0 as long as nobody knows what a tuple costs. */
static inline int64_t gate_work(struct gate *g)
{
    return (int64_t)(gate_queued_tuples(g) *
                     atomic_load_explicit(&g->cost_ns, memory_order_relaxed));
}

/* With this load, more than `halves` / 2 of a limit. */
static inline bool gate_would_be_full(struct gate *g, uint64_t load,
                                      uint32_t halves)
{
    uint64_t tuples =
        atomic_load_explicit(&g->max_tuples, memory_order_relaxed);
    uint64_t bytes = atomic_load_explicit(&g->max_bytes, memory_order_relaxed);

    return (load >> GATE_BYTES_BITS) * 2 > tuples * halves ||
           (load & GATE_BYTES_MASK) * 2 > bytes * halves;
}

static inline bool gate_full(struct gate *g, uint32_t halves)
{
    return gate_would_be_full(g, gate_queued(g), halves);
}

/* A producer. */
static inline void gate_sent(struct gate *g, uint64_t load)
{
    if (g->alone)
        atomic_store_explicit(
            &g->sent,
            atomic_load_explicit(&g->sent, memory_order_relaxed) + load,
            memory_order_relaxed);
    else
        atomic_fetch_add(&g->sent, load);
}

/* The producer e waits for room; it may be made runnable again at once. */
void gate_wait(struct gate *g, struct executor *e, struct carrier *c);
/* The consumer took an envelope: a few waiters may run, in the order in which
 * they came, as long as there is room. */
void gate_taken(struct gate *g, const struct envelope *env, struct carrier *c);
/* The consumer has nothing left: all waiters may run. */
void gate_drained(struct gate *g, struct carrier *c);
/* However much waits, nobody waits for room any more: all waiters may run. The
 * owner's carrier. */
void gate_release(struct gate *g, struct carrier *c);
/* Of a gate without an owner: all waiters may run. */
void gate_open(struct gate *g);
/* Of a gate at which its owner alone sends and takes: so many bytes wait there
 * now. If there is room, all waiters may run. */
void gate_hold(struct gate *g, uint64_t bytes, struct carrier *c);

#endif
