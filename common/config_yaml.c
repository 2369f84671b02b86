/*
 * config_yaml.c - nodes of YAML (yaml_tree.h) to values; see config_yaml.h.
 *
 * JSON is read the same way, as YAML in flow style, but its words and quotes
 * are held to JSON's rules.
 */
#include "common/config_yaml.h"
#include "common/config_scalar.h"
#include "common/utf8.h"
#include "common/yaml_tree.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */

#include <string.h>

struct reader {
    const char *name;
    bool json;
    gale_err *error;
    struct config_yaml *to;
};

static int read_value(struct reader *r, const struct yaml_node *node,
                      gale_value *value);

GALE_PRINTF(3, 4)
static int fail_at(const struct reader *r, const struct yaml_node *node,
                   const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return error_set(r->error, "%s:%u:%u: %s", r->name, node->line,
                     node->column, text);
}

/* -- scalars --------------------------------------------------------------- */

static bool is_string_tag(const char *tag)
{
    return !strcmp(tag, "!") || !strcmp(tag, "tag:yaml.org,2002:str");
}

static int read_json_scalar(struct reader *r, const struct yaml_node *node,
                            gale_value *value)
{
    *value = gale_string(node->text, node->size);
    if (!node->tag && node->style == YAML_IS_DOUBLE)
        return 0;
    if (!node->tag && node->style == YAML_IS_PLAIN &&
        config_scalar_json(node->text, node->size, value))
        return 0;
    return fail_at(r, node, "not JSON");
}

static int read_scalar(struct reader *r, const struct yaml_node *node,
                       gale_value *value)
{
    if (r->json)
        return read_json_scalar(r, node, value);
    if (node->tag && !is_string_tag(node->tag))
        return fail_at(r, node, "the tag %s is not supported", node->tag);
    *value = gale_string(node->text, node->size);
    if (node->tag || node->style != YAML_IS_PLAIN)
        return 0;
    if (config_scalar_is_ambiguous(node->text))
        return fail_at(r, node, "%s " CONFIG_SCALAR_AMBIGUOUS, node->text);
    *value = config_scalar_yaml(node->text, node->size);
    return 0;
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

static bool is_merge(const struct yaml_node *key)
{
    return !key->alias && key->kind == YAML_IS_SCALAR &&
           key->style == YAML_IS_PLAIN && !strcmp(key->text, "<<");
}

/* The key of a map: a word, not the key of an earlier pair. */
static int check_key(struct reader *r, const struct yaml_node *node,
                     const gale_value *items, uint32_t n)
{
    gale_value key = items[n];

    if (key.kind >= GALE_LIST || (r->json && key.kind != GALE_STRING))
        return fail_at(r, node, "expected a key that is a word");
    for (uint32_t i = 0; i < n; i += 2)
        if (same_key(items[i], key))
            return fail_at(r, node, "the key %s is there twice",
                           node->alias ? "of this alias" : node->text);
    return is_merge(node)
               ? fail_at(r, node, "merge keys (<<) are not supported")
               : 0;
}

static int read_container(struct reader *r, const struct yaml_node *node,
                          gale_value *value)
{
    gale_value *items;

    if (node->tag)
        return fail_at(r, node, "the tag %s is not supported", node->tag);
    if (r->json && node->style != YAML_IS_FLOW)
        return fail_at(r, node, "not JSON");
    items = yaml_tree_keep(r->to->tree, xcalloc(node->n, sizeof(*items)));
    for (uint32_t i = 0; i < node->n; i++) {
        if (read_value(r, &node->items[i], &items[i]))
            return -1;
        if (node->kind == YAML_IS_MAP && i % 2 == 0 &&
            check_key(r, &node->items[i], items, i))
            return -1;
    }
    *value = node->kind == YAML_IS_MAP ? gale_map(items, node->n / 2)
                                       : gale_list(items, node->n);
    return 0;
}

static int read_value(struct reader *r, const struct yaml_node *node,
                      gale_value *value)
{
    if (r->json && (node->anchored || node->alias))
        return fail_at(r, node, "not JSON");
    return node->kind == YAML_IS_SCALAR ? read_scalar(r, node, value)
                                        : read_container(r, node, value);
}

/* -- the file -------------------------------------------------------------- */

static int read_entry_key(struct reader *r, const struct yaml_node *key,
                          struct config_entry *entry)
{
    if (key->kind != YAML_IS_SCALAR || key->alias)
        return fail_at(r, key, "expected a key and a colon");
    if (key->size == 0 || strlen(key->text) != key->size)
        return fail_at(r, key, "a key must not be empty or hold a NUL byte");
    if (is_merge(key))
        return fail_at(r, key, "merge keys (<<) are not supported");
    for (uint32_t i = 0; i < r->to->n; i++)
        if (!strcmp(r->to->entries[i].key, key->text))
            return fail_at(r, key, "%s: is there twice, first in line %u",
                           key->text, r->to->entries[i].line);
    entry->key = key->text;
    entry->line = key->line;
    return 0;
}

static int read_entries(struct reader *r, const struct yaml_node *map)
{
    struct config_yaml *y = r->to;

    y->entries = xcalloc(map->n / 2, sizeof(*y->entries));
    for (uint32_t i = 0; i < map->n; i += 2) {
        struct config_entry *entry = &y->entries[y->n];
        const struct yaml_node *value = &map->items[i + 1];

        if (read_entry_key(r, &map->items[i], entry) ||
            read_value(r, value, &entry->value))
            return -1;
        entry->written = entry->value.kind == GALE_FLOAT ? value->text : NULL;
        y->n++;
    }
    return 0;
}

static bool is_empty(const struct yaml_node *root)
{
    return root == NULL || (root->kind == YAML_IS_SCALAR && root->size == 0 &&
                            root->style == YAML_IS_PLAIN);
}

static int read_file(struct reader *r)
{
    const struct yaml_node *root = r->to->tree->root;

    if (is_empty(root))
        return 0;
    return root->kind == YAML_IS_MAP
               ? read_entries(r, root)
               : fail_at(r, root, "expected lines of \"key: value\"");
}

/* The whole, whose values are still to be read; NULL with the error. */
static struct config_yaml *read_tree(struct reader *r, const char *text,
                                     size_t size, uint32_t depth,
                                     uint32_t n_values)
{
    const struct yaml_limits limits = {
        .size = CONFIG_YAML_SIZE_MAX, .depth = depth, .nodes = n_values};
    struct yaml_tree *tree =
        yaml_tree_read(r->name, text, size, &limits, r->error);

    if (tree == NULL)
        return NULL;
    r->to = xcalloc(1, sizeof(*r->to));
    r->to->tree = tree;
    return r->to;
}

/* What was read, or NULL. */
static struct config_yaml *finish(struct reader *r, int result)
{
    if (!result)
        return r->to;
    config_yaml_free(r->to);
    return NULL;
}

struct config_yaml *config_yaml_read(const char *name, const char *text,
                                     size_t size, gale_err *error)
{
    struct reader r = {.name = name, .error = error};

    return read_tree(&r, text, size, CONFIG_YAML_DEPTH_MAX,
                     CONFIG_YAML_VALUES_MAX) == NULL
               ? NULL
               : finish(&r, read_file(&r));
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

/* Behind the value, YAML would allow a comment. */
static struct config_yaml *read_json(const char *text, size_t size,
                                     uint32_t depth, uint32_t n_values,
                                     gale_value *value)
{
    struct reader r = {.name = "", .json = true};

    if (strlen(text) != size ||
        read_tree(&r, text, size, depth, n_values) == NULL)
        return NULL;
    return finish(&r, r.to->tree->root == NULL ||
                          r.to->tree->end != last_index(text, size) ||
                          read_value(&r, r.to->tree->root, value));
}

/* As inside a file, which is one level more. */
struct config_yaml *config_yaml_read_json(const char *text, size_t size,
                                          gale_value *value)
{
    return read_json(text, size, CONFIG_YAML_DEPTH_MAX - 1,
                     CONFIG_YAML_VALUES_MAX, value);
}

struct config_yaml *config_yaml_read_record(const char *text, size_t size,
                                            gale_value *value)
{
    return read_json(text, size, CONFIG_YAML_RECORD_DEPTH_MAX - 1,
                     CONFIG_YAML_SIZE_MAX, value);
}

void config_yaml_free(struct config_yaml *y)
{
    if (!y)
        return;
    yaml_tree_free(y->tree);
    free(y->entries);
    free(y);
}
