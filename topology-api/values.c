/*
 * values.c - deep copies of values, and values as text for messages.
 *
 * Values nest, so these functions do; values_defect() is what bounds the depth
 * of what a plugin hands over, the parsers of files and of the command line
 * bound their own.
 */
#include "topology-api/values.h"
#include "topology-api/memory.h"
#include "topology-api/text_buffer.h"
#include <math.h>

static bool is_text(gale_value v)
{
    return v.kind == GALE_STRING || v.kind == GALE_BYTES;
}

/* Values directly within a list or a map. */
static size_t n_items(gale_value v)
{
    return v.kind == GALE_LIST  ? v.size
           : v.kind == GALE_MAP ? (size_t)v.size * 2
                                : 0;
}

/* -- copies ---------------------------------------------------------------- */

gale_value value_copy(gale_value value)
{
    gale_value *items;

    if (is_text(value)) {
        value.as.data = xstrndup(value.as.data, value.size);
    } else if (value.kind == GALE_LIST || value.kind == GALE_MAP) {
        items = xcalloc(n_items(value), sizeof(*items));
        for (size_t i = 0; i < n_items(value); i++)
            items[i] = value_copy(value.as.items[i]);
        value.as.items = items;
    }
    return value;
}

void value_free(gale_value value)
{
    for (size_t i = 0; i < n_items(value); i++)
        value_free(value.as.items[i]);
    if (is_text(value))
        free((void *)value.as.data);
    else if (value.kind == GALE_LIST || value.kind == GALE_MAP)
        free((void *)value.as.items);
}

static const char *defect_within(gale_value v, unsigned depth)
{
    const char *defect = NULL;

    if (v.kind > GALE_MAP)
        return v.kind <= GALE_TIMESTAMP ? "of a kind that is reserved"
                                        : "of a kind that does not exist";
    if (is_text(v) && v.size > VALUES_TEXT_MAX)
        return "a text of more than 16 MiB";
    if (v.size > 0 && (is_text(v) || n_items(v) > 0) && v.as.data == NULL)
        return "a NULL pointer";
    if (n_items(v) > 0 && depth == VALUES_DEPTH_MAX)
        return "nested more than 16 levels deep";
    for (size_t i = 0; i < n_items(v) && defect == NULL; i++)
        defect = defect_within(v.as.items[i], depth + 1);
    return defect;
}

const char *values_defect(gale_value value)
{
    return defect_within(value, 0);
}

/* -- as text --------------------------------------------------------------- */

const char *value_kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [GALE_NIL] = "null",
        [GALE_BOOL] = "true or false",
        [GALE_INT] = "an integer",
        [GALE_FLOAT] = "a float",
        [GALE_STRING] = "a string",
        [GALE_BYTES] = "bytes",
        [GALE_LIST] = "a list",
        [GALE_MAP] = "a map",
        [GALE_UINT] = "an unsigned integer",
        [GALE_DECIMAL] = "a decimal",
        [GALE_TIMESTAMP] = "a time",
    };

    return kind < sizeof(names) / sizeof(names[0]) ? names[kind]
                                                   : "of an unknown kind";
}

/* Bytes of the UTF-8 character at p, 0 if it is none. Overlong forms and
 * surrogates pass: this is for people to read. */
static size_t utf8_size(const unsigned char *p, size_t left)
{
    size_t size = p[0] < 0x80                   ? 1
                  : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                  : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                  : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                                : 0;

    for (size_t i = 1; i < size; i++)
        if (i >= left || (p[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

static size_t put_char(struct text_buffer *to, const char *at, size_t left)
{
    unsigned char c = (unsigned char)*at;
    size_t size = utf8_size((const unsigned char *)at, left);

    if (size == 0)
        text_buffer_put(to, "\\ufffd");
    else if (c == '"' || c == '\\')
        text_buffer_put(to, "\\%c", c);
    else if (c == '\n')
        text_buffer_put(to, "\\n");
    else if (c == '\t')
        text_buffer_put(to, "\\t");
    else if (c < 0x20 || c == 0x7f)
        text_buffer_put(to, "\\u%04x", c);
    else
        text_buffer_put(to, "%.*s", (int)size, at);
    return size > 0 ? size : 1;
}

static void put_text(struct text_buffer *to, gale_value v)
{
    text_buffer_put(to, "\"");
    if (to->full)
        return;
    for (size_t i = 0; i < v.size && !to->full;) {
        if (v.kind == GALE_BYTES)
            text_buffer_put(to, "%02x", (unsigned char)v.as.data[i++]);
        else
            i += put_char(to, v.as.data + i, v.size - i);
    }
    text_buffer_put(to, "\"");
    text_buffer_close(to, "\"");
}

/* The shortest text that reads as the same number, and as no integer. */
static void put_float(struct text_buffer *to, double f)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, isnan(f) ? NAN : f);
        if (strtod(text, NULL) == f)
            break;
    }
    text_buffer_put(to, "%s%s", text,
                    isfinite(f) && strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void put_value(struct text_buffer *to, gale_value v)
{
    bool map = v.kind == GALE_MAP;

    switch (v.kind) {
    case GALE_BOOL:
        text_buffer_put(to, v.as.i ? "true" : "false");
        break;
    case GALE_INT:
        text_buffer_put(to, "%lld", (long long)v.as.i);
        break;
    case GALE_FLOAT:
        put_float(to, v.as.f);
        break;
    case GALE_STRING:
    case GALE_BYTES:
        put_text(to, v);
        break;
    case GALE_LIST:
    case GALE_MAP:
        text_buffer_put(to, map ? "{" : "[");
        for (size_t i = 0; i < n_items(v) && !to->full; i++) {
            text_buffer_put(to, i == 0 ? "" : map && i % 2 ? ": " : ", ");
            put_value(to, v.as.items[i]);
        }
        text_buffer_put(to, map ? "}" : "]");
        break;
    default:
        text_buffer_put(to, "null");
    }
}

char *value_text(gale_value value, char *buffer, size_t size)
{
    struct text_buffer text;

    text_buffer_init(&text, buffer, size);
    put_value(&text, value);
    return buffer;
}

/* Nobody writes more digits than that. */
#define LARGEST_IN_DIGITS 1e30

char *value_found_as(gale_value value, const char *written, char *buffer,
                     size_t size)
{
    struct text_buffer text;

    if (value.kind != GALE_FLOAT || written == NULL)
        return value_found(value, buffer, size);
    text_buffer_init(&text, buffer, size);
    text_buffer_put(&text, "%s", written);
    return buffer;
}

char *value_found(gale_value value, char *buffer, size_t size)
{
    double f = value.kind == GALE_FLOAT ? fabs(value.as.f) : 0;

    if (f < 0x1p63 || f >= LARGEST_IN_DIGITS)
        return value_text(value, buffer, size);
    snprintf(buffer, size, "%.0f", value.as.f);
    return buffer;
}
