/* pauses.c - messages that rest before they are tried again; see pauses.h. */
#include "worker/pauses.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define PAUSE_MIN_NS 1000000
#define PAUSE_MAX_NS 1000000000

static uint32_t length_of(uint32_t failures)
{
    return failures - 2 < PAUSES ? failures - 2 : PAUSES - 1;
}

int64_t pauses_ns(uint32_t failures)
{
    int64_t ns;

    if (failures < 2)
        return 0;
    ns = (int64_t)PAUSE_MIN_NS << length_of(failures);
    return ns < PAUSE_MAX_NS ? ns : PAUSE_MAX_NS;
}

static void grow(struct pause_queue *q)
{
    uint32_t capacity = q->capacity ? 2 * q->capacity : 16;
    struct pause *items = xcalloc(capacity, sizeof(*items));

    for (uint32_t i = 0; i < q->n; i++)
        items[i] = q->items[(q->first + i) & (q->capacity - 1)];
    free(q->items);
    *q = (struct pause_queue){items, capacity, 0, q->n};
}

void pauses_add(struct pauses *p, gale_msgid id, uint32_t failures, int64_t now)
{
    struct pause_queue *q = &p->queues[length_of(failures)];

    check(failures >= 2);
    if (q->n == q->capacity)
        grow(q);
    q->items[(q->first + q->n++) & (q->capacity - 1)] =
        (struct pause){now + pauses_ns(failures), id};
    p->n++;
}

/* The queue whose first is due first; NULL: all are empty. */
static struct pause_queue *earliest(const struct pauses *p)
{
    const struct pause_queue *found = NULL;

    for (const struct pause_queue *q = p->queues; q < p->queues + PAUSES; q++)
        if (q->n > 0 && (found == NULL || q->items[q->first].due <
                                              found->items[found->first].due))
            found = q;
    return (struct pause_queue *)(uintptr_t)found;
}

int64_t pauses_due(const struct pauses *p)
{
    const struct pause_queue *q = p->n > 0 ? earliest(p) : NULL;

    return q != NULL ? q->items[q->first].due : INT64_MAX;
}

bool pauses_take(struct pauses *p, int64_t now, gale_msgid *id)
{
    struct pause_queue *q;

    if (pauses_due(p) > now || p->n == 0)
        return false;
    q = earliest(p);
    *id = q->items[q->first].id;
    q->first = (q->first + 1) & (q->capacity - 1);
    q->n--;
    p->n--;
    return true;
}

void pauses_fini(struct pauses *p)
{
    for (uint32_t i = 0; i < PAUSES; i++)
        free(p->queues[i].items);
    *p = (struct pauses){0};
}
