/* flux_settings.c - keys and options of a topology in YAML, with values. */
#include "common/config_layer.h"
#include "common/flux_in.h"
#include "topology-api/topology_hooks.h"
#include "topology-api/values.h"

#include <string.h>

enum { KEY_MAX_BYTES = 255 };

/* A gale_warn_fn. */
static void warn(void *arg, const char *text)
{
    flux_found(arg, false, text);
}

static int check_key(struct flux *f, struct flux_at at)
{
    if (at.node->kind != YAML_IS_SCALAR)
        return flux_wrong(f, at, "expected a key that is a word");
    if (at.node->size == 0 || at.node->size > KEY_MAX_BYTES ||
        strlen(at.node->text) != at.node->size)
        return flux_wrong(f, at,
                          "found a key that is empty, has more than %d bytes "
                          "or a NUL byte",
                          KEY_MAX_BYTES);
    if (at.node->style == YAML_IS_PLAIN && !strcmp(at.node->text, "<<"))
        return flux_wrong(f, at, "merge keys (<<) are not supported");
    return 0;
}

static int check_value(struct flux *f, struct flux_at at,
                       const struct flux_setting *s)
{
    const char *defect = values_defect(s->value);

    return defect == NULL
               ? 0
               : flux_wrong(f, at, "\"%s\" is set to a value that is %s",
                            s->key, defect);
}

/* What it is, as far as the table of keys knows; options are the check's. */
static int check_setting(struct flux *f, const struct flux_setting *s,
                         bool of_component)
{
    const struct config_listener listener = {.warn = warn, .arg = f};
    gale_err error;

    if (config_layer_check(&s->from, s->key, s->value, of_component, &listener,
                           &error) == 0)
        return 0;
    flux_found(f, true, error.text);
    return -1;
}

/* One that is there in the same list or map: a name may have two. */
static int check_once(struct flux *f, struct flux_at at,
                      const struct flux_settings *to, const char *key)
{
    for (uint32_t i = 0; i < to->n; i++)
        if (!strcmp(to->items[i].key, key))
            return flux_wrong(f, at, "\"%s\" is set twice, first at %s", key,
                              to->items[i].from.place);
    return 0;
}

/* A component's whose value was refused is there without one: its name may be
 * wrong, too, and the option is not missing. */
static void add_refused(struct flux_settings *to, struct flux_setting s,
                        bool of_component)
{
    to->wrong = true;
    s.value = gale_nil();
    if (of_component)
        flux_add_setting(to, s, true);
}

static void read_setting(struct flux *f, struct flux_at at, const char *key,
                         struct flux_at value, bool of_component,
                         struct flux_settings *to)
{
    struct flux_setting s = {.key = key, .from.place = flux_place(f, at)};

    if (check_once(f, at, to, key)) {
        to->wrong = true;
        return;
    }
    if (flux_value(f, value, &s.value) || check_value(f, at, &s)) {
        add_refused(to, s, of_component);
        return;
    }
    if (s.value.kind == GALE_FLOAT)
        s.from.written = flux_written(f, value);
    if (check_setting(f, &s, of_component)) {
        to->wrong = true;
    } else {
        if (!of_component && !strcmp(key, TOPOLOGY_HOOKS_KEY))
            s.value = flux_plugins(f, value.file, s.value);
        flux_add_setting(to, s, true);
    }
}

void flux_read_settings(struct flux *f, struct flux_at at, bool of_component,
                        struct flux_settings *to)
{
    for (uint32_t i = 0; i < at.node->n; i += 2) {
        struct flux_at key = {at.file, &at.node->items[i]};
        struct flux_at value = {at.file, &at.node->items[i + 1]};

        if (check_key(f, key) == 0)
            read_setting(f, key, key.node->text, value, of_component, to);
    }
}

void flux_read_properties(struct flux *f, struct flux_at at,
                          struct flux_settings *to)
{
    for (uint32_t i = 0; i < at.node->n; i++) {
        struct flux_at item = {at.file, &at.node->items[i]};
        struct flux_at name, value;
        struct flux_map map;
        const char *key;

        if (flux_map_read(f, item, FLUX_IN_PROPERTY, "a property", &map))
            continue;
        name = flux_map_get(&map, "name");
        value = flux_map_get(&map, "value");
        if (name.node == NULL || value.node == NULL ||
            flux_text(f, name, "name", &key))
            continue;
        if (strlen(key) > KEY_MAX_BYTES)
            flux_wrong(f, name, "found a name of more than %d bytes",
                       KEY_MAX_BYTES);
        else
            read_setting(f, name, key, value, true, to);
    }
}
