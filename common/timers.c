/*
 * timers.c - a 4-ary heap ordered by due time; see timers.h.
 *
 * Four children per node: half as deep as a binary heap, and the four pointers
 * of one node's children share a cache line. Each timer knows its place, so
 * that change and remove start where it stands.
 */
#include "common/timers.h"
#include "common/check.h"
#include "topology-api/memory.h"

enum { CHILDREN = 4 };

void timers_init(struct timers *t)
{
    t->heap = NULL;
    t->n = 0;
    t->capacity = 0;
}

void timers_fini(struct timers *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        t->heap[i]->place = 0;
    free(t->heap);
    timers_init(t);
}

static void put(struct timers *t, uint32_t i, struct timer *timer)
{
    t->heap[i] = timer;
    timer->place = i + 1;
}

/* The timer belongs at i or above: move later ones down. */
static void rise(struct timers *t, uint32_t i, struct timer *timer)
{
    while (i > 0) {
        uint32_t parent = (i - 1) / CHILDREN;

        if (t->heap[parent]->due <= timer->due)
            break;
        put(t, i, t->heap[parent]);
        i = parent;
    }
    put(t, i, timer);
}

/* Index of the earliest child of i, or n if it has none. */
static uint32_t first_child(const struct timers *t, uint32_t i)
{
    uint64_t from = (uint64_t)i * CHILDREN + 1;
    uint32_t best;

    if (from >= t->n)
        return t->n;
    best = (uint32_t)from;
    for (uint32_t c = best + 1; c < from + CHILDREN && c < t->n; c++)
        if (t->heap[c]->due < t->heap[best]->due)
            best = c;
    return best;
}

/* The timer belongs at i or below: move earlier ones up. */
static void sink(struct timers *t, uint32_t i, struct timer *timer)
{
    uint32_t child;

    while ((child = first_child(t, i)) < t->n &&
           t->heap[child]->due < timer->due) {
        put(t, i, t->heap[child]);
        i = child;
    }
    put(t, i, timer);
}

static void place(struct timers *t, uint32_t i, struct timer *timer)
{
    if (i > 0 && timer->due < t->heap[(i - 1) / CHILDREN]->due)
        rise(t, i, timer);
    else
        sink(t, i, timer);
}

static void grow(struct timers *t)
{
    check(t->capacity <= UINT32_MAX / 2);
    t->capacity = t->capacity ? t->capacity * 2 : 16;
    t->heap = xrealloc(t->heap, t->capacity * sizeof(t->heap[0]));
}

void timers_add(struct timers *t, struct timer *timer, int64_t due)
{
    check(!timers_has(timer) && timer->fire);
    if (t->n == t->capacity)
        grow(t);
    timer->due = due;
    rise(t, t->n++, timer);
}

static uint32_t index_of(const struct timers *t, const struct timer *timer)
{
    uint32_t i = timer->place - 1;

    check(i < t->n && t->heap[i] == timer);
    return i;
}

void timers_change(struct timers *t, struct timer *timer, int64_t due)
{
    if (!timers_has(timer)) {
        timers_add(t, timer, due);
        return;
    }
    timer->due = due;
    place(t, index_of(t, timer), timer);
}

void timers_remove(struct timers *t, struct timer *timer)
{
    uint32_t i;
    struct timer *last;

    if (!timers_has(timer))
        return;
    i = index_of(t, timer);
    last = t->heap[--t->n];
    if (last != timer)
        place(t, i, last);
    timer->place = 0;
}

uint32_t timers_expire(struct timers *t, int64_t now)
{
    uint32_t most = t->n, fired = 0;

    while (fired < most && t->n > 0 && t->heap[0]->due <= now) {
        struct timer *timer = t->heap[0];

        timers_remove(t, timer);
        timer->fire(timer, now);
        fired++;
    }
    return fired;
}
