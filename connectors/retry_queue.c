/* retry_queue.c - see retry_queue.h: a binary heap. */
#include "connectors/retry_queue.h"
#include "connectors/back_off.h"
#include "connectors/must.h"

enum { CAPACITY_FIRST = 64 };

void retry_queue_fini(struct retry_queue *q)
{
    free(q->heap);
    q->heap = NULL;
    q->n = q->capacity = 0;
}

static bool before(const struct retry_entry *a, const struct retry_entry *b)
{
    return a->due != b->due ? a->due < b->due : a->serial < b->serial;
}

static int64_t pause_of(const struct retry_queue *q, uint32_t fails,
                        uint64_t chance)
{
    int64_t pause = 0;

    for (uint32_t i = 0; i < fails && pause < q->most; i++)
        pause = back_off_doubled(pause, q->first, q->most);
    return back_off_shortened(pause, chance);
}

void retry_queue_push(struct retry_queue *q, gale_msgid id, uint32_t fails,
                      int64_t now, uint64_t chance)
{
    struct retry_entry entry = {now + pause_of(q, fails, chance), q->serial++,
                                id};
    size_t i = q->n++;

    if (i == q->capacity) {
        q->capacity = q->capacity == 0 ? CAPACITY_FIRST : 2 * q->capacity;
        q->heap = must_alloc(q->heap, q->capacity * sizeof(*q->heap));
    }
    for (; i > 0 && before(&entry, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        q->heap[i] = q->heap[(i - 1) / 2];
    q->heap[i] = entry;
}

/* Puts the last entry where the first one was. */
static void sink(struct retry_queue *q)
{
    struct retry_entry last = q->heap[--q->n];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < q->n) {
        if (child + 1 < q->n && before(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!before(&q->heap[child], &last))
            break;
        q->heap[i] = q->heap[child];
        i = child;
    }
    q->heap[i] = last;
}

bool retry_queue_pop(struct retry_queue *q, int64_t now, gale_msgid *id)
{
    if (q->n == 0 || q->heap[0].due > now)
        return false;
    *id = q->heap[0].id;
    sink(q);
    return true;
}

int64_t retry_queue_due(const struct retry_queue *q)
{
    return q->n > 0 ? q->heap[0].due : INT64_MAX;
}
