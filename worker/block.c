/* block.c - pools of blocks and envelopes; see block.h. */
#include "worker/block.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include <stdlib.h>
#include <string.h>

#define SLAB_SIZE (256u * 1024u)
#define ITEM_SIZE 64u
#define ITEM_CLASS BLOCK_CLASSES
#define ITEM_OWN (BLOCK_CLASSES + 1) /* an envelope that is the system's */

struct slab {
    struct slab *next;
    char *at;  /* what is left to cut from … */
    char *end; /* … ends here */
};

void block_pool_init(struct block_pool *pool, struct budget *budget)
{
    memset(pool, 0, sizeof(*pool));
    pool->budget = budget;
}

void block_pool_fini(struct block_pool *pool)
{
    while (pool->slabs) {
        struct slab *next = pool->slabs->next;

        free(pool->slabs);
        pool->slabs = next;
    }
}

uint32_t block_class(uint32_t bytes)
{
    uint32_t class = 0;

    while (class < BLOCK_CLASSES && (BLOCK_SIZE_MIN << class) < bytes)
        class ++;
    return class;
}

/* NULL: the slab is full, and pools may keep no more. */
static void *cut(struct block_pool *pool, size_t size)
{
    struct slab *s = pool->slabs;

    check(size <= SLAB_SIZE - 64);

    if (s == NULL || (size_t)(s->end - s->at) < size) {
        if (!budget_may_pool(pool->budget, SLAB_SIZE))
            return NULL;
        s = budget_take(pool->budget, SLAB_SIZE);
        s->next = pool->slabs;
        s->at = (char *)s + 64;
        s->end = (char *)s + SLAB_SIZE;
        pool->slabs = s;
    }
    s->at += size;
    return s->at - size;
}

static struct pooled *make(struct block_pool *pool, uint32_t class, size_t size)
{
    struct pooled *p = cut(pool, size);

    if (p == NULL) {
        p = budget_take(pool->budget, size);
        class = class == ITEM_CLASS ? ITEM_OWN : BLOCK_OWN;
    }
    p->home = pool;
    p->class = class;
    return p;
}

/* From the owner's list, then from what others have returned, then new. */
static struct pooled *take(struct block_pool *pool, uint32_t class, size_t size)
{
    struct pooled *p = pool->free[class];

    if (p == NULL)
        /* Acquire pairs with the release in give_back(). */
        p = atomic_exchange_explicit(&pool->returned[class], NULL,
                                     memory_order_acquire);
    if (p != NULL) {
        pool->free[class] = p->next;
        return p;
    }
    return make(pool, class, size);
}

static void give_back(struct block_pool *pool, struct pooled *p)
{
    struct block_pool *home = p->home;

    check(home != NULL && p->class <= BLOCK_CLASSES);

    if (home == pool) {
        p->next = pool->free[p->class];
        pool->free[p->class] = p;
        return;
    }
    FAULT_POINT("block_returned");
    p->next =
        atomic_load_explicit(&home->returned[p->class], memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        &home->returned[p->class], &p->next, p, memory_order_release,
        memory_order_relaxed))
        ;
}

static struct block *new_own(struct block_pool *pool, size_t bytes)
{
    size_t size = (bytes + BLOCK_HEADER + 63) & ~(size_t)63;
    struct block *b;

    check(size <= UINT32_MAX);
    b = budget_take(pool->budget, size);
    b->pooled.home = pool;
    b->pooled.class = BLOCK_OWN;
    b->size = (uint32_t)size;
    return b;
}

struct block *block_new(struct block_pool *pool, uint32_t class, size_t bytes)
{
    struct block *b;

    if (class >= BLOCK_OWN) {
        b = new_own(pool, bytes);
    } else {
        uint32_t size = BLOCK_SIZE_MIN << class;

        b = (struct block *)(void *)take(pool, class, size);
        b->size = size;
    }
    atomic_store_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

/* How many there were. */
static uint32_t drop_ref(struct block *b)
{
    uint32_t refs;

    /* Release: our reads are done before another's reuse; acquire: theirs are
     * before ours. */
    if (!b->pooled.home->alone)
        return atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel);
    refs = atomic_load_explicit(&b->refs, memory_order_relaxed);
    atomic_store_explicit(&b->refs, refs - 1, memory_order_relaxed);
    return refs;
}

void block_unref(struct block_pool *pool, struct block *b)
{
    uint32_t refs = drop_ref(b);

    check(refs > 0);
    if (refs != 1)
        return;
    if (b->pooled.class == BLOCK_OWN) {
        budget_give_back(pool->budget, b, b->size);
        return;
    }
    give_back(pool, &b->pooled);
}

void *block_pool_item(struct block_pool *pool)
{
    return take(pool, ITEM_CLASS, ITEM_SIZE);
}

void block_pool_item_free(struct block_pool *pool, void *item)
{
    struct pooled *p = item;

    if (__builtin_expect(p->class == ITEM_OWN, 0))
        budget_give_back(pool->budget, item, ITEM_SIZE);
    else
        give_back(pool, p);
}
