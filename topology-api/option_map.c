/* option_map.c - the option that is a map: all keys that begin with its name.
 */
#include "topology-api/option_map.h"
#include "topology-api/memory.h"
#include "topology-api/option_value.h"

/* Of one component, while it grows. */
struct gathering {
    const struct model *model;
    const struct component *component;
    const gale_option *option;
    char *pairs;
    size_t size;
};

bool option_map_takes(const gale_option *option, const char *key)
{
    size_t size = strlen(option->name);

    return option->type == GALE_OPTION_TYPE_MAP &&
           !strncmp(key, option->name, size) && key[size] != '\0';
}

static void put(struct gathering *g, const char *text, size_t size)
{
    g->pairs = xreallocarray(g->pairs, g->size + size + 1, 1);
    memcpy(g->pairs + g->size, text, size);
    g->pairs[g->size + size] = '\0';
    g->size += size + 1;
}

static int refuse(const struct gathering *g, const char *key, gale_value found,
                  const struct settings *layer, gale_err *error)
{
    const char *place = settings_place(layer, key);
    char text[128], expected[256];

    return error_set(
        error, "%s%scomponent \"%s\": the option \"%s\" is %s, expected %s",
        place, *place == '\0' ? "" : ": ", g->component->id, key,
        value_found_as(found, settings_source(layer, key).written, text,
                       sizeof(text)),
        option_value_expected(g->option, expected, sizeof(expected)));
}

static int put_pair(struct gathering *g, const char *key, gale_value value,
                    const struct settings *layer, gale_err *error)
{
    const char *name = key + strlen(g->option->name);
    char text[64];

    if (value.kind == GALE_NIL)
        return 0;
    if (!option_value_suits(g->option, value))
        return refuse(g, key, value, layer, error);
    put(g, name, strlen(name));
    if (value.kind == GALE_STRING)
        put(g, value.as.data, value.size);
    else
        put(g, text, strlen(value_text(value, text, sizeof(text))));
    return 0;
}

/* What the i-th layer says, unless a stronger one has said it. */
static int gather_layer(struct gathering *g,
                        const struct settings *const *layers, size_t i,
                        gale_err *error)
{
    const gale_options *options = option_table(g->component);

    for (size_t j = 0; layers[i] != NULL && j < settings_size(layers[i]); j++) {
        gale_value value;
        const char *key = settings_at(layers[i], j, &value);

        if (option_find(options, key) == g->option &&
            settings_find(layers, i, key) == NULL &&
            put_pair(g, key, value, layers[i], error))
            return -1;
    }
    return 0;
}

int option_map_gather(const struct model *m, const struct component *c,
                      const gale_option *option, struct option_texts *texts,
                      gale_value *pairs, gale_err *error)
{
    struct gathering g = {m, c, option, NULL, 0};
    const struct settings *layers[MODEL_LAYERS];
    int rc = 0;

    put(&g, "", 0); /* never NULL */
    g.size = 0;
    model_layers(m, c, layers);
    for (size_t i = 0; i < MODEL_LAYERS && rc == 0; i++)
        rc = gather_layer(&g, layers, i, error);
    *pairs = gale_string(option_texts_keep(texts, g.pairs), g.size);
    return rc;
}
