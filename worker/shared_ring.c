/* shared_ring.c - bytes from one process to another; see shared_ring.h. */
#include "worker/shared_ring.h"
#include "common/check.h"
#include <string.h>

void shared_ring_init(struct shared_ring *r, struct shared_ring_head *head,
                      void *data, size_t size)
{
    check(size > 0 && (size & (size - 1)) == 0);
    *r = (struct shared_ring){.head = head, .data = data, .size = size};
}

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* From the place of the next byte on, n bytes lie in two pieces at most: the
 * first has so many. */
static size_t first_piece(const struct shared_ring *r, size_t n)
{
    return least(n, r->size - (r->mine & (r->size - 1)));
}

static uint8_t *place(const struct shared_ring *r)
{
    return r->data + (r->mine & (r->size - 1));
}

/* -- writing --------------------------------------------------------------- */

/* Bytes that were written and not read; pairs with the release of the reader,
 * which has copied them by then. False: it has read what was not there, or less
 * than before. */
static bool look_at_reader(struct shared_ring *r, uint64_t *used)
{
    uint64_t read = atomic_load_explicit(&r->head->read, memory_order_acquire);

    *used = r->mine - read;
    if (*used > r->mine - r->theirs)
        return false;
    r->theirs = read;
    return true;
}

int64_t shared_ring_write(struct shared_ring *r, const void *data, size_t n)
{
    uint64_t used;
    size_t first;

    if (!look_at_reader(r, &used))
        return -1;
    n = least(n, r->size - used);
    if (n == 0)
        return 0;
    first = first_piece(r, n);
    memcpy(place(r), data, first);
    memcpy(r->data, (const uint8_t *)data + first, n - first);
    r->mine += n;
    atomic_store(&r->head->written, r->mine); /* before it looks who rests */
    return (int64_t)n;
}

/* -- reading --------------------------------------------------------------- */

/* The same the other way round: more than there is room for was written, or
 * less than before. */
static bool look_at_writer(struct shared_ring *r, uint64_t *come)
{
    uint64_t written =
        atomic_load_explicit(&r->head->written, memory_order_acquire);

    *come = written - r->mine;
    if (*come > r->size || *come < r->theirs - r->mine)
        return false;
    r->theirs = written;
    return true;
}

int64_t shared_ring_read(struct shared_ring *r, void *to, size_t n)
{
    uint64_t come;
    size_t first;

    if (!look_at_writer(r, &come))
        return -1;
    n = least(n, come);
    if (n == 0)
        return 0;
    first = first_piece(r, n);
    memcpy(to, place(r), first);
    memcpy((uint8_t *)to + first, r->data, n - first);
    r->mine += n;
    atomic_store(&r->head->read, r->mine); /* before it looks who rests */
    return (int64_t)n;
}

/* -- resting --------------------------------------------------------------- */

bool shared_ring_reader_rests(struct shared_ring *r)
{
    atomic_store(&r->head->reader_rests, 1);
    return atomic_load(&r->head->written) == r->mine;
}

bool shared_ring_writer_rests(struct shared_ring *r)
{
    atomic_store(&r->head->writer_rests, 1);
    return r->mine - atomic_load(&r->head->read) == r->size;
}

void shared_ring_reader_is_up(struct shared_ring *r)
{
    atomic_store_explicit(&r->head->reader_rests, 0, memory_order_relaxed);
}

void shared_ring_writer_is_up(struct shared_ring *r)
{
    atomic_store_explicit(&r->head->writer_rests, 0, memory_order_relaxed);
}

static bool wakes(_Atomic(uint32_t) *rests)
{
    return atomic_load(rests) != 0 && atomic_exchange(rests, 0) != 0;
}

bool shared_ring_wakes_reader(struct shared_ring *r)
{
    return wakes(&r->head->reader_rests);
}

bool shared_ring_wakes_writer(struct shared_ring *r)
{
    return wakes(&r->head->writer_rests);
}
