/* settled.c - a ring of settled messages that grows; see settled.h. */
#include "worker/settled.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

void settled_push(struct settled_queue *q, struct settled item)
{
    if (q->n == q->capacity) {
        uint32_t capacity = q->capacity ? 2 * q->capacity : 64;
        struct settled *items = xcalloc(capacity, sizeof(*items));

        for (uint32_t i = 0; i < q->n; i++)
            items[i] = q->items[(q->first + i) & (q->capacity - 1)];
        free(q->items);
        *q = (struct settled_queue){items, capacity, 0, q->n};
    }
    q->items[(q->first + q->n++) & (q->capacity - 1)] = item;
}

struct settled settled_pop(struct settled_queue *q)
{
    struct settled item;

    check(q->n > 0);
    item = q->items[q->first];
    q->first = (q->first + 1) & (q->capacity - 1);
    q->n--;
    return item;
}

void settled_fini(struct settled_queue *q)
{
    free(q->items);
    *q = (struct settled_queue){0};
}
