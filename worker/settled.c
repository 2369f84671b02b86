/* settled.c - a ring of settled messages that grows; see settled.h. */
#include "worker/settled.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* Field by field: a copy of the whole would wait for what was just written. */
void settled_push(struct settled_queue *q, gale_msgid id, bool acked)
{
    struct settled *item;

    if (q->n == q->capacity) {
        uint32_t capacity = q->capacity ? 2 * q->capacity : 64;
        struct settled *items = xcalloc(capacity, sizeof(*items));

        for (uint32_t i = 0; i < q->n; i++)
            items[i] = q->items[(q->first + i) & (q->capacity - 1)];
        free(q->items);
        *q = (struct settled_queue){items, capacity, 0, q->n};
    }
    item = &q->items[(q->first + q->n++) & (q->capacity - 1)];
    item->id = id;
    item->acked = acked;
}

const struct settled *settled_pop(struct settled_queue *q)
{
    const struct settled *item;

    check(q->n > 0);
    item = &q->items[q->first];
    q->first = (q->first + 1) & (q->capacity - 1);
    q->n--;
    return item;
}

void settled_fini(struct settled_queue *q)
{
    free(q->items);
    *q = (struct settled_queue){0};
}
