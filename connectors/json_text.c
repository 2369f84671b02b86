/* json_text.c - a value as JSON; see json_text.h. */
#include "connectors/json_text.h"
#include "connectors/must.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 32 };

/* Bytes of the character that begins here, 0 if it is none: no byte too many,
 * no surrogate, nothing beyond U+10FFFF. */
static size_t utf8_size(const unsigned char *s, size_t size)
{
    static const struct {
        unsigned char from, to, next_from, next_to;
        size_t size;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t n = rows[i].size;

        if (s[0] < rows[i].from || s[0] > rows[i].to)
            continue;
        if (n > size ||
            (n > 1 && (s[1] < rows[i].next_from || s[1] > rows[i].next_to)))
            return 0;
        for (size_t k = 2; k < n; k++)
            if (s[k] < 0x80 || s[k] > 0xbf)
                return 0;
        return n;
    }
    return 0;
}

static void write_control(struct text_out *out, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};

    if (letters[c] != 0)
        text_out_print(out, "\\%c", letters[c]);
    else
        text_out_print(out, "\\u%04x", c);
}

/* Bytes of ASCII that stand for themselves. */
static size_t plain_run(const unsigned char *s, size_t size)
{
    size_t n = 0;

    while (n < size && s[n] >= 0x20 && s[n] < 0x80 && s[n] != '"' &&
           s[n] != '\\')
        n++;
    return n;
}

static const char *write_text(struct text_out *out, gale_str text)
{
    const unsigned char *s = (const unsigned char *)text.data;
    size_t n;

    text_out_char(out, '"');
    for (size_t i = 0; i < text.size; i += n) {
        n = plain_run(s + i, text.size - i);
        if (n == 0)
            n = utf8_size(s + i, text.size - i);
        if (n == 0)
            return "JSON has no text that is not UTF-8";
        if (s[i] < 0x20)
            write_control(out, s[i]);
        else if (s[i] == '"' || s[i] == '\\')
            text_out_print(out, "\\%c", s[i]);
        else
            text_out_add(out, text.data + i, n);
    }
    text_out_char(out, '"');
    return NULL;
}

/* So that it reads back as a float. */
static bool has_point(const char *number)
{
    return strpbrk(number, ".e") != NULL;
}

/* The shortest text that reads back as the same number. */
static const char *write_float(struct text_out *out, double f)
{
    char text[32];

    if (!isfinite(f))
        return "JSON has no number that is not finite";
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, f);
        if (strtod(text, NULL) == f)
            break;
    }
    text_out_print(out, "%s%s", text, has_point(text) ? "" : ".0");
    return NULL;
}

static const char *write_base64(struct text_out *out, gale_str bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                                  "stuvwxyz0123456789+/";
    const unsigned char *data = (const unsigned char *)bytes.data;

    text_out_char(out, '"');
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t bits = (uint32_t)data[i] << 16;

        bits |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= left > 2 ? data[i + 2] : 0;
        text_out_char(out, letters[bits >> 18]);
        text_out_char(out, letters[bits >> 12 & 63]);
        text_out_char(out, left > 1 ? letters[bits >> 6 & 63] : '=');
        text_out_char(out, left > 2 ? letters[bits & 63] : '=');
    }
    text_out_char(out, '"');
    return NULL;
}

/* -- lists and maps -------------------------------------------------------- */

struct writer {
    struct text_out *out;
    const gale_tuple *in;
    enum json_bytes bytes;
};

static int compare_texts(const void *a, const void *b)
{
    gale_str x = *(const gale_str *)a, y = *(const gale_str *)b;
    int order = memcmp(x.data, y.data, x.size < y.size ? x.size : y.size);

    return order != 0 ? order : (x.size > y.size) - (x.size < y.size);
}

static bool has_a_name_twice(const struct writer *w, gale_value map)
{
    gale_str *names = must_alloc(NULL, map.size * sizeof(*names));
    bool twice = false;

    for (uint32_t i = 0; i < map.size; i++)
        names[i] = gale_value_str(gale_item(w->in, map, 2 * i));
    qsort(names, map.size, sizeof(*names), compare_texts);
    for (uint32_t i = 1; i < map.size && !twice; i++)
        twice = compare_texts(&names[i - 1], &names[i]) == 0;
    free(names);
    return twice;
}

/* NULL, or what is wrong with the map's names. */
static const char *defect_of(const struct writer *w, gale_value map)
{
    for (uint32_t i = 0; i < map.size; i++)
        if (gale_item(w->in, map, 2 * i).kind != GALE_STRING)
            return "JSON has no names but texts";
    return map.size > 1 && has_a_name_twice(w, map)
               ? "JSON has no maps in which a name comes twice"
               : NULL;
}

static const char *write_value(const struct writer *w, gale_value v, int depth);

static const char *write_items(const struct writer *w, gale_value v, int depth)
{
    bool map = v.kind == GALE_MAP;
    uint32_t n = map ? 2 * v.size : v.size;
    const char *why = map ? defect_of(w, v) : NULL;

    if (depth == DEPTH_MAX)
        return "lists lie in each other too deep";
    text_out_char(w->out, map ? '{' : '[');
    for (uint32_t i = 0; i < n && why == NULL; i++) {
        if (i > 0)
            text_out_char(w->out, map && i % 2 ? ':' : ',');
        why = write_value(w, gale_item(w->in, v, i), depth + 1);
    }
    text_out_char(w->out, map ? '}' : ']');
    return why;
}

static const char *write_value(const struct writer *w, gale_value v, int depth)
{
    switch (v.kind) {
    case GALE_NIL:
        text_out_str(w->out, "null");
        return NULL;
    case GALE_BOOL:
        text_out_str(w->out, v.as.i ? "true" : "false");
        return NULL;
    case GALE_INT:
        text_out_print(w->out, "%" PRId64, v.as.i);
        return NULL;
    case GALE_FLOAT:
        return write_float(w->out, v.as.f);
    case GALE_STRING:
        return write_text(w->out, gale_value_str(v));
    case GALE_LIST:
    case GALE_MAP:
        return write_items(w, v, depth);
    default:
        return w->bytes == JSON_BYTES_BASE64
                   ? write_base64(w->out, gale_value_str(v))
                   : "JSON has no bytes";
    }
}

const char *json_text_write(struct text_out *out, const gale_tuple *in,
                            gale_value v, enum json_bytes bytes)
{
    struct writer w = {out, in, bytes};

    return write_value(&w, v, 0);
}
