/* record_format.c - a tuple as one line of a file; see record_format.h. */
#include "connectors/record_format.h"
#include "connectors/json_text.h"
#include "connectors/must.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- options --------------------------------------------------------------- */

const char *record_format_check(const struct record_format *f)
{
    gale_str d = f->delimiter;

    if (f->kind == RECORD_JSON)
        return NULL;
    if (d.size == 0 || d.size > RECORD_DELIMITER_MAX)
        return "the option delimiter is empty or too long: expected 1 to 16 "
               "bytes";
    if (memchr(d.data, '\n', d.size) != NULL ||
        memchr(d.data, '\r', d.size) != NULL)
        return "the option delimiter holds the end of a line, which ends a "
               "record: expected anything else";
    if (f->escape == RECORD_BACKSLASH && memchr(d.data, '\\', d.size) != NULL)
        return "the option delimiter holds a backslash, which escape: "
               "backslash has a use for: expected another delimiter";
    if (f->escape == RECORD_BLANK && memchr(d.data, ' ', d.size) != NULL)
        return "the option delimiter holds a blank, which escape: blank has a "
               "use for: expected another delimiter";
    return NULL;
}

const char *record_format_init(struct record_format *f)
{
    const char *at = f->fields.data, *end;
    const char *why = record_format_check(f);

    f->stops['\n'] = f->stops['\r'] = f->stops['\\'] = true;
    if (f->delimiter.size > 0)
        f->stops[(unsigned char)f->delimiter.data[0]] = true;
    for (; f->fields.size > 0 && at != NULL; at = end ? end + 1 : NULL) {
        end = strchr(at, '\n');
        f->names = must_alloc(f->names, (f->n_names + 1) * sizeof(*f->names));
        f->names[f->n_names] = strndup(at, end ? (size_t)(end - at) : SIZE_MAX);
        must(f->names[f->n_names] != NULL);
        f->n_names++;
    }
    return why;
}

void record_format_fini(struct record_format *f)
{
    for (uint32_t i = 0; i < f->n_names; i++)
        free(f->names[i]);
    free(f->names);
    f->names = NULL;
    f->n_names = 0;
}

const char *record_format_missing(const struct record_format *f,
                                  const gale_tuple *in)
{
    for (uint32_t i = 0; i < f->n_names; i++)
        if (gale_index_of(in, f->names[i]) == GALE_NO_FIELD)
            return f->names[i];
    return NULL;
}

/* -- delimited ------------------------------------------------------------- */

/* Bytes of what must not stand in a value, if it begins here; else 0. */
static size_t special(const struct record_format *f, const char *at,
                      size_t size)
{
    if (*at == '\n' || *at == '\r' ||
        (*at == '\\' && f->escape == RECORD_BACKSLASH))
        return 1;
    if (size >= f->delimiter.size &&
        memcmp(at, f->delimiter.data, f->delimiter.size) == 0)
        return f->delimiter.size;
    return 0;
}

static void write_special(const struct record_format *f, struct text_out *out,
                          const char *at, size_t size)
{
    if (f->escape == RECORD_BLANK) {
        text_out_char(out, ' ');
        return;
    }
    text_out_char(out, '\\');
    if (*at == '\n' || *at == '\r')
        text_out_char(out, *at == '\n' ? 'n' : 'r');
    else
        text_out_add(out, at, size);
}

/* Bytes until the next one with which something special may begin. */
static size_t plain_run(const struct record_format *f, const char *at,
                        size_t size)
{
    size_t n = 0;

    while (n < size && !f->stops[(unsigned char)at[n]])
        n++;
    return n;
}

static const char *write_text(const struct record_format *f,
                              struct text_out *out, const char *text,
                              size_t size)
{
    size_t i = 0, n;

    while (i < size) {
        n = plain_run(f, text + i, size - i);
        text_out_add(out, text + i, n);
        i += n;
        if (i == size)
            break;
        n = special(f, text + i, size - i);
        if (n > 0 && f->escape == RECORD_REFUSE)
            return "the delimiter or the end of a line is in it; the option "
                   "escape says how to write that";
        if (n > 0)
            write_special(f, out, text + i, n);
        else
            text_out_char(out, text[i]);
        i += n > 0 ? n : 1;
    }
    return NULL;
}

/* The shortest text that reads back as the same number. */
static const char *write_float(const struct record_format *f,
                               struct text_out *out, double number)
{
    char text[32];
    int n = 0;

    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return write_text(f, out, text, (size_t)n);
}

static const char *write_json(const struct record_format *f,
                              struct text_out *out, const gale_tuple *in,
                              gale_value v)
{
    struct text_out json = {NULL, 0, 0};
    const char *why = json_text_write(&json, in, v, JSON_BYTES_REFUSED);

    if (why == NULL)
        why = write_text(f, out, json.data, json.size);
    text_out_fini(&json);
    return why;
}

static const char *write_value(const struct record_format *f,
                               struct text_out *out, const gale_tuple *in,
                               gale_value v)
{
    char text[32];
    int n;

    switch (v.kind) {
    case GALE_STRING:
    case GALE_BYTES:
        return write_text(f, out, v.as.data, v.size);
    case GALE_INT:
        n = snprintf(text, sizeof(text), "%" PRId64, v.as.i);
        return write_text(f, out, text, (size_t)n);
    case GALE_FLOAT:
        return write_float(f, out, v.as.f);
    case GALE_BOOL:
        text_out_str(out, v.as.i ? "true" : "false");
        return NULL;
    case GALE_LIST:
    case GALE_MAP:
        return write_json(f, out, in, v);
    default:
        text_out_add(out, f->null.data, f->null.size);
        return NULL;
    }
}

/* -- both ------------------------------------------------------------------ */

static const char *write_member(struct text_out *out, const gale_tuple *in,
                                const char *name, gale_value v)
{
    const char *why = json_text_write(out, in, gale_string(name, strlen(name)),
                                      JSON_BYTES_REFUSED);

    text_out_char(out, ':');
    return why != NULL ? why : json_text_write(out, in, v, JSON_BYTES_REFUSED);
}

const char *record_format_write(const struct record_format *f,
                                struct text_out *out, const gale_tuple *in,
                                const char **field)
{
    bool json = f->kind == RECORD_JSON;
    uint32_t n = f->n_names > 0 ? f->n_names : gale_n_fields(in);
    const char *why = NULL;

    if (json)
        text_out_char(out, '{');
    for (uint32_t i = 0; i < n && why == NULL; i++) {
        uint32_t at = f->n_names > 0 ? gale_index_of(in, f->names[i]) : i;
        gale_value v = gale_get(in, at);

        *field = gale_field_name(in, at);
        if (i > 0 && json)
            text_out_char(out, ',');
        else if (i > 0)
            text_out_add(out, f->delimiter.data, f->delimiter.size);
        why = json ? write_member(out, in, *field, v)
                   : write_value(f, out, in, v);
    }
    text_out_str(out, json ? "}\n" : "\n");
    return why;
}
