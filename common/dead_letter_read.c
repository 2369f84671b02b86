/*
 * dead_letter_read.c - reads a dead letter from a line of JSON; see
 * dead_letter.h.
 *
 * The line is foreign: it may be cut short, damaged, or not of a spool at all.
 */
#include "common/config_yaml.h"
#include "common/base64.h"
#include "common/dead_letter.h"
#include "common/number.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <stdlib.h>
#include <string.h>

struct dead_letter_memory {
    char *line;
    struct config_yaml *document;
    void **blocks;
    uint32_t n_blocks;
};

static void *block(struct dead_letter_memory *m, size_t n, size_t size)
{
    m->blocks = xrealloc(m->blocks, (m->n_blocks + 1) * sizeof(*m->blocks));
    return m->blocks[m->n_blocks++] = xcalloc(n + 1, size);
}

void dead_letter_forget(struct dead_letter_memory *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; i < m->n_blocks; i++)
        free(m->blocks[i]);
    free(m->blocks);
    config_yaml_free(m->document);
    free(m->line);
    free(m);
}

/* -- values ---------------------------------------------------------------- */

static bool is_text(gale_value v, const char *text)
{
    return v.kind == GALE_STRING && v.size == strlen(text) &&
           memcmp(v.as.data, text, v.size) == 0;
}

static bool read_value(struct dead_letter_memory *m, gale_value in,
                       gale_value *out);

static bool read_coded(struct dead_letter_memory *m, gale_value text,
                       uint32_t kind, gale_value *out)
{
    size_t n;
    char *bytes;

    if (text.kind != GALE_STRING)
        return false;
    bytes = block(m, text.size, 1);
    if (!base64_read(text.as.data, text.size, bytes, &n))
        return false;
    *out = gale_string(bytes, n);
    out->kind = kind;
    return true;
}

/* What is no number by JSON, or would come back as an integer. */
static bool read_float(gale_value text, gale_value *out)
{
    char copy[NUMBER_TEXT_SIZE] = "", *end = copy;

    if (text.kind != GALE_STRING || text.size >= sizeof(copy))
        return false;
    memcpy(copy, text.as.data, text.size);
    *out = gale_float(number_read(copy, &end));
    return end != copy && *end == '\0';
}

static bool read_items(struct dead_letter_memory *m, gale_value in,
                       gale_value *out)
{
    gale_value *items;

    if (in.kind != GALE_LIST)
        return false;
    items = block(m, in.size, sizeof(*items));
    for (uint32_t i = 0; i < in.size; i++)
        if (!read_value(m, in.as.items[i], &items[i]))
            return false;
    *out = gale_list(items, in.size);
    return true;
}

/* An object is never a value by itself. */
static bool read_special(struct dead_letter_memory *m, gale_value in,
                         gale_value *out)
{
    const gale_value *pair = in.as.items;

    if (in.size != 1)
        return false;
    if (is_text(pair[0], "$bytes"))
        return read_coded(m, pair[1], GALE_BYTES, out);
    if (is_text(pair[0], "$string"))
        return read_coded(m, pair[1], GALE_STRING, out);
    if (is_text(pair[0], "$float"))
        return read_float(pair[1], out);
    if (!is_text(pair[0], "$map") || !read_items(m, pair[1], out) ||
        out->size % 2 != 0)
        return false;
    *out = gale_map(out->as.items, out->size / 2);
    return true;
}

static bool read_value(struct dead_letter_memory *m, gale_value in,
                       gale_value *out)
{
    if (in.kind == GALE_MAP)
        return read_special(m, in, out);
    if (in.kind == GALE_LIST)
        return read_items(m, in, out);
    *out = in;
    return true;
}

/* -- members --------------------------------------------------------------- */

/* The member of an object, or nil. */
static gale_value member(gale_value object, const char *key)
{
    for (uint32_t i = 0; object.kind == GALE_MAP && i < object.size; i++)
        if (is_text(object.as.items[2 * i], key))
            return object.as.items[2 * i + 1];
    return gale_nil();
}

static bool read_field(struct dead_letter_memory *m, gale_value in,
                       gale_str *name, gale_value *value)
{
    gale_value found = member(in, "name");

    *name = gale_value_str(found);
    return found.kind == GALE_STRING && in.size == 2 &&
           read_value(m, member(in, "value"), value);
}

static bool read_fields(struct dead_letter_memory *m, gale_value in,
                        struct dead_letter *letter)
{
    gale_str *names;
    gale_value *values;

    if (in.kind != GALE_LIST)
        return in.kind == GALE_NIL;
    letter->names = names = block(m, in.size, sizeof(*names));
    letter->values = values = block(m, in.size, sizeof(*values));
    for (letter->n = 0; letter->n < in.size; letter->n++)
        if (!read_field(m, in.as.items[letter->n], &names[letter->n],
                        &values[letter->n]))
            return false;
    letter->has_fields = true;
    return true;
}

static bool read_text(gale_value object, const char *key, gale_str *to)
{
    gale_value v = member(object, key);

    *to = gale_value_str(v);
    return v.kind == GALE_STRING;
}

static bool read_int(gale_value object, const char *key, int64_t *to)
{
    gale_value v = member(object, key);

    *to = v.kind == GALE_INT ? v.as.i : 0;
    return v.kind == GALE_INT;
}

static bool read_id(gale_value v, gale_msgid *id)
{
    if (v.kind != GALE_LIST || v.size != 2 || v.as.items[0].kind != GALE_INT ||
        v.as.items[1].kind != GALE_INT)
        return false;
    id->hi = (uint64_t)v.as.items[0].as.i;
    id->lo = (uint64_t)v.as.items[1].as.i;
    return true;
}

static bool read_time(gale_value v, int64_t *time_us)
{
    return v.kind == GALE_STRING &&
           dead_letter_time_read(gale_value_str(v), time_us);
}

/* NULL, or the member that is missing or wrong. */
static const char *read_members(gale_value in, struct dead_letter *letter)
{
    gale_value poison = member(in, "poison");

    letter->poison = poison.kind == GALE_BOOL && poison.as.i != 0;
    return !read_time(member(in, "time"), &letter->time_us)     ? "time"
           : !read_text(in, "topology", &letter->topology)      ? "topology"
           : !read_text(in, "spout", &letter->spout)            ? "spout"
           : !read_int(in, "task", &letter->task)               ? "task"
           : !read_id(member(in, "message"), &letter->id)       ? "message"
           : !read_int(in, "failures", &letter->failures)       ? "failures"
           : !read_text(in, "component", &letter->component)    ? "component"
           : !read_int(in, "failed_task", &letter->failed_task) ? "failed_task"
           : poison.kind != GALE_BOOL                           ? "poison"
           : !read_text(in, "error", &letter->error)            ? "error"
           : !read_text(in, "stream", &letter->stream)          ? "stream"
                                                                : NULL;
}

int dead_letter_read(const char *line, size_t size, struct dead_letter *letter,
                     struct dead_letter_memory **memory, gale_err *error)
{
    struct dead_letter_memory *m = *memory = xcalloc(1, sizeof(*m));
    gale_value value = gale_nil();
    const char *wrong;

    memset(letter, 0, sizeof(*letter));
    m->line = xcalloc(size + 1, 1);
    memcpy(m->line, line, size);
    m->document = config_yaml_read_record(m->line, size, &value);
    if (m->document == NULL || value.kind != GALE_MAP)
        return error_set(error, "is no object of JSON");
    wrong = read_members(value, letter);
    if (wrong == NULL && !read_fields(m, member(value, "fields"), letter))
        wrong = "fields";
    if (wrong != NULL)
        return error_set(error,
                         "is no dead letter: its \"%s\" is missing or of "
                         "another form",
                         wrong);
    return 0;
}
