/* tuple_layout.c - writing the parts of a tuple that lie beyond its slots. */
#include "worker/tuple_layout.h"
#include <assert.h>

static_assert(TUPLE_DEPTH_MAX == 16, "elements_defect() says so");

static uint64_t round_up(uint64_t n)
{
    return (n + 7) & ~(uint64_t)7;
}

static uint64_t n_elements(const gale_value *v)
{
    return v->kind == GALE_MAP ? 2 * (uint64_t)v->size : v->size;
}

static uint64_t elements_tail(const gale_value *v, uint32_t depth)
{
    uint64_t n = n_elements(v), size = n * sizeof(struct slot);

    if (depth >= TUPLE_DEPTH_MAX ||
        (n > 0 && (v->as.items == NULL || value_is_borrowed(v))))
        return UINT64_MAX;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t tail = value_tail(&v->as.items[i], depth + 1);

        if (tail == UINT64_MAX)
            return UINT64_MAX;
        size += tail;
    }
    return size;
}

uint64_t value_tail(const gale_value *v, uint32_t depth)
{
    switch (v->kind) {
    case GALE_NIL:
    case GALE_BOOL:
    case GALE_INT:
    case GALE_FLOAT:
        return 0;
    case GALE_STRING:
    case GALE_BYTES:
        if (v->size > 0 && v->as.data == NULL)
            return UINT64_MAX;
        return v->size <= TUPLE_INLINE_MAX ? 0 : round_up(v->size);
    case GALE_LIST:
    case GALE_MAP:
        return elements_tail(v, depth);
    default:
        return UINT64_MAX;
    }
}

static const char *elements_defect(const gale_value *v, uint32_t depth)
{
    const char *defect = NULL;

    if (depth >= TUPLE_DEPTH_MAX)
        return "lists nested more than 16 deep";
    if (v->size > 0 && v->as.items == NULL)
        return "a list without items (NULL)";
    if (v->size > 0 && value_is_borrowed(v))
        return "a list of a tuple that is gone: gale_retain() keeps a copy";
    for (uint64_t i = 0; i < n_elements(v) && defect == NULL; i++)
        defect = value_defect(&v->as.items[i], depth + 1);
    return defect;
}

const char *value_defect(const gale_value *v, uint32_t depth)
{
    if (v->kind == GALE_LIST || v->kind == GALE_MAP)
        return elements_defect(v, depth);
    if (value_tail(v, depth) != UINT64_MAX)
        return NULL;
    return v->kind == GALE_STRING || v->kind == GALE_BYTES
               ? "a text without data (NULL)"
               : "of a kind that is reserved";
}

static uint64_t write_text(char *base, uint64_t offset, const gale_value *v)
{
    uint64_t end = round_up(v->size);

    memset(base + offset + end - 8, 0, 8); /* no stale bytes in the padding */
    memcpy(base + offset, v->as.data, v->size);
    return offset + end;
}

uint64_t value_write_tail(char *base, uint64_t offset, const gale_value *v)
{
    if (!value_is_long(v))
        return offset;
    if (v->kind == GALE_STRING || v->kind == GALE_BYTES)
        return write_text(base, offset, v);

    uint64_t n = n_elements(v), at = offset;

    offset += n * sizeof(struct slot);
    for (uint64_t i = 0; i < n; i++) {
        struct slot s = slot_of(&v->as.items[i], offset);

        memcpy(base + at + i * sizeof(s), &s, sizeof(s));
        offset = value_write_tail(base, offset, &v->as.items[i]);
    }
    return offset;
}
