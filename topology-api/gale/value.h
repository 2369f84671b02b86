/*
 * gale/value.h - the values that tuples and configurations are made of.
 *
 * A gale_value is 16 bytes and passed by value. Numbers live in it; text,
 * bytes, lists and maps are *borrowed*: the value points at memory of whoever
 * made it. What you pass to the host is copied before the call returns. What
 * the host hands out is valid as long as the call that handed it out says
 * (for a tuple's fields: until the callback returns).
 *
 *     gale_emit(task, gale_cstr("cow"), gale_int(3));
 *     gale_value pair[] = {gale_int(1), gale_float(0.5)};
 *     gale_emit(task, gale_list(pair, 2));
 *
 * A map is an array of alternating keys and values, in the order given. Lists
 * and maps lie in each other at most 16 deep; emit refuses what is deeper.
 * Strings are bytes; by convention UTF-8, never checked, NUL bytes allowed.
 */
#ifndef GALE_VALUE_H
#define GALE_VALUE_H

#include <gale/abi.h>
#include <string.h>

/* Codes are frozen: they are part of the canonical key encoding. */
typedef enum gale_kind {
    GALE_NIL = 0,
    GALE_BOOL = 1,
    GALE_INT = 2,   /* int64 */
    GALE_FLOAT = 3, /* IEEE 754 double */
    GALE_STRING = 4,
    GALE_BYTES = 5,
    GALE_LIST = 6,
    GALE_MAP = 7,
    /* Reserved; refused by emit until they work. */
    GALE_UINT = 8,
    GALE_DECIMAL = 9,
    GALE_TIMESTAMP = 10, /* int64 microseconds since 1970 */
} gale_kind;

/* Borrowed bytes; not NUL-terminated. data may be NULL only if size is 0. */
typedef struct gale_str {
    const char *data;
    size_t size; /* bytes */
} gale_str;

typedef struct gale_value {
    uint32_t kind; /* gale_kind */
    uint32_t size; /* bytes of a string; elements of a list; pairs of a map */
    union {
        int64_t i; /* GALE_INT; 0 or 1 for GALE_BOOL */
        double f;
        const char *data;               /* GALE_STRING, GALE_BYTES */
        const struct gale_value *items; /* GALE_LIST, GALE_MAP, as you made it;
                              of a tuple's field only gale_item() can read it,
                              and emit takes it as it is */
    } as;
} gale_value;

static inline gale_value gale_make_(uint32_t kind, uint32_t size, int64_t i)
{
    gale_value v;

    v.kind = kind;
    v.size = size;
    v.as.i = i;
    return v;
}

static inline gale_value gale_nil(void)
{
    return gale_make_(GALE_NIL, 0, 0);
}

static inline gale_value gale_bool(bool b)
{
    return gale_make_(GALE_BOOL, 0, b);
}

static inline gale_value gale_int(int64_t i)
{
    return gale_make_(GALE_INT, 0, i);
}

static inline gale_value gale_float(double f)
{
    gale_value v;

    v.kind = GALE_FLOAT;
    v.size = 0;
    v.as.f = f;
    return v;
}

/* Sizes above 4 GiB cannot be said; emit refuses far smaller ones already. */
static inline gale_value gale_string(const char *data, size_t size)
{
    gale_value v;

    v.kind = GALE_STRING;
    v.size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    v.as.data = data;
    return v;
}

static inline gale_value gale_s(gale_str s)
{
    return gale_string(s.data, s.size);
}

static inline gale_value gale_cstr(const char *text)
{
    return gale_string(text, strlen(text));
}

static inline gale_value gale_bytes(const void *data, size_t size)
{
    gale_value v = gale_string((const char *)data, size);

    v.kind = GALE_BYTES;
    return v;
}

static inline gale_value gale_list(const gale_value *items, uint32_t n)
{
    gale_value v;

    v.kind = GALE_LIST;
    v.size = n;
    v.as.items = items;
    return v;
}

/* pairs holds 2 n values: key, value, key, value … */
static inline gale_value gale_map(const gale_value *pairs, uint32_t n)
{
    gale_value v = gale_list(pairs, n);

    v.kind = GALE_MAP;
    return v;
}

static inline gale_str gale_str_make(const char *data, size_t size)
{
    gale_str s;

    s.data = data;
    s.size = size;
    return s;
}

static inline bool gale_str_eq(gale_str a, gale_str b)
{
    return a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, a.size));
}

/* The text or bytes of a value; empty for any other kind. */
static inline gale_str gale_value_str(gale_value v)
{
    bool text = v.kind == GALE_STRING || v.kind == GALE_BYTES;

    return gale_str_make(text ? v.as.data : NULL, text ? v.size : 0);
}

#ifndef __cplusplus
/* `GALE_VALUES(a, b)` is the two arguments "array of these, how many". */
#define GALE_VALUES(...)                                                       \
    ((const gale_value[]){__VA_ARGS__}),                                       \
        ((uint32_t)(sizeof((gale_value[]){__VA_ARGS__}) / sizeof(gale_value)))
#endif

#endif
