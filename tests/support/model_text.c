/* model_text.c - all that can be seen of a model; see model_text.h. */
#include "tests/support/model_text.h"
#include "common/config.h"
#include "common/config_keys.h"
#include "common/file_name.h"
#include "topology-api/describe.h"
#include "topology-api/option_table.h"

static void put_value(FILE *out, const char *name, gale_value value)
{
    char text[4096];

    fprintf(out, "  %s (%s) = %s\n", name, value_kind_name(value.kind),
            value_text(value, text, sizeof(text)));
}

/* As the component's code finds it in its memory. */
static void put_option(FILE *out, const gale_option *o, const void *image)
{
    const void *member = (const char *)image + o->offset;
    gale_str text;

    switch (o->type) {
    case GALE_OPTION_TYPE_INT:
        put_value(out, o->name, gale_int(*(const int64_t *)member));
        break;
    case GALE_OPTION_TYPE_FLOAT:
        put_value(out, o->name, gale_float(*(const double *)member));
        break;
    case GALE_OPTION_TYPE_BOOL:
        put_value(out, o->name, gale_bool(*(const bool *)member));
        break;
    case GALE_OPTION_TYPE_ENUM:
        put_value(out, o->name, gale_int(*(const int32_t *)member));
        break;
    default:
        memcpy(&text, member, sizeof(text));
        put_value(out, o->name, gale_s(text));
    }
}

static void put_options(FILE *out, const struct component *c)
{
    const gale_options *options = option_table(c);

    fprintf(out, "options of %s, whose memory has %u bytes\n", c->id,
            option_instance_size(c));
    for (uint32_t i = 0; i < options->n; i++)
        put_option(out, option_at(options, i), c->image);
}

static void put_layer(FILE *out, const char *of, const char *name,
                      const struct settings *s)
{
    fprintf(out, "%s of %s\n", name, of);
    for (size_t i = 0; s != NULL && i < settings_size(s); i++) {
        gale_value value;
        const char *key = settings_at(s, i, &value);

        put_value(out, key, value);
        fprintf(out, "    at \"%s\"\n", settings_place(s, key));
    }
}

static void put_config(FILE *out, const struct model *m,
                       const struct component *c)
{
    fprintf(out, "keys of %s\n", c == NULL ? "the topology" : c->id);
    for (uint32_t i = 0; i < config_keys_n(); i++)
        if (config_is_set(m, c, config_keys_at(i)->name))
            put_value(out, config_keys_at(i)->name,
                      config_value(m, c, config_keys_at(i)->name));
}

static void put_component(FILE *out, const struct model *m,
                          const struct component *c)
{
    fprintf(out, "component %s from %s, tasks from %d\n", c->id,
            file_name_of(c->file), c->first_task);
    fprintf(out, "    at \"%s\"\n", c->place == NULL ? "" : c->place);
    put_options(out, c);
    put_layer(out, c->id, "settings", c->settings);
    put_layer(out, c->id, "overrides", c->overrides);
    put_layer(out, c->id, "entries of files", c->from_file);
    put_config(out, m, c);
    for (uint32_t i = 0; i < c->n_inputs; i++)
        fprintf(out, "input %u is from %u, of kind %u, custom %s\n", i,
                c->inputs[i].from, c->inputs[i].kind,
                c->inputs[i].custom_name == NULL ? "-"
                                                 : c->inputs[i].custom_name);
}

void model_text(FILE *out, const struct model *m)
{
    describe_model(out, m);
    for (uint32_t i = 0; i < m->n_components; i++)
        put_component(out, m, &m->components[i]);
    put_layer(out, "the topology", "settings", m->topology);
    put_layer(out, "the topology", "overrides", m->overrides);
    put_layer(out, "the topology", "entries of files", m->file);
    put_config(out, m, NULL);
    for (uint32_t i = 0; i < m->n_hooks; i++)
        fprintf(out, "hook %s\n", m->hooks[i].name);
    for (uint32_t i = 0; i < m->n_invariants; i++)
        fprintf(out, "invariant %s\n", m->invariants[i].name);
    for (uint32_t i = 0; i < m->n_plugins; i++)
        fprintf(out, "plugin of kind %u: %s is %s of %s\n", m->plugins[i].kind,
                m->plugins[i].name, m->plugins[i].id,
                file_name_of(m->plugins[i].file));
    fprintf(out, "own file %s, letters %u\n",
            m->own_file == NULL ? "-" : file_name_of(m->own_file), m->letters);
}
