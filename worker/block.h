/*
 * block.h - the memory that tuples travel in.
 *
 * A block is written by one producer, front to back, and read by the consumers
 * of the envelopes that cover slices of it; it goes home when the producer has
 * closed it and the last envelope is consumed. Sizes come in classes from 256 B
 * to 16 KiB, so that an executor with thousands of destinations can keep one
 * open block for each; a tuple larger than half of the largest gets a block of
 * its own exact size.
 *
 * Threads. Each carrier owns one pool and alone allocates from it. Blocks freed
 * by the same carrier are used again last in, first out (still in the cache);
 * those freed by another come back through a stack that any thread pushes to
 * and the owner takes whole.
 *
 * Where memory is limited, pools keep a part of the limit and no more. Beyond
 * it each block and envelope is taken from the system by itself, and given back
 * when it is free: so what one pool has lying idle, in one class, is never what
 * another one lacks.
 */
#ifndef GALE_WORKER_BLOCK_H
#define GALE_WORKER_BLOCK_H

#include "worker/budget.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_SIZE_MIN 256u
#define BLOCK_SIZE_MAX 16384u
#define BLOCK_CLASSES 7u /* 256 … 16384 */
#define BLOCK_HEADER 64u
#define BLOCK_OWN (BLOCK_CLASSES) /* class of one that is the system's */

struct block_pool;

/* An item of a pool: the first member of whatever is pooled. */
struct pooled {
    struct pooled *next;
    struct block_pool *home;
    uint32_t class;
};

struct block {
    struct pooled pooled;
    _Atomic(uint32_t) refs; /* the producer's while open, one per envelope */
    uint32_t size;          /* bytes with the header */
    char pad[BLOCK_HEADER - sizeof(struct pooled) - 8];
    char data[];
};

_Static_assert(sizeof(struct block) == BLOCK_HEADER, "block header");

struct slab; /* memory that items are cut from */

struct block_pool {
    struct budget *budget;
    bool alone; /* no other thread uses its blocks: nothing is locked */
    struct slab *slabs;
    struct pooled *free[BLOCK_CLASSES + 1]; /* the last one: envelopes */
    _Atomic(struct pooled *) returned[BLOCK_CLASSES + 1];
};

void block_pool_init(struct block_pool *pool, struct budget *budget);
/* When no thread uses any block of it any more. */
void block_pool_fini(struct block_pool *pool);

/* The smallest class that holds `bytes` with the header, or BLOCK_OWN. */
uint32_t block_class(uint32_t bytes);

/*
 * An empty block of the class with one reference, the caller's; for
 * BLOCK_OWN of `bytes` data bytes. Beyond the budget there is more all the
 * same: see budget_take().
 */
struct block *block_new(struct block_pool *pool, uint32_t class, size_t bytes);

/* Give one reference back; `pool` is the pool of the calling carrier. */
void block_unref(struct block_pool *pool, struct block *b);

static inline void block_ref(struct block *b)
{
    if (b->pooled.home->alone)
        atomic_store_explicit(
            &b->refs, atomic_load_explicit(&b->refs, memory_order_relaxed) + 1,
            memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
}

/* Items of 64 B for envelopes, from the same slabs. */
void *block_pool_item(struct block_pool *pool);
void block_pool_item_free(struct block_pool *pool, void *item);

#endif
