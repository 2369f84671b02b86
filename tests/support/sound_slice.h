/*
 * sound_slice.h - what every slice that is handed to an executor must be,
 * looked at byte by byte: what execute(), execute_batch() and accessors take
 * for granted.
 */
#ifndef SOUND_SLICE_H
#define SOUND_SLICE_H

#include "worker/shared_anchor.h"
#include "worker/wire_slice.h"

/* The function returns what does not hold, or NULL. */
#define SOUND(expr)                                                            \
    do {                                                                       \
        if (!(expr))                                                           \
            return #expr;                                                      \
    } while (0)
#define SOUND_ALSO(defect)                                                     \
    do {                                                                       \
        const char *defect_ = defect;                                          \
        if (defect_ != NULL)                                                   \
            return defect_;                                                    \
    } while (0)

static const char *sound_slot(const struct tuple *t, const struct slot *s,
                              uint32_t depth);

/* Nothing but the text is in its bytes: they are hashed and compared whole. */
static inline const char *sound_text(const struct tuple *t,
                                     const struct slot *s)
{
    gale_str text = slot_str(t, s);
    uint64_t whole = ((uint64_t)text.size + 7) & ~UINT64_C(7);
    struct slot same;

    if (text.size <= TUPLE_INLINE_MAX) {
        same = slot_inline((uint8_t)s->head, text.data, text.size);
        SOUND(same.head == s->head && same.word == s->word);
        return NULL;
    }
    SOUND((s->head & 0xffffff00) == TUPLE_LONG << 8);
    SOUND(s->word < t->size && tuple_has(t, text.data, whole));
    for (uint64_t i = text.size; i < whole; i++)
        SOUND(text.data[i] == 0);
    return NULL;
}

static inline const char *sound_elements(const struct tuple *t,
                                         const struct slot *s, uint32_t depth)
{
    gale_value v = slot_value(t, s);
    uint64_t n = (uint64_t)v.size << (v.kind == GALE_MAP);
    const struct slot *items = value_elements(&v);

    SOUND(depth < TUPLE_DEPTH_MAX && (s->head & 0xffffff00) == 0);
    SOUND(s->word <= t->size);
    SOUND(tuple_has(t, (const char *)items, n * sizeof(*items)));
    for (uint64_t i = 0; i < n; i++)
        SOUND_ALSO(sound_slot(t, &items[i], depth + 1));
    return NULL;
}

static inline const char *sound_slot(const struct tuple *t,
                                     const struct slot *s, uint32_t depth)
{
    uint32_t kind = (uint8_t)s->head;

    SOUND(kind <= GALE_MAP);
    if (kind == GALE_STRING || kind == GALE_BYTES)
        return sound_text(t, s);
    if (kind == GALE_LIST || kind == GALE_MAP)
        return sound_elements(t, s, depth);
    SOUND(s->head == kind);
    SOUND(kind != GALE_BOOL || s->word <= 1);
    SOUND(kind != GALE_NIL || s->word == 0);
    return NULL;
}

static inline const char *sound_anchors(const struct tuple *t,
                                        struct sharing *sharing)
{
    uint32_t n, flags = t->flags;

    SOUND(flags == 0 || flags == TUPLE_ANCHORED || flags == TUPLE_SHARES ||
          flags == (TUPLE_ANCHORED | TUPLE_EXTENDED));
    tuple_anchors(t, &n);
    SOUND(n > 1 || !(flags & TUPLE_EXTENDED));
    if (flags == TUPLE_SHARES) {
        sharing_next(sharing);
        sharing_pass(sharing, 1);
    }
    return NULL;
}

static inline const char *sound_tuple(const struct wire_slice *s,
                                      const struct tuple *t)
{
    SOUND(t->size % 8 == 0 && t->size >= sizeof(*t));
    SOUND(t->n_fields == s->n_fields);
    SOUND(tuple_has(t, (const char *)tuple_slots(t),
                    t->n_fields * sizeof(struct slot)));
    for (uint32_t f = 0; f < t->n_fields; f++)
        SOUND_ALSO(sound_slot(t, tuple_slots(t) + f, 0));
    return NULL;
}

/* Heads are equal if there is a stride, and only then. */
static inline const char *sound_stride(const struct wire_slice *s)
{
    const char *at = s->tuples;
    uint64_t first, head, unlike = 0;

    memcpy(&first, at, sizeof(first));
    for (uint32_t i = 0; i < s->n; i++, at += (uint32_t)head) {
        memcpy(&head, at, sizeof(head));
        unlike |= head ^ first;
    }
    if (unlike == 0 && (uint32_t)first <= UINT16_MAX)
        SOUND(s->stride == (uint32_t)first);
    else
        SOUND(s->stride == 0);
    return NULL;
}

/* NULL, or what does not hold. */
static inline const char *sound_slice(const struct wire_slice *s,
                                      uint32_t n_tasks)
{
    struct sharing sharing = {(struct shared_anchor *)(void *)s->shared, 0};
    char *at = s->tuples;

    SOUND((uintptr_t)at % 8 == 0 && s->n > 0);
    SOUND(s->shared == s->tuples + s->bytes);
    for (uint32_t i = 0; i < s->n; i++) {
        const struct tuple *t = (const struct tuple *)(void *)at;

        SOUND(t->dst < n_tasks);
        SOUND_ALSO(sound_anchors(t, &sharing));
        SOUND_ALSO(sound_tuple(s, t));
        at += t->size;
        SOUND(at <= (char *)sharing.at);
    }
    SOUND(sharing.left == 0 && at == (char *)sharing.at);
    return sound_stride(s);
}

#endif
