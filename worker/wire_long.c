/* wire_long.c - values that do not lie whole in their slots, and any form of
 * the others; see wire_long.h. */
#include "worker/wire_long.h"
#include "worker/wire_value.h"

/* -- writing --------------------------------------------------------------- */

/* How the length of a kind of value is written: with its byte up to `tiny`, or
 * behind a byte for 8, 16, 32 bits; 0: there is no such form. */
struct length_form {
    uint32_t tiny;
    uint8_t with, of_8, of_16, of_32;
};

static const struct length_form length_forms[] = {
    [GALE_STRING] = {31, MP_STR, MP_STR8, MP_STR16, MP_STR32},
    [GALE_BYTES] = {0, 0, MP_BIN8, MP_BIN16, MP_BIN32},
    [GALE_LIST] = {15, MP_ARRAY, 0, MP_ARRAY16, MP_ARRAY32},
    [GALE_MAP] = {15, MP_MAP, 0, MP_MAP16, MP_MAP32},
};

static char *put_length(char *out, uint32_t kind, uint32_t n)
{
    const struct length_form *f = &length_forms[kind];

    if (n <= f->tiny && f->with != 0) {
        *out = (char)(f->with | n);
        return out + 1;
    }
    if (n <= UINT8_MAX && f->of_8 != 0) {
        *out = (char)f->of_8;
        out[1] = (char)n;
        return out + 2;
    }
    if (n <= UINT16_MAX) {
        *out = (char)f->of_16;
        wire_put16(out + 1, __builtin_bswap16((uint16_t)n));
        return out + 3;
    }
    *out = (char)f->of_32;
    wire_put32(out + 1, __builtin_bswap32(n));
    return out + 5;
}

/* Lists are no deeper than TUPLE_DEPTH_MAX. */
static char *put_items(char *out, const char *tuple, const struct slot *items,
                       uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        char *end = wire_put_slot(out, &items[i]);

        out = end != NULL ? end : wire_long_put(out, tuple, &items[i]);
    }
    return out;
}

char *wire_long_put(char *out, const char *tuple, const struct slot *s)
{
    uint32_t kind = (uint8_t)s->head, size = (uint32_t)(s->head >> 32);
    const char *from = tuple + s->word;
    const struct slot *items = (const struct slot *)(const void *)from;

    check(kind >= GALE_STRING && kind <= GALE_MAP);
    out = put_length(out, kind, size);
    if (kind == GALE_STRING || kind == GALE_BYTES) {
        memcpy(out, from, size);
        return out + size;
    }
    return put_items(out, tuple, items, (uint64_t)size << (kind == GALE_MAP));
}

/* -- reading --------------------------------------------------------------- */

/* How a value that has a length begins. */
struct long_value {
    uint32_t kind; /* 0: it is none */
    uint32_t length_bytes;
    uint32_t n; /* if there are no such bytes */
};

static struct long_value long_value_of(uint8_t byte)
{
    if (byte >= MP_STR && byte < MP_NIL)
        return (struct long_value){GALE_STRING, 0, byte & 31u};
    if (byte >= MP_ARRAY && byte < MP_STR)
        return (struct long_value){GALE_LIST, 0, byte & 15u};
    if (byte >= MP_MAP && byte < MP_ARRAY)
        return (struct long_value){GALE_MAP, 0, byte & 15u};
    if (byte >= MP_BIN8 && byte <= MP_BIN32)
        return (struct long_value){GALE_BYTES, 1u << (byte - MP_BIN8), 0};
    if (byte >= MP_STR8 && byte <= MP_STR32)
        return (struct long_value){GALE_STRING, 1u << (byte - MP_STR8), 0};
    if (byte == MP_ARRAY16 || byte == MP_ARRAY32)
        return (struct long_value){GALE_LIST, 2u << (byte - MP_ARRAY16), 0};
    if (byte == MP_MAP16 || byte == MP_MAP32)
        return (struct long_value){GALE_MAP, 2u << (byte - MP_MAP16), 0};
    return (struct long_value){0, 0, 0};
}

static const uint8_t *get_text(struct wire_memory *m, const uint8_t *p,
                               char *slot, const struct long_value *v)
{
    const char *text = (const char *)p;
    uint64_t lo, hi, whole = ((uint64_t)v->n + 7) & ~UINT64_C(7);
    char *tail;

    if (v->n > wire_left(m, p))
        return wire_refuse(m, WIRE_CUT_OFF);
    if (v->n <= TUPLE_INLINE_MAX) {
        struct slot s;

        text_words_exact(text, v->n, &lo, &hi);
        s = slot_words(v->kind, v->n, lo, hi);
        slot_store(slot, &s);
        return p + v->n;
    }
    tail = wire_take(m, whole);
    if (tail == NULL)
        return NULL;
    words_store(slot, v->kind | TUPLE_LONG << 8 | (uint64_t)v->n << 32,
                (uint64_t)(tail - m->tuple));
    memset(tail + whole - 8, 0, 8);
    memcpy(tail, text, v->n);
    return p + v->n;
}

static const uint8_t *get_elements(struct wire_memory *m, const uint8_t *p,
                                   char *slot, const struct long_value *v,
                                   uint32_t depth)
{
    uint64_t n = (uint64_t)v->n << (v->kind == GALE_MAP);
    char *items;

    if (depth >= TUPLE_DEPTH_MAX)
        return wire_refuse(m, "has lists nested more than 16 deep");
    if (n > wire_left(m, p))
        return wire_refuse(m, "has a list of more elements than bytes follow");
    items = wire_take(m, n * sizeof(struct slot));
    if (items == NULL)
        return NULL;
    words_store(slot, v->kind | (uint64_t)v->n << 32,
                (uint64_t)(items - m->tuple));
    for (uint64_t i = 0; i < n && p != NULL; i++)
        p = wire_long_get(m, p, items + i * sizeof(struct slot), depth + 1);
    return p;
}

/* Big-endian. */
static uint32_t length_at(const uint8_t *p, uint32_t n_bytes)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < n_bytes; i++)
        n = n << 8 | p[i];
    return n;
}

static const char *value_defect_of(uint8_t byte)
{
    if (byte == MP_UINT64)
        return "has an integer above 2^63 - 1";
    return byte == 0xc1 ? "has the byte 0xc1, which begins no value"
                        : "has an extension of MessagePack, expected none";
}

/* A value that does not lie whole in its slot, or is in a longer form. */
static const uint8_t *get_long(struct wire_memory *m, const uint8_t *p,
                               char *slot, uint32_t depth)
{
    struct long_value v = long_value_of(*p);

    if (v.kind == 0)
        return wire_refuse(m, value_defect_of(*p));
    p++;
    if (v.length_bytes > wire_left(m, p))
        return wire_refuse(m, WIRE_CUT_OFF);
    if (v.length_bytes > 0)
        v.n = length_at(p, v.length_bytes);
    p += v.length_bytes;
    return v.kind < GALE_LIST ? get_text(m, p, slot, &v)
                              : get_elements(m, p, slot, &v, depth);
}

const uint8_t *wire_long_get(struct wire_memory *m, const uint8_t *p,
                             char *slot, uint32_t depth)
{
    uint8_t rest[WIRE_VALUE_MAX] = {0};
    size_t left = wire_left(m, p);
    const uint8_t *behind;

    if (left == 0)
        return wire_refuse(m, WIRE_CUT_OFF);
    if (left >= WIRE_VALUE_MAX) {
        behind = wire_get_slot(p, slot);
        return behind != NULL ? behind : get_long(m, p, slot, depth);
    }
    memcpy(rest, p, left);
    behind = wire_get_slot(rest, slot);
    if (behind == NULL)
        return get_long(m, p, slot, depth);
    if ((size_t)(behind - rest) > left)
        return wire_refuse(m, WIRE_CUT_OFF);
    return p + (behind - rest);
}
