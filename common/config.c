/* config.c - effective values of keys, and their check; see config.h. */
#include "common/config.h"
#include "common/check.h"
#include "common/config_keys.h"

/* -- getters --------------------------------------------------------------- */

gale_value config_value(const struct model *m, const struct component *c,
                        const char *name)
{
    const gale_value *value = model_config(m, c, name);
    const struct config_key *key;

    if (value && value->kind != GALE_NIL)
        return *value;
    key = config_keys_find(name);
    return key ? config_keys_default(key) : gale_nil();
}

static gale_value value_of(const struct model *m, const struct component *c,
                           const char *name, enum config_type type)
{
    const struct config_key *key = config_keys_find(name);
    gale_value value;

    check_msg(key && key->status == CONFIG_IS_USED, "%s", name);
    check_msg(key->type == type ||
                  (key->type == CONFIG_INT && type == CONFIG_FLOAT),
              "%s", name);
    value = config_value(m, c, name);
    check_msg(value.kind != GALE_NIL, "%s is not set", name);
    return value;
}

bool config_is_set(const struct model *m, const struct component *c,
                   const char *name)
{
    return config_value(m, c, name).kind != GALE_NIL;
}

int64_t config_int(const struct model *m, const struct component *c,
                   const char *name)
{
    return value_of(m, c, name, CONFIG_INT).as.i;
}

double config_float(const struct model *m, const struct component *c,
                    const char *name)
{
    gale_value value = value_of(m, c, name, CONFIG_FLOAT);

    return value.kind == GALE_INT ? (double)value.as.i : value.as.f;
}

bool config_bool(const struct model *m, const struct component *c,
                 const char *name)
{
    return value_of(m, c, name, CONFIG_BOOL).as.i != 0;
}

/* -- check ----------------------------------------------------------------- */

/* Whoever has written it: a secret of daemons must not come to workers. */
static int check_whose(const struct config_key *key, const char *place,
                       const char *where, gale_err *error)
{
    if (config_keys_is_topologys(key))
        return 0;
    return error_set(error,
                     "%s%s%s: %s: found a key of the daemons of a cluster, "
                     "expected one of topologies: it belongs into the daemons' "
                     "files",
                     place, *place ? ": " : "", where, key->name);
}

static int check_value(const struct config_key *key, const struct settings *s,
                       gale_value value, const char *where, gale_err *error)
{
    const char *place = settings_place(s, key->name);
    const char *written = settings_source(s, key->name).written;
    char found[128], expected[128];

    if (config_keys_accepts(key, value))
        return 0;
    return error_set(error, "%s%s%s: %s: found %s, expected %s", place,
                     *place ? ": " : "", where, key->name,
                     value_found_as(value, written, found, sizeof(found)),
                     config_keys_expected(key, expected, sizeof(expected)));
}

/* What is set with a type or in a range that the key does not have, or is none
 * of a topology. A component's own options are no keys and have no row. */
static int check_layer(const struct settings *s, const char *where,
                       gale_err *error)
{
    for (size_t i = 0; s && i < settings_size(s); i++) {
        gale_value value;
        const char *name = settings_at(s, i, &value);
        const struct config_key *key = config_keys_find(name);
        const char *place = settings_place(s, name); /* a line of a file */

        if (key && (check_whose(key, place, where, error) ||
                    check_value(key, s, value, where, error)))
            return -1;
    }
    return 0;
}

/* A component has a layer of its own for each way to set what it alone gets. */
struct own_layer {
    const struct settings *settings;
    const char *of;   /* what a sentence begins with */
    const char *wide; /* how the same is set for all components */
};

/* No executor would ask for the key of one component. */
static int check_scopes(const struct own_layer *layer, const char *where,
                        gale_err *error)
{
    static const char *const scopes[] = {
        [CONFIG_TOPOLOGY] = "the whole topology",
        [CONFIG_WORKER] = "a whole worker",
    };
    const struct settings *s = layer->settings;

    for (size_t i = 0; s && i < settings_size(s); i++) {
        const char *name = settings_at(s, i, NULL);
        const struct config_key *key = config_keys_find(name);
        const char *place = settings_place(s, name);

        if (!key || key->status != CONFIG_IS_USED ||
            key->scope == CONFIG_COMPONENT)
            continue;
        return error_set(error,
                         "%s%s%s: %s: found a key of %s, expected one that a "
                         "single component may have%s",
                         place, *place ? ": " : "", where, name,
                         scopes[key->scope], layer->wide);
    }
    return 0;
}

static int check_component(const struct component *c, gale_err *error)
{
    const struct own_layer layers[] = {
        {c->overrides, "command line, ", "; for all it is -c KEY=VALUE"},
        {c->from_file, "configuration file, ", "; for all it is KEY: VALUE"},
        {c->settings, "", "; for all it is set by gale_configure()"}};
    char where[300];

    for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
        snprintf(where, sizeof(where), "%scomponent \"%s\"", layers[i].of,
                 c->id);
        if (check_layer(layers[i].settings, where, error) ||
            check_scopes(&layers[i], where, error))
            return -1;
    }
    return 0;
}

int config_check(const struct model *m, gale_err *error)
{
    char where[300];

    if (check_layer(m->overrides, "command line", error) ||
        check_layer(m->file, "configuration file", error))
        return -1;
    snprintf(where, sizeof(where), "topology \"%s\"", m->name);
    if (check_layer(m->topology, where, error))
        return -1;
    for (uint32_t i = 0; i < m->n_components; i++)
        if (check_component(&m->components[i], error))
            return -1;
    return 0;
}
