/*
 * description_pack.c - a model as MessagePack; see description.h.
 *
 * Read pack_all() first: it is the form.
 */
#include "common/description.h"
#include "common/description_settings.h"
#include "common/file_name.h"
#include "topology-api/manifest.h"
#include "topology-api/topology_letters.h"

#include <string.h>

/* -- whether it can be described ------------------------------------------- */

static const struct description_file *find(const struct description_file *files,
                                           uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (!strcmp(files[i].name, name))
            return &files[i];
    return NULL;
}

static int check_component(const struct component *c, gale_err *error)
{
    if (*c->file == '\0')
        return error_set(error,
                         "component \"%s\" is code of this program; expected "
                         "one of a shared object, which workers of a cluster "
                         "can load",
                         c->id);
    if (c->replayed != NULL)
        return error_set(error,
                         "component \"%s\" emits dead letters of a file "
                         "(--letters), which only a run in this process can; "
                         "replay them with gale local",
                         c->id);
    return 0;
}

static int check_file(const char *path, const struct description_file *files,
                      uint32_t n, gale_err *error)
{
    const char *name = file_name_of(path);

    if (!file_name_valid(name))
        return error_set(
            error,
            "%s cannot be shipped under this name; expected " FILE_NAME_RULE,
            path);
    if (find(files, n, name) == NULL)
        return error_set(error,
                         "%s is a plugin of the topology, but not among its "
                         "files",
                         path);
    return 0;
}

static int check_all(const struct model *m,
                     const struct description_file *files, uint32_t n,
                     gale_err *error)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        if (check_component(&m->components[i], error))
            return -1;
    for (uint32_t i = 0; i < m->n_plugins; i++)
        if (check_file(m->plugins[i].file, files, n, error))
            return -1;
    if (n > DESCRIPTION_FILES_MAX)
        return error_set(error,
                         "the topology has %u files, at most %u are allowed", n,
                         DESCRIPTION_FILES_MAX);
    return m->own_file == NULL ? 0 : check_file(m->own_file, files, n, error);
}

/* -- parts ----------------------------------------------------------------- */

static void pack_file(struct pack *p, const struct description_file *file)
{
    pack_map(p, 4);
    pack_key_text(p, "name", file->name);
    pack_key_bytes(p, "sha256", file->hash.bytes, DIGEST_BYTES);
    pack_key_uint(p, "size", file->size);
    pack_key_bool(p, "plugin", file->plugin);
}

static void pack_plugin(struct pack *p, const struct model_plugin *plugin)
{
    pack_map(p, 4);
    pack_key_text(p, "kind",
                  manifest_kind_name((enum manifest_kind)plugin->kind));
    pack_key_text(p, "name", plugin->name);
    pack_key_text(p, "file", file_name_of(plugin->file));
    pack_key_text(p, "id", plugin->id);
}

static void pack_stream(struct pack *p, const struct stream_decl *stream)
{
    pack_map(p, 3);
    pack_key_text(p, "name", stream->name);
    pack_key_uint(p, "flags", stream->flags);
    pack_text(p, "fields");
    pack_array(p, stream->n_fields);
    for (uint32_t i = 0; i < stream->n_fields; i++)
        pack_text(p, stream->fields[i]);
}

static void pack_input(struct pack *p, const struct model *m,
                       const struct input_decl *input)
{
    const struct component *from = &m->components[input->from];
    const struct stream_decl *stream = &from->streams[input->stream];

    pack_map(p, 5);
    pack_key_uint(p, "grouping", input->kind);
    pack_key_text(p, "from", from->id);
    pack_key_text(p, "stream", stream->name);
    pack_text(p, "fields");
    pack_array(p, input->n_key);
    for (uint32_t i = 0; i < input->n_key; i++)
        pack_text(p, stream->fields[input->key[i]]);
    pack_key_text(p, "custom", input->custom_name);
}

static void pack_streams(struct pack *p, const struct component *c)
{
    pack_text(p, "streams");
    pack_array(p, c->n_streams);
    for (uint32_t i = 0; i < c->n_streams; i++)
        pack_stream(p, &c->streams[i]);
}

/* Without what a bolt of dead letters has by itself. */
static void pack_inputs(struct pack *p, const struct model *m, uint32_t i)
{
    const struct component *c = &m->components[i];
    uint32_t n = c->n_inputs - topology_letters_subscribed(m, i);

    pack_text(p, "inputs");
    pack_array(p, n);
    for (uint32_t j = 0; j < n; j++)
        pack_input(p, m, &c->inputs[j]);
}

static void pack_settings(struct pack *p, const char *key,
                          const struct settings *s)
{
    pack_text(p, key);
    description_settings_pack(p, s);
}

static void pack_component(struct pack *p, const struct model *m, uint32_t i)
{
    const struct component *c = &m->components[i];

    pack_map(p, c->place == NULL ? 10 : 11);
    pack_key_text(p, "id", c->id);
    if (c->place != NULL)
        pack_key_text(p, "place", c->place);
    pack_key_bool(p, "spout", c->is_spout);
    pack_key_text(p, "plugin", c->plugin);
    pack_key_uint(p, "executors", c->executors);
    pack_key_uint(p, "tasks", c->tasks);
    pack_streams(p, c);
    pack_inputs(p, m, i);
    pack_settings(p, "settings", c->settings);
    pack_settings(p, "overrides", c->overrides);
    pack_settings(p, "file", c->from_file);
}

/* -- all of it ------------------------------------------------------------- */

static void pack_all(struct pack *p, const struct model *m,
                     const struct description_file *files, uint32_t n_files)
{
    pack_map(p, 12);
    pack_key_uint(p, "version", DESCRIPTION_VERSION);
    pack_key_text(p, "gale", GALE_VERSION);
    pack_key_uint(p, "abi", GALE_ABI);
    pack_key_text(p, "name", m->name);
    pack_key_text(p, "own",
                  m->own_file == NULL ? NULL : file_name_of(m->own_file));
    pack_text(p, "files");
    pack_array(p, n_files);
    for (uint32_t i = 0; i < n_files; i++)
        pack_file(p, &files[i]);
    pack_text(p, "plugins");
    pack_array(p, m->n_plugins);
    for (uint32_t i = 0; i < m->n_plugins; i++)
        pack_plugin(p, &m->plugins[i]);
    pack_text(p, "components");
    pack_array(p, m->n_components);
    for (uint32_t i = 0; i < m->n_components; i++)
        pack_component(p, m, i);
    pack_key_text(p, "letters",
                  m->letters == UINT32_MAX ? NULL
                                           : m->components[m->letters].id);
    pack_settings(p, "settings", m->topology);
    pack_settings(p, "overrides", m->overrides);
    pack_settings(p, "file", m->file);
}

int description_pack(const struct model *m,
                     const struct description_file *files, uint32_t n_files,
                     struct pack *p, gale_err *error)
{
    size_t before = p->buffer.size;

    if (check_all(m, files, n_files, error))
        return -1;
    pack_all(p, m, files, n_files);
    if (p->buffer.size - before <= DESCRIPTION_BYTES_MAX)
        return 0;
    return error_set(error,
                     "the topology's description has %zu bytes, at most %u are "
                     "allowed; let a file that is shipped with it hold what is "
                     "large",
                     p->buffer.size - before, DESCRIPTION_BYTES_MAX);
}
