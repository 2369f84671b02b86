/*
 * yaml_tree.c - libyaml's events to nodes; see yaml_tree.h.
 *
 * read_node() and what it calls begin with the node's first event in r->event
 * and end with its last one there.
 */
#include "common/yaml_tree.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */

#include <string.h>
#include <yaml.h>

struct anchor {
    char *name;
    struct yaml_node node;
};

struct reader {
    yaml_parser_t yaml;
    yaml_event_t event;
    const char *name;
    const char *text;
    size_t size; /* of text */
    const struct yaml_limits *limits;
    gale_err *error;
    struct yaml_tree *to;
    uint32_t depth;
    uint32_t n_nodes;
    struct anchor *anchors;
    uint32_t n_anchors;
};

/* A list or map that grows. */
struct items {
    struct yaml_node *nodes;
    uint32_t n;
    uint32_t capacity;
};

static int read_node(struct reader *r, struct yaml_node *node);

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

/* Whether there is a tab at the mark, which counts characters. */
static bool is_tab(const struct reader *r, yaml_mark_t mark)
{
    const char *at = r->text, *end = r->text + r->size;
    size_t n = 0;

    for (; at < end && n < mark.index; n++)
        for (at++; at < end && (*at & 0xc0) == 0x80; at++)
            ;
    return at < end && *at == '\t';
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
    if (strstr(problem, "cannot start any token") != NULL &&
        is_tab(r, r->yaml.problem_mark))
        return fail_at(r, r->yaml.problem_mark,
                       "not valid YAML: found a tab; lines are indented with "
                       "blanks");
    return fail_at(r, r->yaml.problem_mark, "not valid YAML: %s%s%s", problem,
                   context ? " " : "", context ? context : "");
}

/* -- memory ---------------------------------------------------------------- */

void *yaml_tree_keep(struct yaml_tree *t, void *block)
{
    /* Capacity doubles at powers of two. */
    if ((t->n_blocks & (t->n_blocks - 1)) == 0)
        t->blocks =
            xreallocarray(t->blocks, t->n_blocks ? (size_t)t->n_blocks * 2 : 1,
                          sizeof(t->blocks[0]));
    t->blocks[t->n_blocks++] = block;
    return block;
}

static char *keep_text(struct reader *r, const yaml_char_t *text, size_t size)
{
    return yaml_tree_keep(r->to, xstrndup((const char *)text, size));
}

static void add_item(struct items *items, struct yaml_node node)
{
    if (items->n == items->capacity) {
        items->capacity = items->capacity ? items->capacity * 2 : 8;
        items->nodes = xreallocarray(items->nodes, items->capacity,
                                     sizeof(items->nodes[0]));
    }
    items->nodes[items->n++] = node;
}

/* -- events ---------------------------------------------------------------- */

static int next(struct reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->yaml, &r->event) ? 0 : fail_yaml(r);
}

/* The whole is none of them. */
static int count_nodes(struct reader *r, uint32_t n)
{
    if (r->depth == 0)
        return 0;
    if (n > r->limits->nodes - r->n_nodes)
        return fail_here(r, "more than %u values, aliases counted in full",
                         r->limits->nodes);
    r->n_nodes += n;
    return 0;
}

static struct yaml_node new_node(const struct reader *r, enum yaml_kind kind)
{
    return (struct yaml_node){
        .kind = kind,
        .line = (uint32_t)r->event.start_mark.line + 1,
        .column = (uint32_t)r->event.start_mark.column + 1,
        .total = 1,
    };
}

static void set_tag(struct reader *r, struct yaml_node *node,
                    const yaml_char_t *tag)
{
    if (tag != NULL)
        node->tag = keep_text(r, tag, strlen((const char *)tag));
}

/* -- scalars --------------------------------------------------------------- */

static int read_scalar(struct reader *r, struct yaml_node *node)
{
    yaml_scalar_style_t style = r->event.data.scalar.style;
    size_t size = r->event.data.scalar.length;
    char *text = keep_text(r, r->event.data.scalar.value, size);

    *node = new_node(r, YAML_IS_SCALAR);
    node->size = r->limits->scalar ? r->limits->scalar(text, size) : size;
    node->text = text;
    node->style = style == YAML_PLAIN_SCALAR_STYLE           ? YAML_IS_PLAIN
                  : style == YAML_DOUBLE_QUOTED_SCALAR_STYLE ? YAML_IS_DOUBLE
                                                             : YAML_IS_TEXT;
    set_tag(r, node, r->event.data.scalar.tag);
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

static void add_anchor(struct reader *r, char *name,
                       const struct yaml_node *node)
{
    r->anchors = xreallocarray(r->anchors, (size_t)r->n_anchors + 1,
                               sizeof(r->anchors[0]));
    r->anchors[r->n_anchors++] = (struct anchor){name, *node};
}

/* Nodes are never changed once they are read, so an alias shares what is in
 * them. */
static int read_alias(struct reader *r, struct yaml_node *node)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    struct yaml_node here = new_node(r, YAML_IS_SCALAR);

    for (uint32_t i = r->n_anchors; i > 0; i--) {
        const struct anchor *anchor = &r->anchors[i - 1];

        if (strcmp(anchor->name, name))
            continue;
        if (r->depth + anchor->node.height > r->limits->depth)
            return fail_here(r, "nested deeper than %u", r->limits->depth);
        *node = anchor->node;
        node->alias = true;
        node->line = here.line;
        node->column = here.column;
        return count_nodes(r, node->total);
    }
    return fail_here(r, "the alias *%s has no anchor before it", name);
}

/* -- lists and maps -------------------------------------------------------- */

static int read_items(struct reader *r, yaml_event_type_t end,
                      struct items *items)
{
    struct yaml_node node;

    while (!next(r)) {
        if (r->event.type == end)
            return 0;
        if (read_node(r, &node))
            return -1;
        add_item(items, node);
    }
    return -1;
}

static bool is_flow(const yaml_event_t *event)
{
    return event->type == YAML_MAPPING_START_EVENT
               ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
               : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
}

static void take_items(struct reader *r, struct yaml_node *node,
                       const struct items *items)
{
    node->items = items->nodes;
    node->n = items->n;
    if (items->nodes != NULL)
        yaml_tree_keep(r->to, items->nodes);
    for (uint32_t i = 0; i < items->n; i++) {
        node->total += items->nodes[i].total;
        if (items->nodes[i].height > node->height)
            node->height = items->nodes[i].height;
    }
    node->height++;
}

static int read_container(struct reader *r, struct yaml_node *node)
{
    bool map = r->event.type == YAML_MAPPING_START_EVENT;
    struct items items = {0};

    *node = new_node(r, map ? YAML_IS_MAP : YAML_IS_LIST);
    node->style = is_flow(&r->event) ? YAML_IS_FLOW : YAML_IS_BLOCK;
    set_tag(r, node,
            map ? r->event.data.mapping_start.tag
                : r->event.data.sequence_start.tag);
    if (r->depth == r->limits->depth)
        return fail_here(r, "nested deeper than %u", r->limits->depth);
    r->depth++;
    if (read_items(r, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT,
                   &items)) {
        free(items.nodes);
        return -1;
    }
    r->depth--;
    take_items(r, node, &items);
    return 0;
}

static int read_plain(struct reader *r, struct yaml_node *node)
{
    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, node);
    if (count_nodes(r, 1))
        return -1;
    if (r->event.type == YAML_SCALAR_EVENT)
        return read_scalar(r, node);
    check(r->event.type == YAML_SEQUENCE_START_EVENT ||
          r->event.type == YAML_MAPPING_START_EVENT);
    return read_container(r, node);
}

static int read_node(struct reader *r, struct yaml_node *node)
{
    char *anchor = anchor_of(r);

    if (read_plain(r, node)) {
        free(anchor);
        return -1;
    }
    if (anchor) {
        node->anchored = true;
        add_anchor(r, anchor, node);
    }
    return 0;
}

/* -- the document ---------------------------------------------------------- */

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

static int read_document(struct reader *r)
{
    int opened = open_document(r);
    struct yaml_node *root;

    if (opened)
        return opened < 0 ? -1 : 0;
    root = yaml_tree_keep(r->to, xcalloc(1, sizeof(*root)));
    if (read_node(r, root))
        return -1;
    r->to->root = root;
    r->to->end = r->event.end_mark.index;
    return close_document(r);
}

struct yaml_tree *yaml_tree_read(const char *name, const char *text,
                                 size_t size, const struct yaml_limits *limits,
                                 gale_err *error)
{
    struct reader r = {.name = name,
                       .text = text,
                       .size = size,
                       .error = error,
                       .limits = limits};
    int result;

    if (size > limits->size) {
        error_set(error, "%s: larger than %u bytes", name, limits->size);
        return NULL;
    }
    check(yaml_parser_initialize(&r.yaml));
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text, size);
    r.to = xcalloc(1, sizeof(*r.to));
    result = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.yaml);
    for (uint32_t i = 0; i < r.n_anchors; i++)
        free(r.anchors[i].name);
    free(r.anchors);
    if (!result)
        return r.to;
    yaml_tree_free(r.to);
    return NULL;
}

void yaml_tree_free(struct yaml_tree *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->n_blocks; i++)
        free(t->blocks[i]);
    free(t->blocks);
    free(t);
}
