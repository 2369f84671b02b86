/* histogram.c - groups of buckets, reading and quantiles; see histogram.h. */
#include "common/histogram.h"
#include "common/check.h"
#include "topology-api/memory.h"

#include <string.h>

_Static_assert(HISTOGRAM_BUCKETS == 960, "2^63 - 1 is in the last bucket");

void histogram_init(struct histogram *h)
{
    memset(h, 0, sizeof(*h));
}

void histogram_fini(struct histogram *h)
{
    for (uint32_t g = 0; g < HISTOGRAM_GROUPS; g++)
        free(atomic_load_explicit(&h->groups[g], memory_order_relaxed));
    histogram_init(h);
}

histogram_count *histogram_group(struct histogram *h, uint32_t group)
{
    histogram_count *counts;

    check(group < HISTOGRAM_GROUPS);
    counts = xcalloc(HISTOGRAM_SUB, sizeof(counts[0]));
    atomic_store_explicit(&h->groups[group], counts, memory_order_release);
    return counts;
}

struct histogram *histogram_slot_fill(histogram_slot *slot)
{
    struct histogram *h = xcalloc(1, sizeof(*h));

    atomic_store_explicit(slot, h, memory_order_release);
    return h;
}

void histogram_slot_fini(histogram_slot *slot)
{
    struct histogram *h = atomic_load_explicit(slot, memory_order_relaxed);

    if (h == NULL)
        return;
    histogram_fini(h);
    free(h);
    atomic_store_explicit(slot, NULL, memory_order_relaxed);
}

static void read_group(histogram_count *counts, uint64_t *to, uint64_t *n)
{
    for (uint32_t i = 0; i < HISTOGRAM_SUB; i++) {
        uint64_t count = atomic_load_explicit(&counts[i], memory_order_relaxed);

        to[i] += count;
        *n += count;
    }
}

void histogram_read(const struct histogram *h, struct histogram_snapshot *to)
{
    int64_t max;

    for (uint32_t g = 0; g < HISTOGRAM_GROUPS; g++) {
        histogram_count *counts =
            atomic_load_explicit(&h->groups[g], memory_order_acquire);

        if (counts)
            read_group(counts, &to->counts[g * HISTOGRAM_SUB], &to->n);
    }
    to->sum += atomic_load_explicit(&h->sum, memory_order_relaxed);
    max = atomic_load_explicit(&h->max, memory_order_relaxed);
    if (max > to->max)
        to->max = max;
}

void histogram_slot_read(const histogram_slot *slot,
                         struct histogram_snapshot *to)
{
    const struct histogram *h =
        atomic_load_explicit(slot, memory_order_acquire);

    if (h != NULL)
        histogram_read(h, to);
}

void histogram_merge(struct histogram_snapshot *to,
                     const struct histogram_snapshot *from)
{
    for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b++)
        to->counts[b] += from->counts[b];
    to->n += from->n;
    to->sum += from->sum;
    if (from->max > to->max)
        to->max = from->max;
}

/* How many values make the share q of n: at least 1, at most n. */
static uint64_t rank_of(double q, uint64_t n)
{
    double rank = q * (double)n;
    uint64_t whole;

    if (!(rank > 1))
        return 1;
    if (rank >= (double)n)
        return n;
    whole = (uint64_t)rank;
    return (double)whole < rank ? whole + 1 : whole;
}

/* The rank-th of count values above `before`, up to `last`, as if they lay
 * evenly there. */
static int64_t value_of_rank(int64_t before, int64_t last, uint64_t rank,
                             uint64_t count)
{
    double share = (double)rank / (double)count;
    int64_t above = (int64_t)((double)(last - before) * share);

    return share < 1 ? before + (above ? above : 1) : last;
}

int64_t histogram_quantile(const struct histogram_snapshot *s, double q)
{
    uint64_t rank, before = 0;
    int64_t last;
    uint32_t b = 0;

    if (s->n == 0)
        return 0;
    rank = rank_of(q, s->n);
    while (b < HISTOGRAM_BUCKETS - 1 && before + s->counts[b] < rank)
        before += s->counts[b++];
    last = histogram_bound(b);
    return value_of_rank(b ? histogram_bound(b - 1) : -1,
                         last < s->max ? last : s->max, rank - before,
                         s->counts[b]);
}

double histogram_mean(const struct histogram_snapshot *s)
{
    return s->n ? s->sum / (double)s->n : 0;
}
