/*
 * config_yaml.c - libyaml's events to values; see config_yaml.h.
 *
 * read_value() and what it calls begin with the value's first event in
 * r->event and end with its last one there. JSON is read the same way, as YAML
 * in flow style, but its words and quotes are held to JSON's rules.
 */
#include "common/config_yaml.h"
#include "common/check.h"
#include "common/config_scalar.h"
#include "common/utf8.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */

#include <string.h>
#include <yaml.h>

struct anchor {
    char *name;
    gale_value value;
    uint32_t n_values; /* in it, itself included */
    uint32_t height;   /* lists and maps in each other */
};

struct reader {
    yaml_parser_t yaml;
    yaml_event_t event;
    const char *name;
    const char *text;
    bool json;
    gale_err *error;
    struct config_yaml *to;
    uint32_t depth, depth_max;
    uint32_t n_values, values_max;
    struct anchor *anchors;
    uint32_t n_anchors;
};

/* A list or map that grows: pairs lie one behind the other. */
struct items {
    gale_value *values;
    uint32_t n;
    uint32_t capacity;
};

static int read_value(struct reader *r, gale_value *value);

/* -- errors ---------------------------------------------------------------- */

GALE_PRINTF(3, 4)
static int fail_at(struct reader *r, yaml_mark_t mark, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return error_set(r->error, "%s:%zu:%zu: %s", r->name, mark.line + 1,
                     mark.column + 1, text);
}

#define fail_here(r, ...) fail_at(r, (r)->event.start_mark, __VA_ARGS__)

/* Bytes that are no text have an offset, but no mark. */
static yaml_mark_t mark_of_offset(const struct reader *r)
{
    yaml_mark_t mark = {0};

    for (size_t i = 0; i < r->yaml.problem_offset; i++) {
        mark.column++;
        if (r->text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static int fail_yaml(struct reader *r)
{
    const char *problem = r->yaml.problem ? r->yaml.problem : "unreadable";
    const char *context = r->yaml.context;

    check_msg(r->yaml.error != YAML_MEMORY_ERROR, "out of memory");
    if (r->yaml.error == YAML_READER_ERROR && r->yaml.problem_value >= 0)
        return fail_at(r, mark_of_offset(r), "not valid YAML: %s (0x%02x)",
                       problem, (unsigned)r->yaml.problem_value);
    if (r->yaml.error == YAML_READER_ERROR)
        return fail_at(r, mark_of_offset(r), "not valid YAML: %s", problem);
    return fail_at(r, r->yaml.problem_mark, "not valid YAML: %s%s%s", problem,
                   context ? " " : "", context ? context : "");
}

/* -- memory ---------------------------------------------------------------- */

static void *keep(struct reader *r, void *block)
{
    struct config_yaml *y = r->to;

    /* Capacity doubles at powers of two. */
    if ((y->n_blocks & (y->n_blocks - 1)) == 0)
        y->blocks =
            xreallocarray(y->blocks, y->n_blocks ? (size_t)y->n_blocks * 2 : 1,
                          sizeof(y->blocks[0]));
    y->blocks[y->n_blocks++] = block;
    return block;
}

static void add_item(struct items *items, gale_value value)
{
    if (items->n == items->capacity) {
        items->capacity = items->capacity ? items->capacity * 2 : 8;
        items->values = xreallocarray(items->values, items->capacity,
                                      sizeof(items->values[0]));
    }
    items->values[items->n++] = value;
}

/* -- events ---------------------------------------------------------------- */

static int next(struct reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->yaml, &r->event) ? 0 : fail_yaml(r);
}

static int count_values(struct reader *r, uint32_t n)
{
    if (n > r->values_max - r->n_values)
        return fail_here(r, "more than %d values, aliases counted in full",
                         r->values_max);
    r->n_values += n;
    return 0;
}

/* -- scalars --------------------------------------------------------------- */

static bool is_string_tag(const yaml_char_t *tag)
{
    return tag && (!strcmp((const char *)tag, "!") ||
                   !strcmp((const char *)tag, YAML_STR_TAG));
}

static int read_scalar(struct reader *r, gale_value *value)
{
    const yaml_char_t *tag = r->event.data.scalar.tag;
    yaml_scalar_style_t style = r->event.data.scalar.style;
    size_t size = r->event.data.scalar.length;
    char *text =
        keep(r, xstrndup((const char *)r->event.data.scalar.value, size));

    if (r->json) {
        *value = gale_string(text, size);
        if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && !tag)
            return 0;
        if (style == YAML_PLAIN_SCALAR_STYLE && !tag &&
            config_scalar_json(text, size, value))
            return 0;
        return fail_here(r, "not JSON");
    }
    if (tag && !is_string_tag(tag))
        return fail_here(r, "the tag %s is not supported", tag);
    *value = !tag && style == YAML_PLAIN_SCALAR_STYLE
                 ? config_scalar_yaml(text, size)
                 : gale_string(text, size);
    return 0;
}

/* -- anchors --------------------------------------------------------------- */

static char *anchor_of(const struct reader *r)
{
    const yaml_char_t *name = NULL;

    if (r->event.type == YAML_SCALAR_EVENT)
        name = r->event.data.scalar.anchor;
    else if (r->event.type == YAML_SEQUENCE_START_EVENT)
        name = r->event.data.sequence_start.anchor;
    else if (r->event.type == YAML_MAPPING_START_EVENT)
        name = r->event.data.mapping_start.anchor;
    return name ? xstrdup((const char *)name) : NULL;
}

static uint32_t height_of(gale_value value)
{
    uint32_t n = value.kind == GALE_MAP ? 2 * value.size : value.size;
    uint32_t highest = 0;

    if (value.kind != GALE_LIST && value.kind != GALE_MAP)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t height = height_of(value.as.items[i]);

        highest = height > highest ? height : highest;
    }
    return highest + 1;
}

static void add_anchor(struct reader *r, char *name, gale_value value,
                       uint32_t n_values)
{
    r->anchors = xreallocarray(r->anchors, (size_t)r->n_anchors + 1,
                               sizeof(r->anchors[0]));
    r->anchors[r->n_anchors++] = (struct anchor){.name = name,
                                                 .value = value,
                                                 .n_values = n_values,
                                                 .height = height_of(value)};
}

/* Values are never changed once they are read, so an alias shares them. */
static int read_alias(struct reader *r, gale_value *value)
{
    const char *name = (const char *)r->event.data.alias.anchor;

    for (uint32_t i = r->n_anchors; i > 0; i--) {
        const struct anchor *anchor = &r->anchors[i - 1];

        if (strcmp(anchor->name, name))
            continue;
        if (r->depth + anchor->height > r->depth_max)
            return fail_here(r, "nested deeper than %u", r->depth_max);
        *value = anchor->value;
        return count_values(r, anchor->n_values);
    }
    return fail_here(r, "the alias *%s has no anchor before it", name);
}

/* -- lists and maps -------------------------------------------------------- */

static bool same_key(gale_value a, gale_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == GALE_STRING)
        return gale_str_eq(gale_value_str(a), gale_value_str(b));
    return a.kind < GALE_STRING && a.as.i == b.as.i;
}

/* The key of a map: a word, not the key of an earlier pair. */
static int read_key(struct reader *r, const struct items *items)
{
    gale_value key = items->values[items->n - 1];

    if (key.kind >= GALE_LIST || (r->json && key.kind != GALE_STRING))
        return fail_here(r, "expected a key that is a word");
    for (uint32_t i = 0; i + 1 < items->n; i += 2)
        if (same_key(items->values[i], key))
            return fail_here(r, "the key %s is there twice",
                             r->event.type == YAML_SCALAR_EVENT
                                 ? (char *)r->event.data.scalar.value
                                 : "of this alias");
    if (key.kind == GALE_STRING && !strcmp(key.as.data, "<<") &&
        r->event.type == YAML_SCALAR_EVENT &&
        r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return fail_here(r, "merge keys (<<) are not supported");
    return 0;
}

static int read_items(struct reader *r, yaml_event_type_t end,
                      struct items *items)
{
    gale_value value;

    while (!next(r)) {
        if (r->event.type == end)
            return 0;
        if (read_value(r, &value))
            return -1;
        add_item(items, value);
        if (end == YAML_MAPPING_END_EVENT && items->n % 2 == 1 &&
            read_key(r, items))
            return -1;
    }
    return -1;
}

static bool is_flow(const yaml_event_t *event)
{
    return event->type == YAML_MAPPING_START_EVENT
               ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
               : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
}

static int read_container(struct reader *r, gale_value *value)
{
    bool map = r->event.type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = map ? r->event.data.mapping_start.tag
                                 : r->event.data.sequence_start.tag;
    struct items items = {0};

    if (tag)
        return fail_here(r, "the tag %s is not supported", tag);
    if (r->json && !is_flow(&r->event))
        return fail_here(r, "not JSON");
    if (r->depth == r->depth_max)
        return fail_here(r, "nested deeper than %u", r->depth_max);
    r->depth++;
    if (read_items(r, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT,
                   &items)) {
        free(items.values);
        return -1;
    }
    r->depth--;
    if (items.values)
        keep(r, items.values);
    *value = map ? gale_map(items.values, items.n / 2)
                 : gale_list(items.values, items.n);
    return 0;
}

static int read_plain(struct reader *r, gale_value *value)
{
    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, value);
    if (count_values(r, 1))
        return -1;
    if (r->event.type == YAML_SCALAR_EVENT)
        return read_scalar(r, value);
    check(r->event.type == YAML_SEQUENCE_START_EVENT ||
          r->event.type == YAML_MAPPING_START_EVENT);
    return read_container(r, value);
}

static int read_value(struct reader *r, gale_value *value)
{
    char *anchor = anchor_of(r);
    uint32_t before = r->n_values;

    if (read_plain(r, value) || (r->json && anchor)) {
        free(anchor);
        return -1;
    }
    if (anchor)
        add_anchor(r, anchor, *value, r->n_values - before);
    return 0;
}

/* -- the file -------------------------------------------------------------- */

static int read_entry_key(struct reader *r, struct config_entry *entry)
{
    const char *text = (const char *)r->event.data.scalar.value;
    size_t size = r->event.data.scalar.length;

    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_here(r, "expected a key and a colon");
    if (size == 0 || strlen(text) != size)
        return fail_here(r, "a key must not be empty or hold a NUL byte");
    if (!strcmp(text, "<<") &&
        r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return fail_here(r, "merge keys (<<) are not supported");
    for (uint32_t i = 0; i < r->to->n; i++)
        if (!strcmp(r->to->entries[i].key, text))
            return fail_here(r, "%s: is there twice, first in line %u", text,
                             r->to->entries[i].line);
    entry->key = keep(r, xstrdup(text));
    entry->line = (uint32_t)r->event.start_mark.line + 1;
    return count_values(r, 1);
}

static int read_entries(struct reader *r)
{
    struct config_yaml *y = r->to;

    r->depth = 1;
    while (!next(r)) {
        struct config_entry entry;

        if (r->event.type == YAML_MAPPING_END_EVENT)
            return 0;
        if (read_entry_key(r, &entry) || next(r) || read_value(r, &entry.value))
            return -1;
        y->entries =
            xreallocarray(y->entries, (size_t)y->n + 1, sizeof(y->entries[0]));
        y->entries[y->n++] = entry;
    }
    return -1;
}

static bool is_empty_scalar(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.length == 0 &&
           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* From the start of the stream into the first document; 1: there is none. */
static int open_document(struct reader *r)
{
    if (next(r) || next(r))
        return -1;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return 1;
    return next(r);
}

static int close_document(struct reader *r)
{
    if (next(r) || next(r)) /* end of document, end of stream */
        return -1;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return fail_here(r, "a second document: expected one");
    return 0;
}

static int read_file(struct reader *r)
{
    int opened = open_document(r);

    if (opened)
        return opened < 0 ? -1 : 0;
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        if (read_entries(r))
            return -1;
    } else if (!is_empty_scalar(&r->event)) {
        return fail_here(r, "expected lines of \"key: value\"");
    }
    return close_document(r);
}

static void reader_open(struct reader *r, const char *text, size_t size)
{
    check(yaml_parser_initialize(&r->yaml));
    yaml_parser_set_input_string(&r->yaml, (const unsigned char *)text, size);
    r->text = text;
    r->to = xcalloc(1, sizeof(*r->to));
}

/* What was read, or NULL. */
static struct config_yaml *reader_close(struct reader *r, int result)
{
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->yaml);
    for (uint32_t i = 0; i < r->n_anchors; i++)
        free(r->anchors[i].name);
    free(r->anchors);
    if (!result)
        return r->to;
    config_yaml_free(r->to);
    return NULL;
}

struct config_yaml *config_yaml_read(const char *name, const char *text,
                                     size_t size, gale_err *error)
{
    struct reader r = {.name = name,
                       .error = error,
                       .depth_max = CONFIG_YAML_DEPTH_MAX,
                       .values_max = CONFIG_YAML_VALUES_MAX};

    if (size > CONFIG_YAML_SIZE_MAX) {
        error_set(error, "%s: larger than %d bytes", name,
                  CONFIG_YAML_SIZE_MAX);
        return NULL;
    }
    reader_open(&r, text, size);
    return reader_close(&r, read_file(&r));
}

/* -- JSON ------------------------------------------------------------------ */

/* Characters up to the end without the blanks there: where a value that fills
 * the text ends. */
static size_t last_index(const char *text, size_t size)
{
    size_t n = 0;
    uint32_t code;

    while (size > 0 && strchr(" \t\r\n", text[size - 1]))
        size--;
    while (size > 0) {
        size_t step = utf8_next(text, size, &code);

        step = step ? step : 1;
        text += step;
        size -= step;
        n++;
    }
    return n;
}

static int read_json(struct reader *r, size_t size, gale_value *value)
{
    r->depth = 1; /* as inside a file */
    if (open_document(r) || read_value(r, value))
        return -1;
    /* Behind it, YAML would allow a comment. */
    if (r->event.end_mark.index != last_index(r->text, size))
        return -1;
    return close_document(r);
}

struct config_yaml *config_yaml_read_json(const char *text, size_t size,
                                          gale_value *value)
{
    struct reader r = {.name = "",
                       .json = true,
                       .depth_max = CONFIG_YAML_DEPTH_MAX,
                       .values_max = CONFIG_YAML_VALUES_MAX};

    if (size > CONFIG_YAML_SIZE_MAX || strlen(text) != size)
        return NULL;
    reader_open(&r, text, size);
    return reader_close(&r, read_json(&r, size, value));
}

struct config_yaml *config_yaml_read_record(const char *text, size_t size,
                                            gale_value *value)
{
    struct reader r = {.name = "",
                       .json = true,
                       .depth_max = CONFIG_YAML_RECORD_DEPTH_MAX,
                       .values_max = CONFIG_YAML_SIZE_MAX};

    if (size > CONFIG_YAML_SIZE_MAX || strlen(text) != size)
        return NULL;
    reader_open(&r, text, size);
    return reader_close(&r, read_json(&r, size, value));
}

void config_yaml_free(struct config_yaml *y)
{
    if (!y)
        return;
    for (uint32_t i = 0; i < y->n_blocks; i++)
        free(y->blocks[i]);
    free(y->blocks);
    free(y->entries);
    free(y);
}
