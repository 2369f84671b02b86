/*
 * description_build.c - the model with its code, on the machine of a worker;
 * see description.h.
 *
 * A builder is told what the description says, by the functions that a
 * topology's code calls, so that all that is checked there is checked again.
 */
#include "common/config.h"
#include "common/description.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "topology-api/topology_letters.h"
#include "topology-api/topology_plugins.h"

#include <string.h>

/* -- plugins --------------------------------------------------------------- */

/* To be freed; NULL with the error. */
static char *path_of(const struct description_files *files, const char *name,
                     gale_err *error)
{
    size_t size = strlen(files->directory) + strlen(name) + 2;
    char *path = xmalloc(size), *real;

    snprintf(path, size, "%s/%s", files->directory, name);
    if (files->real == NULL)
        return path;
    real = files->real(files->arg, path, error);
    free(path);
    return real;
}

static struct plugin *load(const struct description_files *files,
                           const char *name, gale_err *error)
{
    char *path = path_of(files, name, error);
    struct plugin *plugin = path != NULL ? plugin_load(path, error) : NULL;

    free(path);
    return plugin;
}

static int give(struct builder *b, const struct model_plugin *p,
                const struct description_files *files, gale_err *error)
{
    enum manifest_kind kind = (enum manifest_kind)p->kind;
    struct plugin *plugin = load(files, p->file, error);
    const struct manifest_entry *entry;
    char holds[512];

    if (plugin == NULL)
        return -1;
    entry = manifest_find(plugin_manifest(plugin), kind, p->id);
    if (entry == NULL)
        return error_set(error,
                         "%s has no %s \"%s\", but %s; submit the topology "
                         "again",
                         plugin_path(plugin), manifest_kind_name(kind), p->id,
                         manifest_text(plugin_manifest(plugin),
                                       MANIFEST_ALL_KINDS, holds,
                                       sizeof(holds)));
    topology_plugin_give(b, kind, p->name,
                         (struct plugin_found){plugin, entry->id});
    return 0;
}

static int load_all(struct builder *b, const struct description *d,
                    const struct description_files *files, gale_err *error)
{
    b->described = true;
    if (d->own != NULL && (b->own = load(files, d->own, error)) == NULL)
        return -1;
    for (uint32_t i = 0; i < d->model->n_plugins; i++)
        if (give(b, &d->model->plugins[i], files, error))
            return -1;
    return 0;
}

/* -- what its code said ---------------------------------------------------- */

static void record_input(gale_declarer *to, const struct model *m,
                         const struct input_decl *input)
{
    const struct component *from = &m->components[input->from];
    const struct stream_decl *stream = &from->streams[input->stream];
    const char *fields[MODEL_KEY_MAX];

    for (uint32_t i = 0; i < input->n_key; i++)
        fields[i] = stream->fields[input->key[i]];
    gale_subscribe_(to, input->kind, from->id, stream->name, fields,
                    input->n_key, input->custom_name);
}

static void record_component(gale_builder *b, const struct model *m, uint32_t i)
{
    const struct component *c = &m->components[i];
    uint32_t n_inputs = c->n_inputs - topology_letters_subscribed(m, i);
    gale_declarer *to =
        c->is_spout ? gale_add_spout(b, c->id, c->plugin, (int)c->executors)
                    : gale_add_bolt(b, c->id, c->plugin, (int)c->executors);

    if (c->place != NULL)
        builder_place(to, c->place);
    gale_set_tasks(to, (int)c->tasks);
    for (uint32_t j = 0; j < n_inputs; j++)
        record_input(to, m, &c->inputs[j]);
    for (size_t j = 0; j < settings_size(c->settings); j++) {
        gale_value value;
        const char *key = settings_at(c->settings, j, &value);

        gale_set(to, key, value);
    }
}

/* Of all, or as COMPONENT.key of one: so it is dealt out as it was. */
static void record_layer(struct settings *to, const struct settings *from,
                         const char *component)
{
    for (size_t i = 0; from != NULL && i < settings_size(from); i++) {
        gale_value value;
        const char *key = settings_at(from, i, &value);
        const char *place = settings_place(from, key);
        size_t size = strlen(key) + strlen(component) + 2;
        char *whole = xmalloc(size);

        snprintf(whole, size, "%s%s%s", component,
                 *component == '\0' ? "" : ".", key);
        settings_set_at(to, whole, value, *place == '\0' ? NULL : place);
        free(whole);
    }
}

static void record(struct builder *b, const struct model *m)
{
    gale_set_name(&b->handle, m->name);
    for (uint32_t i = 0; i < m->n_components; i++)
        record_component(&b->handle, m, i);
    for (size_t i = 0; i < settings_size(m->topology); i++) {
        gale_value value;
        const char *key = settings_at(m->topology, i, &value);

        gale_configure(&b->handle, key, value);
    }
    record_layer(b->file, m->file, "");
    record_layer(b->overrides, m->overrides, "");
    for (uint32_t i = 0; i < m->n_components; i++) {
        record_layer(b->file, m->components[i].from_file, m->components[i].id);
        record_layer(b->overrides, m->components[i].overrides,
                     m->components[i].id);
    }
}

/* -- whether it came out as it was ----------------------------------------- */

static bool same_stream(const struct stream_decl *a,
                        const struct stream_decl *b)
{
    bool same = !strcmp(a->name, b->name) && a->flags == b->flags &&
                a->n_fields == b->n_fields;

    for (uint32_t i = 0; i < a->n_fields && same; i++)
        same = !strcmp(a->fields[i], b->fields[i]);
    return same;
}

static int check_component(const struct component *built,
                           const struct component *said, gale_err *error)
{
    bool same = built->n_streams == said->n_streams;

    for (uint32_t i = 0; i < built->n_streams && same; i++)
        same = same_stream(&built->streams[i], &said->streams[i]);
    if (!same)
        return error_set(error,
                         "component \"%s\" (%s) declares other streams here "
                         "than where the topology was submitted; what it "
                         "declares may depend on its options only",
                         built->id, built->file);
    if (built->tasks != said->tasks || built->executors != said->executors)
        return error_set(error,
                         "component \"%s\" has %u executors and %u tasks here, "
                         "expected %u and %u as described",
                         built->id, built->executors, built->tasks,
                         said->executors, said->tasks);
    return 0;
}

static int check_built(const struct model *built, const struct model *said,
                       gale_err *error)
{
    if (built == NULL)
        return -1;
    for (uint32_t i = 0; i < said->n_components; i++)
        if (check_component(&built->components[i], &said->components[i], error))
            return -1;
    return 0;
}

/* -- all of it ------------------------------------------------------------- */

gale_builder *description_build(const struct description *d,
                                const char *directory, gale_err *error)
{
    const struct description_files files = {.directory = directory};

    return description_build_from(d, &files, error);
}

gale_builder *description_build_from(const struct description *d,
                                     const struct description_files *files,
                                     gale_err *error)
{
    gale_builder *b;

    if (d->abi != GALE_ABI) {
        error_set(error,
                  "the topology was submitted by gale %.32s with ABI %u, "
                  "expected ABI %u; submit it with this gale " GALE_VERSION,
                  d->gale, d->abi, GALE_ABI);
        return NULL;
    }
    config_register();
    b = gale_builder_new();
    if (load_all(builder_of(b), d, files, error) == 0) {
        record(builder_of(b), d->model);
        if (check_built(model_of(b, error), d->model, error) == 0)
            return b;
    }
    gale_builder_free(b);
    return NULL;
}
