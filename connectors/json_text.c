/* json_text.c - a value as JSON; see json_text.h. */
#include "connectors/json_text.h"
#include <inttypes.h>
#include <math.h>
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

static const char *write_text(FILE *out, gale_str text)
{
    const unsigned char *s = (const unsigned char *)text.data;
    size_t n;

    fputc('"', out);
    for (size_t i = 0; i < text.size; i += n) {
        n = utf8_size(s + i, text.size - i);
        if (n == 0)
            return "JSON has no text that is not UTF-8";
        if (s[i] < 0x20)
            fprintf(out, "\\u%04x", s[i]);
        else if (s[i] == '"' || s[i] == '\\')
            fprintf(out, "\\%c", s[i]);
        else
            fwrite(s + i, 1, n, out);
    }
    fputc('"', out);
    return NULL;
}

/* The shortest text that reads back as the same number. */
static const char *write_float(FILE *out, double f)
{
    char text[32];

    if (!isfinite(f))
        return "JSON has no number that is not finite";
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, f);
        if (strtod(text, NULL) == f)
            break;
    }
    fputs(text, out);
    return NULL;
}

static const char *write_value(FILE *out, const gale_tuple *in, gale_value v,
                               int depth);

static const char *write_items(FILE *out, const gale_tuple *in, gale_value v,
                               int depth)
{
    bool map = v.kind == GALE_MAP;
    uint32_t n = map ? 2 * v.size : v.size;
    const char *why = NULL;

    if (depth == DEPTH_MAX)
        return "lists lie in each other too deep";
    fputc(map ? '{' : '[', out);
    for (uint32_t i = 0; i < n && why == NULL; i++) {
        gale_value item = gale_item(in, v, i);

        if (i > 0)
            fputc(map && i % 2 ? ':' : ',', out);
        if (map && i % 2 == 0 && item.kind != GALE_STRING)
            return "JSON has no names but texts";
        why = write_value(out, in, item, depth + 1);
    }
    fputc(map ? '}' : ']', out);
    return why;
}

static const char *write_value(FILE *out, const gale_tuple *in, gale_value v,
                               int depth)
{
    switch (v.kind) {
    case GALE_NIL:
        fputs("null", out);
        return NULL;
    case GALE_BOOL:
        fputs(v.as.i ? "true" : "false", out);
        return NULL;
    case GALE_INT:
        fprintf(out, "%" PRId64, v.as.i);
        return NULL;
    case GALE_FLOAT:
        return write_float(out, v.as.f);
    case GALE_STRING:
        return write_text(out, gale_value_str(v));
    case GALE_LIST:
    case GALE_MAP:
        return write_items(out, in, v, depth);
    default:
        return "JSON has no bytes";
    }
}

const char *json_text_write(FILE *out, const gale_tuple *in, gale_value v)
{
    return write_value(out, in, v, 0);
}
