/* flux_map.c - a map of a topology in YAML, held to the table of its keys. */
#include "common/flux_in.h"
#include "topology-api/names.h"
#include "topology-api/text_buffer.h"

#include <string.h>

struct reading {
    struct flux *f;
    enum flux_in in;
    const char *what;
    struct flux_map *map;
};

static struct flux_at at_node(const struct reading *r,
                              const struct yaml_node *node)
{
    return (struct flux_at){r->map->at.file, node};
}

/* -- keys ------------------------------------------------------------------ */

static void put_keys(struct text_buffer *text, enum flux_in in)
{
    const char *before = "; expected ";

    for (uint32_t i = 0; i < flux_keys_n(); i++) {
        const struct flux_key *key = flux_keys_at(i);

        if (key->in != in || key->help == NULL)
            continue;
        text_buffer_put(text, "%s%s", before, key->name);
        before = ", ";
    }
}

static void unknown(const struct reading *r, const struct yaml_node *word)
{
    struct names_nearest nearest;
    struct text_buffer text;
    char hint[300], found[128];

    names_start(&nearest, word->text);
    for (uint32_t i = 0; i < flux_keys_n(); i++)
        if (flux_keys_at(i)->in == r->in)
            names_consider(&nearest, flux_keys_at(i)->name);
    text_buffer_init(&text, hint, sizeof(hint));
    if (nearest.best[0] != '\0')
        text_buffer_put(&text, "%s", names_hint(&nearest));
    else
        put_keys(&text, r->in);
    flux_wrong(
        r->f, at_node(r, word), "%s has no key %s%s", r->what,
        value_text(gale_string(word->text, word->size), found, sizeof(found)),
        hint);
}

static const struct flux_pair *pair_of(const struct flux_map *map,
                                       const struct flux_key *key)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (map->pairs[i].key == key)
            return &map->pairs[i];
    return NULL;
}

static void twice(const struct reading *r, const struct yaml_node *word,
                  const struct flux_pair *first)
{
    if (!strcmp(word->text, first->word->text))
        flux_wrong(r->f, at_node(r, word),
                   "\"%s\" is there twice, first in line %u", word->text,
                   first->word->line);
    else
        flux_wrong(
            r->f, at_node(r, word),
            "\"%s\" and \"%s\" in line %u say the same: give one of them",
            word->text, first->word->text, first->word->line);
}

/* The row of a key; NULL if it is wrong, and has been said so. */
static const struct flux_key *key_of(const struct reading *r,
                                     const struct yaml_node *word)
{
    const struct flux_key *key;

    if (word->kind != YAML_IS_SCALAR) {
        flux_wrong(r->f, at_node(r, word), "expected a key that is a word");
        return NULL;
    }
    key = flux_keys_find(r->in, word->text);
    if (key == NULL) {
        r->map->has_unknown = true;
        unknown(r, word);
    } else if (key->instead != NULL) {
        flux_wrong(r->f, at_node(r, word), "\"%s\" means nothing here: %s",
                   key->name, key->instead);
    }
    return key == NULL || key->instead != NULL ? NULL : flux_keys_meant(key);
}

/* -- values ---------------------------------------------------------------- */

static bool is_null(const struct yaml_node *node)
{
    return node->kind == YAML_IS_SCALAR && node->style == YAML_IS_PLAIN &&
           (node->size == 0 || !strcmp(node->text, "~") ||
            !strcmp(node->text, "null"));
}

static bool suits(const struct flux_key *key, const struct yaml_node *node)
{
    switch (key->type) {
    case FLUX_LIST:
        return node->kind == YAML_IS_LIST;
    case FLUX_MAP:
        return node->kind == YAML_IS_MAP;
    case FLUX_ANY:
        return true;
    default:
        return node->kind == YAML_IS_SCALAR;
    }
}

static void check_value(const struct reading *r, struct flux_pair *pair)
{
    static const char *const found[] = {"a single value", "a list", "a map"};
    static const char *const expected[] = {
        [FLUX_TEXT] = "a text",        [FLUX_NUMBER] = "a number",
        [FLUX_BOOL] = "true or false", [FLUX_LIST] = "a list",
        [FLUX_MAP] = "a map",
    };

    if (suits(pair->key, pair->value))
        return;
    flux_wrong(r->f, at_node(r, pair->value), "\"%s\": found %s, expected %s",
               pair->word->text, found[pair->value->kind],
               expected[pair->key->type]);
    pair->value = NULL;
}

/* A key without a value is as if it were not there. */
static void read_pair(struct reading *r, const struct yaml_node *word,
                      const struct yaml_node *value)
{
    const struct flux_key *key = key_of(r, word);
    struct flux_map *map = r->map;

    if (key == NULL)
        return;
    if (pair_of(map, key) != NULL) {
        twice(r, word, pair_of(map, key));
    } else if (key->type == FLUX_ANY || !is_null(value)) {
        map->pairs[map->n] = (struct flux_pair){key, word, value};
        check_value(r, &map->pairs[map->n++]);
    }
}

static void check_needed(const struct reading *r)
{
    for (uint32_t i = 0; i < flux_keys_n(); i++) {
        const struct flux_key *key = flux_keys_at(i);

        if (key->in == r->in && key->needed && pair_of(r->map, key) == NULL)
            flux_wrong(r->f, r->map->at, "%s without \"%s\"", r->what,
                       key->name);
    }
}

int flux_map_read(struct flux *f, struct flux_at at, enum flux_in in,
                  const char *what, struct flux_map *map)
{
    struct reading r = {f, in, what, map};

    *map = (struct flux_map){.at = at};
    if (at.node->kind != YAML_IS_MAP)
        return flux_wrong(
            f, at, "found %s, expected %s: a map",
            at.node->kind == YAML_IS_LIST ? "a list" : "a single value", what);
    for (uint32_t i = 0; i < at.node->n; i += 2)
        read_pair(&r, &at.node->items[i], &at.node->items[i + 1]);
    check_needed(&r);
    return 0;
}

/* -- asking ---------------------------------------------------------------- */

struct flux_at flux_map_get(const struct flux_map *map, const char *key)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (!strcmp(map->pairs[i].key->name, key))
            return (struct flux_at){map->at.file, map->pairs[i].value};
    return (struct flux_at){map->at.file, NULL};
}

bool flux_map_has(const struct flux_map *map, const char *key)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (!strcmp(map->pairs[i].key->name, key))
            return true;
    return false;
}
