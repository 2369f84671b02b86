/*
 * kept.h - texts of messages that cannot be read again, until they are acked.
 *
 * Messages are kept in ascending order of their ids and may be dropped in any.
 * kept.bytes is what they take; the spout stops reading while it is too much.
 * Starts zeroed.
 */
#ifndef SPOUTS_KEPT_H
#define SPOUTS_KEPT_H

#include "spouts/replay.h"

struct kept_text {
    gale_msgid id;
    char *data; /* NULL: dropped */
    size_t size;
};

struct kept {
    struct kept_text *texts;
    size_t first, end; /* of texts */
    size_t capacity;
    size_t bytes;
};

static inline void kept_add(struct kept *k, gale_msgid id, gale_str text)
{
    struct kept_text *t;

    if (k->end == k->capacity && k->first > k->capacity / 2) {
        memmove(k->texts, k->texts + k->first,
                (k->end - k->first) * sizeof(*k->texts));
        k->end -= k->first;
        k->first = 0;
    } else if (k->end == k->capacity) {
        k->capacity = k->capacity ? 2 * k->capacity : 64;
        k->texts = replay_grown(k->texts, k->capacity * sizeof(*k->texts));
    }
    t = &k->texts[k->end++];
    t->id = id;
    t->size = text.size;
    t->data = (char *)replay_grown(NULL, text.size + 1);
    memcpy(t->data, text.data, text.size);
    k->bytes += text.size + sizeof(*t);
}

static inline int kept_compare(const void *key, const void *entry)
{
    const gale_msgid *a = key, *b = &((const struct kept_text *)entry)->id;

    if (a->hi != b->hi)
        return a->hi < b->hi ? -1 : 1;
    return a->lo < b->lo ? -1 : a->lo > b->lo;
}

/* NULL if it was dropped, or belongs to an earlier run. */
static inline struct kept_text *kept_find(const struct kept *k, gale_msgid id)
{
    struct kept_text *t = NULL;

    /* Mostly they are acked in order. */
    if (k->end > k->first && kept_compare(&id, &k->texts[k->first]) == 0)
        t = &k->texts[k->first];
    else if (k->end > k->first)
        t = bsearch(&id, k->texts + k->first, k->end - k->first, sizeof(*t),
                    kept_compare);
    return t && t->data ? t : NULL;
}

static inline void kept_drop(struct kept *k, gale_msgid id)
{
    struct kept_text *t = kept_find(k, id);

    if (!t)
        return;
    k->bytes -= t->size;
    free(t->data);
    t->data = NULL;
    while (k->first < k->end && !k->texts[k->first].data) {
        k->bytes -= sizeof(*t);
        k->first++;
    }
    if (k->first == k->end)
        k->first = k->end = 0;
}

static inline void kept_free(struct kept *k)
{
    for (size_t i = k->first; i < k->end; i++)
        free(k->texts[i].data);
    free(k->texts);
}

#endif
