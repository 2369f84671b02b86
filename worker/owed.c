/* owed.c - the list of failed messages that hold positions back. */
#include "worker/owed.h"
#include "topology-api/memory.h"
#include <stdlib.h>

static struct owed_message *find(const struct owed *o, gale_msgid id)
{
    for (uint32_t i = 0; i < o->n; i++)
        if (o->items[i].id.hi == id.hi && o->items[i].id.lo == id.lo)
            return &o->items[i];
    return NULL;
}

void owed_fini(struct owed *o)
{
    free(o->items);
    o->items = NULL;
    o->n = o->capacity = 0;
}

void owed_add(struct owed *o, gale_msgid id, uint64_t born)
{
    if (find(o, id) != NULL)
        return;
    if (o->n == o->capacity) {
        o->capacity = o->capacity ? 2 * o->capacity : 16;
        o->items = xrealloc(o->items, o->capacity * sizeof(*o->items));
    }
    o->items[o->n++] = (struct owed_message){id, born};
}

void owed_remove(struct owed *o, gale_msgid id)
{
    struct owed_message *m = find(o, id);

    if (m != NULL)
        *m = o->items[--o->n];
}

uint64_t owed_born(const struct owed *o, gale_msgid id, uint64_t seq)
{
    const struct owed_message *m = o->n > 0 ? find(o, id) : NULL;

    return m != NULL ? m->born : seq;
}

uint64_t owed_oldest(const struct owed *o)
{
    uint64_t oldest = UINT64_MAX;

    for (uint32_t i = 0; i < o->n; i++)
        if (o->items[i].born < oldest)
            oldest = o->items[i].born;
    return oldest;
}
