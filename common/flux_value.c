/*
 * flux_value.c - nodes of YAML as texts, numbers, values, with ${…} replaced.
 *
 * What a word without quotes is (a number, true, nothing) is asked when it has
 * been replaced: so `${n}` may be a number, and "${n}" is always a text.
 */
#include "common/config_scalar.h"
#include "common/flux_in.h"
#include "common/flux_replace.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include "topology-api/names.h"

#include <string.h>

/* -- ${…} ---------------------------------------------------------------- */

static const char *look_up_env(const struct flux *f, const char *name,
                               gale_err *error)
{
    const char *value = f->options->env == NULL ? NULL : f->options->env(name);

    if (f->options->env == NULL)
        error_set(error, "has ${ENV-%s}, which only --env-filter replaces",
                  name);
    else if (value == NULL)
        error_set(error,
                  "has ${ENV-%s}, but the variable %s is not in the "
                  "environment",
                  name, name);
    return value;
}

static void not_set(const struct flux *f, const char *name, gale_err *error)
{
    struct names_nearest nearest;

    names_start(&nearest, name);
    for (size_t i = 0; i < settings_size(f->properties); i++)
        names_consider(&nearest, settings_at(f->properties, i, NULL));
    error_set(error, "has ${%s}, which %s does not set%s", name,
              f->options->filter, names_hint(&nearest));
}

/* NULL with the error; it is "" if that was said already, once. */
static const char *value_of(const struct flux *f, const char *name,
                            gale_err *error)
{
    const gale_value *value;

    if (!strncmp(name, "ENV-", 4))
        return look_up_env(f, name + 4, error);
    if (f->filter_failed) {
        error_set(error, "%s", "");
        return NULL;
    }
    if (f->properties == NULL) {
        error_set(error,
                  "has ${%s}, but no file is given that sets it (--filter "
                  "FILE); the characters ${ themselves are written $${",
                  name);
        return NULL;
    }
    value = settings_get(f->properties, name);
    if (value == NULL)
        not_set(f, name, error);
    return value == NULL ? NULL : value->as.data;
}

struct asking {
    struct flux *f;
    struct flux_at at;
};

/* A flux_lookup_fn; it says of each name what is wrong. */
static const char *look_up(void *arg, const char *name, gale_err *error)
{
    struct asking *asking = arg;
    const char *value = value_of(asking->f, name, error);

    if (value == NULL && error->text[0] != '\0')
        flux_wrong(asking->f, asking->at, "this value %s", error->text);
    if (value == NULL)
        error_set(error, "%s", "");
    return value;
}

/* The text of a scalar; NULL if something in it is not set. */
static const char *replaced(struct flux *f, struct flux_at at, size_t *size)
{
    struct asking asking = {f, at};
    gale_err error;
    char *text;

    *size = at.node->size;
    if (strlen(at.node->text) != at.node->size ||
        !flux_replace_wanted(at.node->text))
        return at.node->text;
    text = flux_replace(at.node->text, look_up, &asking, &error);
    if (text == NULL) {
        if (error.text[0] != '\0')
            flux_wrong(f, at, "this value %s", error.text);
        return NULL;
    }
    *size = strlen(text);
    return flux_keep(f, text);
}

/* -- scalars --------------------------------------------------------------- */

static const char *kind_name(const struct yaml_node *node)
{
    static const char *const names[] = {
        [YAML_IS_SCALAR] = "a single value",
        [YAML_IS_LIST] = "a list",
        [YAML_IS_MAP] = "a map",
    };

    return names[node->kind];
}

static bool is_string_tag(const char *tag)
{
    return !strcmp(tag, "!") || !strcmp(tag, "tag:yaml.org,2002:str");
}

static int scalar_value(struct flux *f, struct flux_at at, gale_value *value)
{
    const char *tag = at.node->tag;
    size_t size;
    const char *text;

    if (tag != NULL && !is_string_tag(tag))
        return flux_wrong(f, at, "the tag %s is not supported", tag);
    text = replaced(f, at, &size);
    if (text == NULL)
        return -1;
    *value = gale_string(text, size);
    if (tag != NULL || at.node->style != YAML_IS_PLAIN)
        return 0;
    if (config_scalar_is_ambiguous(text))
        return flux_wrong(f, at, "%s " CONFIG_SCALAR_AMBIGUOUS, text);
    *value = config_scalar_yaml(text, size);
    return 0;
}

/* A scalar, for whoever wants a certain one. */
static int single(struct flux *f, struct flux_at at, const char *what,
                  const char *expected, gale_value *value)
{
    if (at.node->kind != YAML_IS_SCALAR)
        return flux_wrong(f, at, "\"%s\": found %s, expected %s", what,
                          kind_name(at.node), expected);
    return scalar_value(f, at, value);
}

/* As it is written: 007 and yes are names, too. */
int flux_text(struct flux *f, struct flux_at at, const char *what,
              const char **text)
{
    gale_value value;
    size_t size;

    if (single(f, at, what, "a text", &value))
        return -1;
    *text = replaced(f, at, &size);
    if (size == 0 || strlen(*text) != size)
        return flux_wrong(f, at, "\"%s\": found %s, expected a text", what,
                          size == 0 ? "nothing" : "a text with a NUL byte");
    return 0;
}

const char *flux_written(struct flux *f, struct flux_at at)
{
    size_t size;

    return replaced(f, at, &size);
}

int flux_number(struct flux *f, struct flux_at at, const char *what, int min,
                int max, int *number)
{
    gale_value value;
    char text[128];

    if (single(f, at, what, "a number", &value))
        return -1;
    if (value.kind != GALE_INT || value.as.i < min || value.as.i > max)
        return flux_wrong(
            f, at,
            "\"%s\": found %s, expected a whole number from %d "
            "to %d",
            what,
            value_found_as(value, flux_written(f, at), text, sizeof(text)), min,
            max);
    *number = (int)value.as.i;
    return 0;
}

int flux_bool(struct flux *f, struct flux_at at, const char *what, bool *value)
{
    gale_value found;
    char text[128];

    if (single(f, at, what, "true or false", &found))
        return -1;
    if (found.kind != GALE_BOOL)
        return flux_wrong(
            f, at, "\"%s\": found %s, expected true or false", what,
            value_found_as(found, flux_written(f, at), text, sizeof(text)));
    *value = found.as.i != 0;
    return 0;
}

/* -- lists and maps -------------------------------------------------------- */

static bool same_key(gale_value a, gale_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == GALE_STRING)
        return gale_str_eq(gale_value_str(a), gale_value_str(b));
    return a.as.i == b.as.i;
}

/* Of the pair whose key is items[n]. */
static int check_key(struct flux *f, struct flux_at at, const gale_value *items,
                     uint32_t n)
{
    if (at.node->kind != YAML_IS_SCALAR)
        return flux_wrong(f, at, "found %s, expected a key that is a word",
                          kind_name(at.node));
    if (at.node->style == YAML_IS_PLAIN && !strcmp(at.node->text, "<<"))
        return flux_wrong(f, at, "merge keys (<<) are not supported");
    for (uint32_t i = 0; i < n; i += 2)
        if (same_key(items[i], items[n]))
            return flux_wrong(f, at, "the key %s is there twice",
                              at.node->text);
    return 0;
}

static int container_value(struct flux *f, struct flux_at at, gale_value *value)
{
    const struct yaml_node *node = at.node;
    gale_value *items;
    int result = 0;

    if (node->tag != NULL)
        return flux_wrong(f, at, "the tag %s is not supported", node->tag);
    items = flux_keep(f, xcalloc(node->n, sizeof(*items)));
    for (uint32_t i = 0; i < node->n; i++) {
        struct flux_at item = {at.file, &node->items[i]};

        if (flux_value(f, item, &items[i]) ||
            (node->kind == YAML_IS_MAP && i % 2 == 0 &&
             check_key(f, item, items, i)))
            result = -1;
    }
    *value = node->kind == YAML_IS_MAP ? gale_map(items, node->n / 2)
                                       : gale_list(items, node->n);
    return result;
}

int flux_value(struct flux *f, struct flux_at at, gale_value *value)
{
    *value = gale_nil();
    return at.node->kind == YAML_IS_SCALAR ? scalar_value(f, at, value)
                                           : container_value(f, at, value);
}
