/* daemon_config.c - what a key is set to, for daemons; see daemon_config.h. */
#include "common/daemon_config.h"
#include "common/check.h"
#include "common/config_keys.h"
#include "common/config_layer.h"
#include "topology-api/memory.h"

struct daemon_config {
    struct settings *files, *overrides;
    struct config_listener listener;
};

struct daemon_config *daemon_config_new(gale_warn_fn *warn, void *arg)
{
    struct daemon_config *c = xcalloc(1, sizeof(*c));

    c->files = settings_new();
    c->overrides = settings_new();
    c->listener =
        (struct config_listener){.warn = warn, .arg = arg, .of_unknown = true};
    return c;
}

void daemon_config_free(struct daemon_config *c)
{
    if (!c)
        return;
    settings_free(c->files);
    settings_free(c->overrides);
    free(c);
}

int daemon_config_file(struct daemon_config *c, const char *path,
                       gale_err *error)
{
    return config_layer_file(c->files, path, &c->listener, error);
}

int daemon_config_override(struct daemon_config *c, const char *text,
                           gale_err *error)
{
    return config_layer_override(c->overrides, text, &c->listener, error);
}

/* -- getters --------------------------------------------------------------- */

gale_value daemon_config_value(const struct daemon_config *c, const char *name)
{
    const struct settings *layers[] = {c->overrides, c->files};
    const gale_value *value = settings_find(layers, 2, name);
    const struct config_key *key;

    if (value && value->kind != GALE_NIL)
        return *value;
    key = config_keys_find(name);
    return key ? config_keys_default(key) : gale_nil();
}

/* Of a key that gale obeys. */
static gale_value value_of(const struct daemon_config *c, const char *name,
                           enum config_type *type)
{
    const struct config_key *key = config_keys_find(name);

    check_msg(key && key->status == CONFIG_IS_USED, "%s", name);
    *type = key->type;
    return daemon_config_value(c, name);
}

/* That is set. */
static gale_value number_of(const struct daemon_config *c, const char *name,
                            enum config_type wanted)
{
    enum config_type type;
    gale_value value = value_of(c, name, &type);

    check_msg(type == wanted, "%s", name);
    check_msg(value.kind != GALE_NIL, "%s is not set", name);
    return value;
}

bool daemon_config_is_set(const struct daemon_config *c, const char *name)
{
    return daemon_config_value(c, name).kind != GALE_NIL;
}

int64_t daemon_config_int(const struct daemon_config *c, const char *name)
{
    return number_of(c, name, CONFIG_INT).as.i;
}

bool daemon_config_bool(const struct daemon_config *c, const char *name)
{
    return number_of(c, name, CONFIG_BOOL).as.i != 0;
}

const char *daemon_config_text(const struct daemon_config *c, const char *name)
{
    enum config_type type;
    gale_value value = value_of(c, name, &type);

    check_msg(type == CONFIG_STRING, "%s", name);
    return value.kind == GALE_NIL ? NULL : value.as.data;
}

/* -- lists ----------------------------------------------------------------- */

static gale_value list_of(const struct daemon_config *c, const char *name)
{
    enum config_type type;
    gale_value value = value_of(c, name, &type);

    check_msg(type == CONFIG_STRINGS || type == CONFIG_INTS ||
                  type == CONFIG_TEXTS,
              "%s", name);
    return value;
}

uint32_t daemon_config_n(const struct daemon_config *c, const char *name)
{
    gale_value value = list_of(c, name);

    if (value.kind == GALE_STRING)
        return 1;
    return value.kind == GALE_LIST ? value.size : 0;
}

static gale_value element_of(const struct daemon_config *c, const char *name,
                             uint32_t i)
{
    gale_value value = list_of(c, name);

    check(i < daemon_config_n(c, name));
    return value.kind == GALE_STRING ? value : value.as.items[i];
}

const char *daemon_config_text_at(const struct daemon_config *c,
                                  const char *name, uint32_t i)
{
    gale_value value = element_of(c, name, i);

    check_msg(value.kind == GALE_STRING, "%s", name);
    return value.as.data;
}

int64_t daemon_config_int_at(const struct daemon_config *c, const char *name,
                             uint32_t i)
{
    gale_value value = element_of(c, name, i);

    check_msg(value.kind == GALE_INT, "%s", name);
    return value.as.i;
}
