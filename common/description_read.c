/*
 * description_read.c - a model without code, from bytes of anybody; see
 * description.h.
 *
 * The whole is checked (pack.h) before it is looked at. The first thing that is
 * wrong is kept, and what follows reads as nothing: so each step reads on
 * without asking, and read_all() is the form.
 */
#include "common/description.h"
#include "common/description_settings.h"
#include "common/file_name.h"
#include "topology-api/builder.h"
#include "topology-api/manifest.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/stream_decl.h"
#include "topology-api/topology_graph.h"
#include "topology-api/topology_letters.h"
#include "topology-api/topology_plugins.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define ELEMENTS_MAX 200000u
#define TEXT_MAX 4096u /* of a name that is no name_valid(), as a path */

struct reader {
    struct description *d;
    struct settings *ids;       /* number of a component by its id */
    char where[NAMES_MAX + 32]; /* `component "x"` */
    bool failed;
    gale_err *error;
};

GALE_PRINTF(2, 3)
static void wrong(struct reader *r, const char *format, ...)
{
    char text[1200];
    va_list args;

    if (r->failed)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    error_set(r->error, "the topology's description is damaged: %s%s%s",
              r->where, r->where[0] == '\0' ? "" : ": ", text);
    r->failed = true;
}

/* -- simple values --------------------------------------------------------- */

/* NULL if the key is nil or not there. */
static char *optional_text(struct reader *r, const msgpack_object *map,
                           const char *key)
{
    const msgpack_object *o = unpack_key(map, key);
    char *text;

    if (o == NULL || o->type == MSGPACK_OBJECT_NIL)
        return NULL;
    text = unpack_text(o, TEXT_MAX);
    if (text == NULL)
        wrong(r, "\"%s\" is no text of at most %u bytes", key, TEXT_MAX);
    return text;
}

/* Never NULL. */
static char *text_of(struct reader *r, const msgpack_object *map,
                     const char *key)
{
    char *text = optional_text(r, map, key);

    if (text != NULL && *text != '\0')
        return text;
    free(text);
    wrong(r, "it has no \"%s\"", key);
    return xstrdup("");
}

static char *checked_name(struct reader *r, char *name)
{
    gale_err cause;

    if (!r->failed && names_check("a name", name, &cause))
        wrong(r, "%s", cause.text);
    return name;
}

static char *name_of(struct reader *r, const msgpack_object *map,
                     const char *key)
{
    return checked_name(r, text_of(r, map, key));
}

static uint64_t number_of(struct reader *r, const msgpack_object *map,
                          const char *key, uint64_t min, uint64_t max)
{
    uint64_t n = unpack_uint(unpack_key(map, key), UINT64_MAX);

    if (n >= min && n <= max)
        return n;
    wrong(r, "\"%s\" is no number from %" PRIu64 " to %" PRIu64, key, min, max);
    return min;
}

/* Its elements; none if it is wrong. */
static uint32_t n_of(struct reader *r, const msgpack_object *list,
                     const char *key, uint32_t max)
{
    uint32_t n = unpack_n(list);

    if (list != NULL && list->type != MSGPACK_OBJECT_ARRAY)
        wrong(r, "\"%s\" is no list", key);
    if (n > max)
        wrong(r, "\"%s\" has %u elements, at most %u are allowed", key, n, max);
    return r->failed ? 0 : n;
}

static struct settings *settings_of(struct reader *r, const msgpack_object *map,
                                    const char *key)
{
    struct settings *s =
        description_settings_read(unpack_key(map, key), &r->d->conf_bytes);

    if (s != NULL)
        return s;
    wrong(r, "\"%s\" holds what is no configuration", key);
    return settings_new();
}

/* -- files, plugins -------------------------------------------------------- */

const struct description_file *description_find(const struct description *d,
                                                const char *name)
{
    for (uint32_t i = 0; i < d->n_files; i++)
        if (!strcmp(d->files[i].name, name))
            return &d->files[i];
    return NULL;
}

static void read_file(struct reader *r, const msgpack_object *o)
{
    gale_str hash = unpack_str(unpack_key(o, "sha256"));
    struct description_file file = {.name = text_of(r, o, "name")};
    char shown[128];

    value_text(gale_cstr(file.name), shown, sizeof(shown));
    if (!r->failed && !file_name_valid(file.name))
        wrong(r, "a file is called %s, expected " FILE_NAME_RULE, shown);
    if (strcmp(file.name, DESCRIPTION_NAME) == 0)
        wrong(r, "a file is called " DESCRIPTION_NAME
                 ", as its description is where workers run");
    if (description_find(r->d, file.name) != NULL)
        wrong(r, "two files are called %s", shown);
    if (hash.size != DIGEST_BYTES)
        wrong(r, "the file %s has no SHA-256 of %u bytes", shown, DIGEST_BYTES);
    else
        memcpy(file.hash.bytes, hash.data, DIGEST_BYTES);
    file.size = number_of(r, o, "size", 0, DESCRIPTION_FILE_BYTES_MAX);
    file.plugin = unpack_bool(unpack_key(o, "plugin"), false);
    r->d->files[r->d->n_files++] = file;
}

static void read_files(struct reader *r, const msgpack_object *list)
{
    uint32_t n = n_of(r, list, "files", DESCRIPTION_FILES_MAX);

    r->d->files = xcalloc(n, sizeof(*r->d->files));
    for (uint32_t i = 0; i < n; i++)
        read_file(r, unpack_at(list, i));
}

static void check_plugin_file(struct reader *r, const char *name)
{
    const struct description_file *file = description_find(r->d, name);
    char shown[128];

    if (file == NULL || !file->plugin)
        wrong(r, "%s is not among its plugin files",
              value_text(gale_cstr(name), shown, sizeof(shown)));
}

static uint32_t kind_of(struct reader *r, const msgpack_object *map)
{
    gale_str text = unpack_str(unpack_key(map, "kind"));

    for (uint32_t i = 0; i <= MANIFEST_HOOK; i++) {
        const char *name = manifest_kind_name((enum manifest_kind)i);

        if (text.size == strlen(name) && !memcmp(text.data, name, text.size))
            return i;
    }
    wrong(r, "a plugin's \"kind\" is none of spout, bolt, grouping and hook");
    return 0;
}

static void read_plugin(struct reader *r, const msgpack_object *o)
{
    struct model *m = r->d->model;
    struct model_plugin plugin = {.kind = kind_of(r, o),
                                  .name = text_of(r, o, "name"),
                                  .file = text_of(r, o, "file"),
                                  .id = name_of(r, o, "id")};

    check_plugin_file(r, plugin.file);
    if (topology_plugin_of(m, (enum manifest_kind)plugin.kind, plugin.name))
        wrong(r, "it names a plugin twice");
    m->plugins[m->n_plugins++] = plugin;
}

static void read_plugins(struct reader *r, const msgpack_object *list)
{
    uint32_t n = n_of(r, list, "plugins", MODEL_TASKS_MAX);

    r->d->model->plugins = xcalloc(n, sizeof(*r->d->model->plugins));
    for (uint32_t i = 0; i < n; i++)
        read_plugin(r, unpack_at(list, i));
}

/* NULL if it is in none. */
static const struct model_plugin *plugin_of(struct reader *r,
                                            enum manifest_kind kind,
                                            const char *name)
{
    const struct model_plugin *p = topology_plugin_of(r->d->model, kind, name);
    char shown[128];

    if (p == NULL)
        wrong(r, "it does not say which file the %s %s is in",
              manifest_kind_name(kind),
              value_text(gale_cstr(name), shown, sizeof(shown)));
    return p;
}

/* -- components ------------------------------------------------------------ */

static void read_fields(struct reader *r, struct stream_decl *stream,
                        const msgpack_object *list)
{
    uint32_t n = n_of(r, list, "fields", STREAM_DECL_FIELDS_MAX);

    stream->fields = xcalloc(n, sizeof(*stream->fields));
    for (; stream->n_fields < n; stream->n_fields++) {
        char *name = unpack_text(unpack_at(list, stream->n_fields), NAMES_MAX);

        if (name == NULL)
            name = xstrdup("");
        stream->fields[stream->n_fields] = checked_name(r, name);
    }
}

static void read_streams(struct reader *r, struct component *c,
                         const msgpack_object *list)
{
    /* that of dead letters comes on top of what a component may declare */
    uint32_t n = n_of(r, list, "streams", STREAM_DECL_STREAMS_MAX + 1);

    c->streams = xcalloc(n, sizeof(*c->streams));
    for (; c->n_streams < n; c->n_streams++) {
        const msgpack_object *o = unpack_at(list, c->n_streams);
        struct stream_decl *stream = &c->streams[c->n_streams];

        stream->name = name_of(r, o, "name");
        stream->flags = (uint32_t)number_of(r, o, "flags", 0, UINT32_MAX);
        read_fields(r, stream, unpack_key(o, "fields"));
    }
}

static void read_id(struct reader *r, struct component *c, uint32_t number,
                    const msgpack_object *o)
{
    gale_err cause;

    c->id = text_of(r, o, "id");
    if (!r->failed && names_check_component(c->id, &cause))
        wrong(r, "%s", cause.text);
    if (!r->failed)
        snprintf(r->where, sizeof(r->where), "component \"%s\"", c->id);
    if (settings_get(r->ids, c->id) != NULL)
        wrong(r, "it is there twice");
    settings_set(r->ids, c->id, gale_int(number));
}

static void read_parallelism(struct reader *r, struct component *c,
                             const msgpack_object *o)
{
    struct model *m = r->d->model;

    c->tasks = (uint32_t)number_of(r, o, "tasks", 1, MODEL_TASKS_MAX);
    c->executors = (uint32_t)number_of(r, o, "executors", 1, c->tasks);
    c->first_task = (int32_t)m->n_tasks + 1;
    m->n_tasks += c->tasks;
    if (m->n_tasks > MODEL_TASKS_MAX)
        wrong(r, "it makes more than %u tasks in all", MODEL_TASKS_MAX);
}

static void read_component(struct reader *r, struct component *c,
                           uint32_t number, const msgpack_object *o)
{
    const struct model_plugin *plugin;

    read_id(r, c, number, o);
    c->is_spout = unpack_bool(unpack_key(o, "spout"), false);
    c->place = optional_text(r, o, "place");
    c->plugin = text_of(r, o, "plugin");
    plugin =
        plugin_of(r, c->is_spout ? MANIFEST_SPOUT : MANIFEST_BOLT, c->plugin);
    c->file = xstrdup(plugin == NULL ? "" : plugin->file);
    read_parallelism(r, c, o);
    read_streams(r, c, unpack_key(o, "streams"));
    c->settings = settings_of(r, o, "settings");
    c->overrides = settings_of(r, o, "overrides");
    c->from_file = settings_of(r, o, "file");
    r->where[0] = '\0';
}

static void read_components(struct reader *r, const msgpack_object *list)
{
    struct model *m = r->d->model;
    uint32_t n = n_of(r, list, "components", MODEL_TASKS_MAX);

    if (n == 0)
        wrong(r, "it has no components");
    m->components = xcalloc(n, sizeof(*m->components));
    for (uint32_t i = 0; i < n; i++) {
        m->n_components++;
        read_component(r, &m->components[i], i, unpack_at(list, i));
    }
}

/* -- inputs ---------------------------------------------------------------- */

/* UINT32_MAX, and wrong, if there is none. */
static uint32_t component_of(struct reader *r, const char *id)
{
    const gale_value *number = settings_get(r->ids, id);
    char shown[128];

    if (number != NULL)
        return (uint32_t)number->as.i;
    wrong(r, "it names the component %s, which is not there",
          value_text(gale_cstr(id), shown, sizeof(shown)));
    return UINT32_MAX;
}

/* As component_of(). */
static uint32_t stream_of(struct reader *r, const struct component *from,
                          const char *name)
{
    char shown[128];

    for (uint32_t i = 0; i < from->n_streams; i++)
        if (!strcmp(from->streams[i].name, name))
            return i;
    wrong(r, "it takes the stream %s of \"%s\", which is not there",
          value_text(gale_cstr(name), shown, sizeof(shown)), from->id);
    return UINT32_MAX;
}

static void read_key(struct reader *r, struct input_decl *input,
                     const struct stream_decl *stream,
                     const msgpack_object *list)
{
    uint32_t n = n_of(r, list, "fields", MODEL_KEY_MAX);

    input->key = xcalloc(n, sizeof(*input->key));
    for (; input->n_key < n; input->n_key++) {
        gale_str name = unpack_str(unpack_at(list, input->n_key));
        uint32_t i = 0;

        while (i < stream->n_fields &&
               (strlen(stream->fields[i]) != name.size ||
                memcmp(stream->fields[i], name.data, name.size) != 0))
            i++;
        if (i == stream->n_fields)
            wrong(r, "it groups the stream \"%s\" by a field that is not there",
                  stream->name);
        input->key[input->n_key] = i < stream->n_fields ? i : 0;
    }
}

/* What there is of a grouping without code: how it is called. */
static void read_custom(struct reader *r, struct input_decl *input,
                        const msgpack_object *o)
{
    const struct model_plugin *plugin;

    if (input->kind != GALE_CUSTOM)
        return;
    input->custom_name = text_of(r, o, "custom");
    plugin = plugin_of(r, MANIFEST_GROUPING, input->custom_name);
    input->custom = xcalloc(1, sizeof(*input->custom));
    input->custom->name = plugin == NULL ? "" : plugin->id;
}

static bool find_stream(struct reader *r, struct input_decl *input,
                        const msgpack_object *o)
{
    char *from = text_of(r, o, "from"), *stream = text_of(r, o, "stream");

    input->from = component_of(r, from);
    if (input->from != UINT32_MAX)
        input->stream =
            stream_of(r, &r->d->model->components[input->from], stream);
    free(from);
    free(stream);
    return !r->failed;
}

/* Into a place that is zero; false: it is still. */
static bool read_input(struct reader *r, struct input_decl *input,
                       const msgpack_object *o)
{
    struct input_decl found = {
        .kind =
            (uint32_t)number_of(r, o, "grouping", GALE_SHUFFLE, GALE_CUSTOM)};
    const struct component *from;

    if (!find_stream(r, &found, o))
        return false;
    *input = found;
    from = &r->d->model->components[found.from];
    read_key(r, input, &from->streams[found.stream], unpack_key(o, "fields"));
    read_custom(r, input, o);
    return true;
}

static void read_inputs(struct reader *r, uint32_t number,
                        const msgpack_object *o)
{
    struct component *c = &r->d->model->components[number];
    const msgpack_object *list = unpack_key(o, "inputs");
    uint32_t n = n_of(r, list, "inputs", MODEL_TASKS_MAX);

    snprintf(r->where, sizeof(r->where), "component \"%s\"", c->id);
    if (c->is_spout && n > 0)
        wrong(r, "a spout takes no input");
    c->inputs = xcalloc(n, sizeof(*c->inputs));
    while (!r->failed && c->n_inputs < n)
        c->n_inputs += read_input(r, &c->inputs[c->n_inputs],
                                  unpack_at(list, c->n_inputs));
    r->where[0] = '\0';
}

/* The stream and the subscriptions that it has by itself (topology_letters.h).
 */
static void read_letters(struct reader *r, const msgpack_object *root)
{
    struct model *m = r->d->model;
    char *id = optional_text(r, root, "letters");

    m->letters = id == NULL ? UINT32_MAX : component_of(r, id);
    free(id);
    for (uint32_t i = 0; i < m->n_components; i++) {
        struct component *c = &m->components[i];

        c->has_letters =
            m->letters != UINT32_MAX && c->is_spout && c->n_streams > 0 &&
            !strcmp(c->streams[c->n_streams - 1].name, TOPOLOGY_LETTERS_STREAM);
    }
    if (m->letters != UINT32_MAX)
        topology_letters_subscribe(m, m->letters);
}

/* -- all of it ------------------------------------------------------------- */

static void read_version(struct reader *r, const msgpack_object *root)
{
    uint64_t version = unpack_uint(unpack_key(root, "version"), 0);

    r->d->gale = text_of(r, root, "gale");
    r->d->abi = (uint32_t)number_of(r, root, "abi", 0, UINT32_MAX);
    if (version <= DESCRIPTION_VERSION)
        number_of(r, root, "version", 1, DESCRIPTION_VERSION);
    if (r->failed || version <= DESCRIPTION_VERSION)
        return;
    error_set(r->error,
              "the topology's description has version %" PRIu64
              " (gale %.32s), this gale " GALE_VERSION
              " reads versions up to %u; use the same gale on all machines",
              version, r->d->gale, DESCRIPTION_VERSION);
    r->failed = true;
}

static void read_name(struct reader *r, const msgpack_object *root)
{
    gale_err cause;

    r->d->model->name = text_of(r, root, "name");
    if (!r->failed && names_check_topology(r->d->model->name, &cause))
        wrong(r, "%s", cause.text);
    r->d->own = optional_text(r, root, "own");
}

static void read_all(struct reader *r, const msgpack_object *root)
{
    struct model *m = r->d->model;
    const msgpack_object *components = unpack_key(root, "components");

    read_version(r, root);
    read_name(r, root);
    read_files(r, unpack_key(root, "files"));
    if (r->d->own != NULL)
        check_plugin_file(r, r->d->own);
    read_plugins(r, unpack_key(root, "plugins"));
    read_components(r, components);
    for (uint32_t i = 0; i < m->n_components; i++)
        read_inputs(r, i, unpack_at(components, i));
    read_letters(r, root);
    m->topology = settings_of(r, root, "settings");
    m->overrides = settings_of(r, root, "overrides");
    m->file = settings_of(r, root, "file");
    if (!r->failed)
        topology_graph(m);
}

struct description *description_read(const void *data, size_t size,
                                     gale_err *error)
{
    const struct pack_limits limits = {DESCRIPTION_BYTES_MAX, ELEMENTS_MAX};
    struct reader r = {.error = error};
    struct unpacked u;

    if (unpack(&u, data, size, limits, "the topology's description", error))
        return NULL;
    r.d = xcalloc(1, sizeof(*r.d));
    r.d->model = xcalloc(1, sizeof(*r.d->model));
    r.ids = settings_new();
    read_all(&r, u.root);
    settings_free(r.ids);
    unpacked_free(&u);
    if (!r.failed)
        return r.d;
    description_free(r.d);
    return NULL;
}

/* What a builder would own, and what topology_free() does not. */
static void free_model(struct model *m)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        settings_free(m->components[i].settings);
    settings_free(m->topology);
    topology_free(m);
}

void description_free(struct description *d)
{
    if (d == NULL)
        return;
    for (uint32_t i = 0; i < d->n_files; i++)
        free(d->files[i].name);
    free(d->files);
    free(d->own);
    free(d->gale);
    free_model(d->model);
    free(d);
}
