/*
 * histogram.h - how long things took: counts in log-linear buckets.
 *
 * 16 buckets per power of two, so that a quantile is exact within 1/16 for any
 * value from 0 to 2^63 - 1. Negative values count as 0.
 *
 * Threads: one writer calls histogram_add(); any thread may call
 * histogram_read() at the same time. What it reads may lag behind, but no count
 * is torn. Memory: the 16 buckets of a power of two are allocated when the
 * first value falls into them, so that a histogram takes 0.5 KiB and about
 * 1 KiB more in use; and a slot for one takes 8 bytes until then, so that each
 * stream of ten thousand executors can have some.
 */
#ifndef GALE_HISTOGRAM_H
#define GALE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    HISTOGRAM_SUB = 16, /* buckets per group: 0…15, 16…31, 32…63, 64…127 … */
    HISTOGRAM_GROUPS = 60,
    HISTOGRAM_BUCKETS = HISTOGRAM_SUB * HISTOGRAM_GROUPS,
};

typedef _Atomic uint64_t histogram_count;

/* All bytes zero is an empty histogram. */
struct histogram {
    /* Stored with release by the writer once the group is zeroed; pairs with
     * the acquire in histogram_read(). */
    histogram_count *_Atomic groups[HISTOGRAM_GROUPS];
    _Atomic double sum;
    _Atomic int64_t max;
};

/* For a histogram that is made with its first value; NULL: there was none.
 * Stored with release by the writer; pairs with the acquire in
 * histogram_slot_read(). */
typedef struct histogram *_Atomic histogram_slot;

/* Counts at one time, of one or several histograms added up; all bytes zero is
 * none. */
struct histogram_snapshot {
    uint64_t n;
    double sum;
    int64_t max;
    uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *h);
/* No reader and no writer any more. */
void histogram_fini(struct histogram *h);

void histogram_slot_fini(histogram_slot *slot);

/* The writer's slow paths: make the group, make the histogram. */
histogram_count *histogram_group(struct histogram *h, uint32_t group);
struct histogram *histogram_slot_fill(histogram_slot *slot);

/* Adds what is in h to the snapshot. Any thread. */
void histogram_read(const struct histogram *h, struct histogram_snapshot *to);
void histogram_slot_read(const histogram_slot *slot,
                         struct histogram_snapshot *to);
void histogram_merge(struct histogram_snapshot *to,
                     const struct histogram_snapshot *from);

/* What a share q (0 … 1) of the values does not exceed, within 1/16; the values
 * of a bucket count as spread evenly over it. 0 if there is none. */
int64_t histogram_quantile(const struct histogram_snapshot *s, double q);
double histogram_mean(const struct histogram_snapshot *s); /* 0 if none */

/* Bucket of a value ≥ 0, and the largest value of a bucket. */
static inline uint32_t histogram_bucket(uint64_t value)
{
    uint32_t shift = 59 - (uint32_t)__builtin_clzll(value | HISTOGRAM_SUB);

    return shift * HISTOGRAM_SUB + (uint32_t)(value >> shift);
}

static inline int64_t histogram_bound(uint32_t bucket)
{
    uint32_t shift =
        bucket < 2 * HISTOGRAM_SUB ? 0 : bucket / HISTOGRAM_SUB - 1;
    uint64_t first = bucket - shift * HISTOGRAM_SUB;

    return (int64_t)(((first + 1) << shift) - 1);
}

/* The writer: `weight` times the value. */
static inline void histogram_add(struct histogram *h, int64_t value,
                                 uint64_t weight)
{
    int64_t v = value < 0 ? 0 : value;
    uint32_t bucket = histogram_bucket((uint64_t)v);
    histogram_count *counts = atomic_load_explicit(
        &h->groups[bucket / HISTOGRAM_SUB], memory_order_relaxed);
    histogram_count *count;

    if (__builtin_expect(!counts, 0))
        counts = histogram_group(h, bucket / HISTOGRAM_SUB);
    count = &counts[bucket % HISTOGRAM_SUB];
    /* Loads and stores, not fetch_add: there is no other writer. */
    atomic_store_explicit(
        count, atomic_load_explicit(count, memory_order_relaxed) + weight,
        memory_order_relaxed);
    atomic_store_explicit(&h->sum,
                          atomic_load_explicit(&h->sum, memory_order_relaxed) +
                              (double)v * (double)weight,
                          memory_order_relaxed);
    if (v > atomic_load_explicit(&h->max, memory_order_relaxed))
        atomic_store_explicit(&h->max, v, memory_order_relaxed);
}

/* The same, into the slot's. */
static inline void histogram_slot_add(histogram_slot *slot, int64_t value,
                                      uint64_t weight)
{
    struct histogram *h = atomic_load_explicit(slot, memory_order_relaxed);

    if (__builtin_expect(!h, 0))
        h = histogram_slot_fill(slot);
    histogram_add(h, value, weight);
}

#endif
