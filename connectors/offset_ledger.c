/* offset_ledger.c - see offset_ledger.h. */
#include "connectors/offset_ledger.h"
#include "connectors/must.h"
#include <string.h>

enum { CAPACITY_FIRST = 64 };

void offset_ledger_init(struct offset_ledger *l)
{
    memset(l, 0, sizeof(*l));
    l->safe = l->next = -1;
}

void offset_ledger_fini(struct offset_ledger *l)
{
    must(l->n == 0);
    free(l->entries);
    l->entries = NULL;
    l->capacity = 0;
}

static struct offset_entry *at(const struct offset_ledger *l, size_t i)
{
    return &l->entries[(l->first + i) & (l->capacity - 1)];
}

static void grow(struct offset_ledger *l)
{
    size_t capacity = l->capacity == 0 ? CAPACITY_FIRST : 2 * l->capacity;
    struct offset_entry *entries =
        must_alloc(NULL, capacity * sizeof(*entries));

    for (size_t i = 0; i < l->n; i++)
        entries[i] = *at(l, i);
    free(l->entries);
    l->entries = entries;
    l->capacity = capacity;
    l->first = 0;
}

/* Drops the acked prefix. */
static void advance(struct offset_ledger *l)
{
    while (l->n > 0 && at(l, 0)->record == NULL) {
        l->bytes -= at(l, 0)->bytes;
        l->first = (l->first + 1) & (l->capacity - 1);
        l->n--;
    }
    l->safe = l->n > 0 ? at(l, 0)->offset : l->next;
}

void offset_ledger_reach(struct offset_ledger *l, int64_t offset)
{
    if (offset <= l->next)
        return;
    l->next = offset;
    advance(l);
}

bool offset_ledger_add(struct offset_ledger *l, int64_t offset, void *record,
                       uint32_t bytes)
{
    must(record != NULL);
    if (offset < l->next)
        return false;
    if (l->n == l->capacity)
        grow(l);
    *at(l, l->n++) = (struct offset_entry){
        .offset = offset, .record = record, .bytes = bytes};
    l->next = offset + 1;
    l->bytes += bytes;
    if (l->n == 1)
        l->safe = offset;
    return true;
}

/* Offsets ascend, mostly by one: the first guess is nearly always right. */
struct offset_entry *offset_ledger_find(struct offset_ledger *l, int64_t offset)
{
    size_t low = 0, high = l->n;

    if (l->n == 0 || offset < at(l, 0)->offset || offset >= l->next)
        return NULL;
    if ((uint64_t)(offset - at(l, 0)->offset) < high)
        high = (size_t)(offset - at(l, 0)->offset) + 1;
    if (at(l, high - 1)->offset == offset)
        low = high - 1;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;

        if (at(l, middle)->offset <= offset)
            low = middle;
        else
            high = middle;
    }
    if (at(l, low)->offset != offset || at(l, low)->record == NULL)
        return NULL;
    return at(l, low);
}

void *offset_ledger_ack(struct offset_ledger *l, int64_t offset)
{
    struct offset_entry *entry = offset_ledger_find(l, offset);
    void *record;

    if (entry == NULL)
        return NULL;
    record = entry->record;
    entry->record = NULL;
    if (entry == at(l, 0))
        advance(l);
    return record;
}

void *offset_ledger_clear(struct offset_ledger *l)
{
    int64_t safe = l->safe;

    while (l->n > 0) {
        struct offset_entry *last = at(l, --l->n);

        l->bytes -= last->bytes;
        if (last->record != NULL)
            return last->record;
    }
    l->next = safe;
    return NULL;
}

const struct offset_entry *offset_ledger_oldest(const struct offset_ledger *l)
{
    return l->n > 0 ? at(l, 0) : NULL;
}
