/*
 * tuple_layout.h - a tuple in memory, and the view of it that plugins get.
 *
 * A tuple is one run of bytes without pointers, so it can be copied, shared and
 * sent as it is:
 *
 *     struct tuple          8 B header
 *     struct anchor         16 B, if TUPLE_ANCHORED (shared_anchor.h has those
 *                                 of TUPLE_SHARES)
 *       or u64 n, n anchors      if TUPLE_ANCHORED | TUPLE_EXTENDED
 *     struct slot × n_fields     16 B each
 *     long text, list and map elements, at offsets from the header
 *
 * A slot is two words. Byte 0 is the gale_kind; text of up to 14 bytes lies in
 * bytes 2…15 with its length in byte 1, zero padded; longer text has 255 in
 * byte 1, its length in bytes 4…7 and its offset in the second word, as lists
 * and maps have their element count and the offset of their elements' slots.
 * Numbers are the second word. The same two words, with the offset replaced by
 * a hash of the text, are the canonical key of the field (grouper.h), so that
 * the bytes that are sent are the bytes that are hashed.
 *
 * Nothing here is thread-aware: a tuple is its producer's alone until an
 * envelope covers it, and its consumer's alone from then on. All that a
 * consumer writes is the edge, once it has read it (batch_view.c).
 */
#ifndef GALE_TUPLE_LAYOUT_H
#define GALE_TUPLE_LAYOUT_H

#include "common/check.h"
#include <gale/tuple.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define TUPLE_FIELDS_MAX 255u
#define TUPLE_DEPTH_MAX 16u /* lists within lists */
#define TUPLE_INLINE_MAX 14u
#define TUPLE_LONG 255u

/*
 * The elements of a list or map that lie in a tuple are slots, which only
 * gale_item() reads; those that a plugin made are values. The address of the
 * first ones is odd, by so much.
 */
#define TUPLE_BORROWED 1u

/* On the way of every tuple. */
#define TUPLE_INLINE inline __attribute__((always_inline))

enum tuple_flags {
    TUPLE_ANCHORED = 1u << 0,
    TUPLE_HAS_TIME = 1u << 1, /* reserved: 8 B before the slots */
    TUPLE_KIND_1 = 1u << 2,   /* reserved: changelog kind, two bits */
    TUPLE_KIND_2 = 1u << 3,
    TUPLE_TRACED = 1u << 4,   /* reserved */
    TUPLE_EXTENDED = 1u << 5, /* several anchors */
    TUPLE_SHARES = 1u << 6,   /* its anchor is a shared one */
};

struct tuple {
    uint32_t size; /* bytes, all of it, a multiple of 8 */
    uint8_t n_fields;
    uint8_t flags;
    uint16_t dst; /* index of the consuming task in its executor */
};

/* The tuple is a child, by `edge`, in the tree of the message `root`. */
struct anchor {
    uint64_t root;
    uint64_t edge;
};

struct slot {
    uint64_t head;
    uint64_t word;
};

_Static_assert(sizeof(struct tuple) == 8, "tuple header");
_Static_assert(sizeof(struct slot) == 16, "tuple slot");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "layout of slots");

/* -- writing --------------------------------------------------------------- */

/* The first and the second eight bytes of text, zero behind its end; size ≤ 14.
 * Reads nothing but the text. */
static inline void text_words_exact(const char *p, size_t size, uint64_t *lo,
                                    uint64_t *hi)
{
    uint64_t first = 0, rest = 0;

    if (size >= 8) {
        uint64_t last;

        memcpy(&first, p, 8);
        memcpy(&last, p + size - 8, 8);
        if (size > 8)
            rest = last >> (16 - size) * 8;
    } else if (size >= 4) {
        uint32_t a, b;

        memcpy(&a, p, 4);
        memcpy(&b, p + size - 4, 4);
        first = a | (uint64_t)b << (size - 4) * 8;
    } else if (size > 0) {
        first = (uint64_t)(uint8_t)p[0] |
                (uint64_t)(uint8_t)p[size / 2] << size / 2 * 8 |
                (uint64_t)(uint8_t)p[size - 1] << (size - 1) * 8;
    }
    *lo = first;
    *hi = rest;
}

/* Which bits of the two words belong to a text of so many bytes. */
#define TEXT_BITS(n) ((UINT64_C(1) << (8 * (n))) - 1)
static const uint64_t text_masks[TUPLE_INLINE_MAX + 1][2] = {
    {0, 0},
    {TEXT_BITS(1), 0},
    {TEXT_BITS(2), 0},
    {TEXT_BITS(3), 0},
    {TEXT_BITS(4), 0},
    {TEXT_BITS(5), 0},
    {TEXT_BITS(6), 0},
    {TEXT_BITS(7), 0},
    {UINT64_MAX, 0},
    {UINT64_MAX, TEXT_BITS(1)},
    {UINT64_MAX, TEXT_BITS(2)},
    {UINT64_MAX, TEXT_BITS(3)},
    {UINT64_MAX, TEXT_BITS(4)},
    {UINT64_MAX, TEXT_BITS(5)},
    {UINT64_MAX, TEXT_BITS(6)},
};

/* May 16 bytes be read at p, whatever the text's length? */
static TUPLE_INLINE bool text_is_wide(const char *p)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)p;
    return false; /* tools that watch every read get the exact form */
#else
    return ((uintptr_t)p & 4095) <= 4080;
#endif
}

/*
 * text_words_exact() without a branch on the length, which is as random as the
 * text: reads 16 bytes, which must lie in one page, and masks.
 */
static TUPLE_INLINE void text_words_wide(const char *p, size_t size,
                                         uint64_t *lo, uint64_t *hi)
{
    /* In assembly, since the compiler may know how long the text is. */
    __asm__("movq (%2), %0\n\tmovq 8(%2), %1"
            : "=&r"(*lo), "=&r"(*hi)
            : "r"(p), "m"(*(const char(*)[16])p));
    *lo &= text_masks[size][0];
    *hi &= text_masks[size][1];
}

/* Up to 14 bytes of text as the 112 bits of a slot behind byte 1. */
static TUPLE_INLINE struct slot slot_words(uint32_t kind, size_t size,
                                           uint64_t lo, uint64_t hi)
{
    return (struct slot){kind | (uint64_t)size << 8 | lo << 16,
                         lo >> 48 | hi << 16};
}

/* Which bits of a slot belong to a text of so many bytes. */
static const _Alignas(16) uint64_t slot_masks[TUPLE_INLINE_MAX + 1][2] = {
    {0, 0},
    {TEXT_BITS(1) << 16, 0},
    {TEXT_BITS(2) << 16, 0},
    {TEXT_BITS(3) << 16, 0},
    {TEXT_BITS(4) << 16, 0},
    {TEXT_BITS(5) << 16, 0},
    {TEXT_BITS(6) << 16, 0},
    {UINT64_MAX << 16, TEXT_BITS(1)},
    {UINT64_MAX << 16, TEXT_BITS(2)},
    {UINT64_MAX << 16, TEXT_BITS(3)},
    {UINT64_MAX << 16, TEXT_BITS(4)},
    {UINT64_MAX << 16, TEXT_BITS(5)},
    {UINT64_MAX << 16, TEXT_BITS(6)},
    {UINT64_MAX << 16, TEXT_BITS(7)},
    {UINT64_MAX << 16, UINT64_MAX},
};

/*
 * Writes the slot of short text, if that can be done at once; false if not. The
 * text comes from memory at its place in the slot, with the two bytes before
 * it, and what does not belong to it is masked out: no shifts over two words.
 * All 16 bytes must lie in one page; NULL less two does not begin in one.
 */
static TUPLE_INLINE bool slot_put_short(char *p, const gale_value *v)
{
#if defined(__SSE2__) && !defined(__SANITIZE_ADDRESS__) &&                     \
    !defined(__SANITIZE_THREAD__)
    uintptr_t text = (uintptr_t)v->as.data - 2;
    __m128i slot;

    if (__builtin_expect((v->kind != GALE_STRING && v->kind != GALE_BYTES) ||
                             v->size - 1u >= TUPLE_INLINE_MAX ||
                             (text & 4095) > 4080,
                         0))
        return false;
    slot = _mm_loadu_si128((const __m128i *)(const void *)text);
    slot = _mm_and_si128(slot,
                         *(const __m128i *)(const void *)slot_masks[v->size]);
    slot = _mm_or_si128(slot, _mm_cvtsi32_si128((int)(v->kind | v->size << 8)));
    _mm_storeu_si128((__m128i *)(void *)p, slot);
    return true;
#else
    (void)p;
    (void)v;
    return false;
#endif
}

static TUPLE_INLINE struct slot slot_inline(uint32_t kind, const char *p,
                                            size_t size)
{
    uint64_t lo, hi;

    if (text_is_wide(p) && size > 0) /* an empty text may be anywhere */
        text_words_wide(p, size, &lo, &hi);
    else
        text_words_exact(p, size, &lo, &hi);
    return slot_words(kind, size, lo, hi);
}

/*
 * Two stores of a word each: a wider copy of words just written to the stack
 * would wait until these are in the cache.
 */
static TUPLE_INLINE void words_store(char *p, uint64_t first, uint64_t second)
{
    __atomic_store_n((uint64_t *)(void *)p, first, __ATOMIC_RELAXED);
    __atomic_store_n((uint64_t *)(void *)(p + 8), second, __ATOMIC_RELAXED);
}

static TUPLE_INLINE void slot_store(char *p, const struct slot *s)
{
    words_store(p, s->head, s->word);
}

/* Of text that lies at `offset`. */
static inline struct slot slot_long(const gale_value *v, uint64_t offset)
{
    return (struct slot){v->kind | TUPLE_LONG << 8 | (uint64_t)v->size << 32,
                         offset};
}

/* The slot of a value whose bytes beyond the slot, if any, begin at
 * `offset`. */
static TUPLE_INLINE struct slot slot_of(const gale_value *v, uint64_t offset)
{
    if (v->kind == GALE_STRING || v->kind == GALE_BYTES) {
        if (v->size <= TUPLE_INLINE_MAX)
            return slot_inline(v->kind, v->as.data, v->size);
        return slot_long(v, offset);
    }
    if (v->kind == GALE_LIST || v->kind == GALE_MAP)
        return (struct slot){v->kind | (uint64_t)v->size << 32, offset};
    return (struct slot){v->kind, (uint64_t)v->as.i};
}

/* Is the value whole in its slot, and fit to be sent? */
static TUPLE_INLINE bool value_is_short(const gale_value *v)
{
    if (v->kind == GALE_STRING || v->kind == GALE_BYTES)
        return v->size <= TUPLE_INLINE_MAX &&
               (v->size == 0 || v->as.data != NULL);
    return v->kind < GALE_STRING;
}

/* Does the value need bytes beyond its slot? */
static inline bool value_is_long(const gale_value *v)
{
    if (v->kind == GALE_STRING || v->kind == GALE_BYTES)
        return v->size > TUPLE_INLINE_MAX;
    return v->kind == GALE_LIST || v->kind == GALE_MAP;
}

/* Bytes beyond the slot, a multiple of 8. UINT64_MAX: a kind that cannot be
 * sent, text without data, or lists deeper than TUPLE_DEPTH_MAX. */
uint64_t value_tail(const gale_value *v, uint32_t depth);

/* Why value_tail(v, depth) is UINT64_MAX, as in "its value is …"; else NULL. */
const char *value_defect(const gale_value *v, uint32_t depth);

/* Write those bytes at base + offset; returns the offset behind them. */
uint64_t value_write_tail(char *base, uint64_t offset, const gale_value *v);

/* -- reading --------------------------------------------------------------- */

static inline const struct anchor *tuple_anchors(const struct tuple *t,
                                                 uint32_t *n)
{
    const char *p = (const char *)(t + 1);

    if (!(t->flags & TUPLE_ANCHORED)) {
        *n = 0;
        return NULL;
    }
    if (!(t->flags & TUPLE_EXTENDED)) {
        *n = 1;
        return (const struct anchor *)(const void *)p;
    }
    uint64_t count;

    memcpy(&count, p, sizeof(count));
    *n = (uint32_t)count;
    return (const struct anchor *)(const void *)(p + 8);
}

static inline uint32_t anchors_size(uint32_t n)
{
    return n == 0 ? 0 : n == 1 ? 16 : 8 + 16 * n;
}

static inline const struct slot *tuple_slots(const struct tuple *t)
{
    uint32_t n;

    tuple_anchors(t, &n);
    return (const struct slot *)(const void *)((const char *)(t + 1) +
                                               anchors_size(n));
}

static inline gale_str slot_str(const struct tuple *t, const struct slot *s)
{
    const char *p = (const char *)s;
    uint8_t length = (uint8_t)(s->head >> 8);

    if (length != TUPLE_LONG)
        return gale_str_make(p + 2, length);
    return gale_str_make((const char *)t + s->word, s->head >> 32);
}

/* The value in a slot; text and elements are borrowed from the tuple. */
static inline gale_value slot_value(const struct tuple *t, const struct slot *s)
{
    uint32_t kind = (uint8_t)s->head;
    gale_value v = gale_make_(kind, 0, (int64_t)s->word);

    if (kind == GALE_STRING || kind == GALE_BYTES) {
        gale_str text = slot_str(t, s);

        v.size = (uint32_t)text.size;
        v.as.data = text.data;
    } else if (kind == GALE_LIST || kind == GALE_MAP) {
        v.size = (uint32_t)(s->head >> 32);
        v.as.data = (const char *)t + s->word + TUPLE_BORROWED;
    }
    return v;
}

/* Does this list or map lie in a tuple? */
static inline bool value_is_borrowed(const gale_value *v)
{
    return ((uintptr_t)v->as.data & TUPLE_BORROWED) != 0;
}

/* The elements of one that does, if that is still there. */
static inline const struct slot *value_elements(const gale_value *v)
{
    return (const struct slot *)(const void *)(v->as.data - TUPLE_BORROWED);
}

/* Are these bytes inside of the tuple, and where slots can be? Nothing is
 * read but the tuple's head. */
static inline bool tuple_has(const struct tuple *t, const char *at,
                             uint64_t size)
{
    uintptr_t from = (uintptr_t)t, p = (uintptr_t)at;

    return p >= from && p - from <= t->size && t->size - (p - from) >= size &&
           (p - from) % 8 == 0;
}

/* The canonical words, as grouper.h has them, of what lies whole in its slot;
 * none for the rest. Nil's slot would be none. */
static inline gale_key slot_key(const struct slot *s)
{
    gale_value v = {(uint8_t)s->head, 0, {(int64_t)s->word}};

    switch (v.kind) {
    case GALE_NIL:
        return (gale_key){{0, 1}};
    case GALE_FLOAT:
        if (v.as.f == 0)
            return (gale_key){{s->head, 0}};
        if (v.as.f != v.as.f)
            return (gale_key){{s->head, UINT64_C(0x7ff8000000000000)}};
        return (gale_key){{s->head, s->word}};
    case GALE_STRING:
    case GALE_BYTES:
        if ((uint8_t)(s->head >> 8) == TUPLE_LONG)
            return (gale_key){{0, 0}};
        return (gale_key){{s->head, s->word}};
    case GALE_BOOL:
    case GALE_INT:
        return (gale_key){{s->head, s->word}};
    default:
        return (gale_key){{0, 0}};
    }
}

/* The same, quickly for short text. */
static TUPLE_INLINE gale_key slot_key_fast(const struct slot *s)
{
    if (__builtin_expect((uint8_t)s->head == GALE_STRING &&
                             (uint8_t)(s->head >> 8) != TUPLE_LONG,
                         1))
        return (gale_key){{s->head, s->word}};
    return slot_key(s);
}

/* The way back; text is borrowed from *key. */
static inline gale_value slot_key_value(const gale_key *key)
{
    uint32_t kind = (uint8_t)key->words[0];

    if (kind == GALE_STRING || kind == GALE_BYTES)
        return (gale_value){kind,
                            (uint8_t)(key->words[0] >> 8),
                            {.data = (const char *)key + 2}};
    return kind == GALE_NIL ? gale_nil()
                            : gale_make_(kind, 0, (int64_t)key->words[1]);
}

/* -- the plugin's view ----------------------------------------------------- */

struct route;
struct task;

/*
 * What a `const gale_tuple *` points at: the task's one view, moved from tuple
 * to tuple, or the view of a retained copy.
 */
struct tuple_view {
    gale_tuple public;         /* first: handles are pointers to it */
    const struct tuple *tuple; /* tuple_none while there is none: whoever reads
                                  then finds no fields, and a sentence */
    const struct slot *slots;
    const struct route *route; /* where it came from */
    struct task *task;         /* the reader, who gets the errors */
};

extern const struct tuple tuple_none;
extern const gale_tuple_host tuple_view_host;

static inline void tuple_view_set(struct tuple_view *v, const struct tuple *t)
{
    v->tuple = t;
    v->slots = tuple_slots(t);
}

#endif
