/*
 * topology.c - from what was recorded to the model that the worker wires up.
 *
 * gale_builder_load() runs a topology's build function, which only records
 * (builder.c). The first question for the model loads the plugins, deals out
 * what files and the command line set, fills the options, asks each component
 * for its streams, looks subscriptions up, orders and checks; make() is that in
 * order.
 */
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "topology-api/plugin_check.h"
#include "topology-api/plugin_find.h"
#include "topology-api/stream_decl.h"
#include "topology-api/topology_check.h"
#include "topology-api/topology_fields.h"
#include "topology-api/topology_graph.h"
#include "topology-api/topology_hooks.h"
#include "topology-api/topology_inputs.h"
#include "topology-api/topology_invariants.h"
#include "topology-api/topology_letters.h"
#include "topology-api/topology_overrides.h"
#include "topology-api/topology_plugins.h"
#include "topology-api/topology_streams.h"
#include "topology-api/under_way.h"

/* -- loading --------------------------------------------------------------- */

/* What build() returns matters only if it has recorded no mistake. */
static void build(struct builder *b, int argc, char **argv)
{
    static char *none[] = {NULL};
    const gale_topology *t = &b->descriptor;
    struct under_way before;
    gale_result result;

    before = under_way_begin(plugin_path(b->own), "the topology was built");
    result = t->build(&b->handle, argc, argv == NULL ? none : argv);
    under_way_set(before);
    if (b->name == NULL)
        gale_set_name(&b->handle, t->name);
    if (result != GALE_OK)
        builder_error(b,
                      "topology \"%s\" refuses to be built (result %d) without "
                      "saying why; gale_build_error() sets a text",
                      t->name, (int)result);
}

static int load(struct builder *b, const char *file, gale_err *error)
{
    struct plugin_found found;

    if (b->own != NULL)
        return error_set(error,
                         "a topology is loaded already, from %s; expected one "
                         "for each builder",
                         plugin_path(b->own));
    if (plugin_find(NULL, MANIFEST_TOPOLOGY, file, &found, error) ||
        plugin_check_topology(found.plugin, found.id, &b->descriptor, error))
        return -1;
    b->own = found.plugin;
    return 0;
}

int gale_builder_load(gale_builder *handle, const char *file, int argc,
                      char **argv, gale_err *error)
{
    struct builder *b = builder_of(handle);
    gale_err cause;

    if (load(b, file, &cause))
        builder_error(b, "%s", cause.text);
    else if (b->error.text[0] == '\0')
        build(b, argc, argv);
    if (b->error.text[0] == '\0')
        return 0;
    error_set(error, "%s", b->error.text);
    return b->usage ? GALE_USAGE : -1;
}

/* -- components ------------------------------------------------------------ */

/* One of this process: its size may be that of an older gale. */
static void take_descriptor(struct component *c, const void *descriptor)
{
    uint32_t size;

    memcpy(&size, (const char *)descriptor + offsetof(gale_spout, size),
           sizeof(size));
    if (c->is_spout)
        memcpy(&c->spout, descriptor,
               size < sizeof(c->spout) ? size : sizeof(c->spout));
    else
        memcpy(&c->bolt, descriptor,
               size < sizeof(c->bolt) ? size : sizeof(c->bolt));
    c->file = xstrdup("");
}

static int resolve_plugin(const struct builder *b, struct model *m,
                          struct component *c, gale_err *error)
{
    enum manifest_kind kind = c->is_spout ? MANIFEST_SPOUT : MANIFEST_BOLT;
    struct plugin_found found;
    gale_err cause;
    int result = topology_plugin(b, m, kind, c->plugin, &found, &cause);

    if (result == 0 && c->is_spout)
        result = plugin_check_spout(found.plugin, found.id, &c->spout, &cause);
    else if (result == 0)
        result = plugin_check_bolt(found.plugin, found.id, &c->bolt, &cause);
    if (result != 0)
        return error_set(error, "component \"%s\": %s", c->id, cause.text);
    c->file = xstrdup(plugin_path(found.plugin));
    return 0;
}

/* A key's positive number; 0 if it is not set (or wrong: config_check says). */
static uint32_t number_of(const struct model *m, const struct component *c,
                          const char *key)
{
    const gale_value *v = model_config(m, c, key);

    if (v == NULL || v->kind != GALE_INT || v->as.i < 1)
        return 0;
    return v->as.i > MODEL_TASKS_MAX ? MODEL_TASKS_MAX + 1 : (uint32_t)v->as.i;
}

/* What it is, before its options are asked for. */
static int name_component(struct builder *b, struct model *m, uint32_t i,
                          gale_err *error)
{
    const struct wanted *w = b->wanted[i];
    struct component *c = &m->components[i];

    c->id = xstrdup(w->id);
    c->plugin = xstrdup(w->plugin);
    c->place = w->place == NULL ? NULL : xstrdup(w->place);
    c->is_spout = w->is_spout;
    c->settings = w->settings;
    if (w->unknown) { /* and who knows of it has said so */
        b->n_mistakes++;
        builder_error(b, "component \"%s\" is not known", w->id);
    } else if (w->descriptor != NULL) {
        take_descriptor(c, w->descriptor);
    } else if (resolve_plugin(b, m, c, error)) {
        b->wanted[i]->unknown = true;
        return builder_mistake(b, w->place, error);
    }
    return 0;
}

/* As Storm: tasks by name, else topology.tasks, else one per executor; and
 * topology.max.task.parallelism caps both. */
static int set_parallelism(const struct model *m, struct component *c,
                           const struct wanted *w, gale_err *error)
{
    uint32_t tasks = w->tasks ? w->tasks : number_of(m, c, "topology.tasks");
    uint32_t cap = number_of(m, c, "topology.max.task.parallelism");

    c->executors = w->executors;
    c->tasks = tasks ? tasks : w->executors;
    if (w->tasks == 0 && c->tasks < c->executors)
        return error_set(error,
                         "component \"%s\" has %u executors for %u tasks "
                         "(topology.tasks); expected at least as many tasks as "
                         "executors",
                         c->id, c->executors, c->tasks);
    if (cap != 0 && c->tasks > cap)
        c->tasks = cap;
    if (c->executors > c->tasks)
        c->executors = c->tasks;
    c->first_task = (int32_t)m->n_tasks + 1;
    if (m->n_tasks + c->tasks > MODEL_TASKS_MAX)
        return error_set(error,
                         "component \"%s\" makes more than %u tasks in all",
                         c->id, MODEL_TASKS_MAX);
    return 0;
}

/* One that is missing is written nowhere: then the component's place; unless
 * what was written was refused, and is there without a value. */
static int option_mistake(struct builder *b, const struct model *m, uint32_t i,
                          const gale_option *option, gale_err *error)
{
    const gale_value *found = model_config(m, &m->components[i], option->name);
    const struct wanted *w = b->wanted[i];

    if (found != NULL && found->kind != GALE_NIL)
        return builder_mistake_placed(b, error);
    if (found == NULL || !w->half_set)
        return builder_mistake(b, w->place, error);
    b->n_mistakes++; /* and who knows of it has said so */
    builder_error(b, "%s", error->text);
    return 0;
}

static int fill_options(struct builder *b, struct model *m, uint32_t i,
                        gale_err *error)
{
    struct component *c = &m->components[i];

    c->image = xcalloc(1, option_instance_size(c));
    for (uint32_t j = 0; j < option_table(c)->n; j++)
        if (option_fill_row(m, c, j, c->image, &b->texts, error) &&
            option_mistake(b, m, i, option_at(option_table(c), j), error))
            return -1;
    return 0;
}

/* Streams may depend on options: on wrong ones, nobody knows how. */
static bool is_clear(struct builder *b, const struct component *c,
                     const struct wanted *w, uint32_t mistakes_before)
{
    if ((c->is_spout ? c->spout.declare : c->bolt.declare) == NULL)
        return true;
    if (b->n_mistakes > mistakes_before)
        return false;
    if (!w->half_set)
        return true;
    b->n_mistakes++; /* and who knows of it has said so */
    builder_error(b, "component \"%s\" is set to what was refused", c->id);
    return false;
}

/* What a declare callback says is wrong, as it says it. */
struct declared {
    struct builder *builder;
    const struct model *model;
    uint32_t component;
    bool ends; /* nobody hears of what comes behind the first */
    gale_err *error;
};

/* The place of the option whose name stands at `at`; "" if it is not known. */
static const char *named_at(const struct declared *d, const char *at)
{
    const struct component *c = &d->model->components[d->component];
    char name[256];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ":, "), at);
    return option_place(d->model, c, name);
}

/* What is behind the word "option" at the beginning of a callback's sentence;
 * NULL: it begins otherwise. */
static const char *behind_option(const char *text)
{
    static const char *const before[] = {"\": option", "\": the option"};

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        const char *at = strstr(text, before[i]);

        if (at != NULL)
            return at + strlen(before[i]);
    }
    return NULL;
}

/* Where the option is written that the callback names, "option NAME …" or
 * "options NAME and NAME …", perhaps with "the"; the component's place if it
 * names none, or that is not known. */
static const char *declared_at(const struct declared *d, const gale_err *error)
{
    static const char between[] = " and ";
    const char *at = behind_option(error->text), *place = "", *second;

    if (at == NULL)
        return d->builder->wanted[d->component]->place;
    second = *at == 's' ? strstr(at, between) : NULL;
    at += *at == 's';
    if (*at == ' ')
        place = named_at(d, at + 1);
    if (*place == '\0' && second != NULL)
        place = named_at(d, second + sizeof(between) - 1);
    return *place == '\0' ? d->builder->wanted[d->component]->place : place;
}

/* A stream_decl_wrong_fn. */
static void declared_wrong(void *arg, gale_err *error)
{
    struct declared *d = arg;

    if (d->ends)
        return;
    d->ends = builder_mistake(d->builder, declared_at(d, error), error) != 0;
    if (d->ends)
        *d->error = *error;
}

static int make_streams(struct builder *b, struct model *m, uint32_t i,
                        uint32_t mistakes_before, gale_err *error)
{
    struct declared d = {b, m, i, false, error};
    struct component *c = &m->components[i];
    struct wanted *w = b->wanted[i];

    w->unclear = !is_clear(b, c, w, mistakes_before);
    if (w->unclear || topology_streams_declare(m, c, declared_wrong, &d) == 0)
        return 0;
    w->unclear = true;
    return d.ends ? -1 : 0;
}

static int make_component(struct builder *b, struct model *m, uint32_t i,
                          gale_err *error)
{
    struct component *c = &m->components[i];
    struct wanted *w = b->wanted[i];
    uint32_t before = b->n_mistakes;

    if (set_parallelism(m, c, w, error) && builder_mistake(b, w->place, error))
        return -1;
    m->n_tasks += c->tasks;
    if (w->unknown)
        return 0;
    if (fill_options(b, m, i, error))
        return -1;
    return make_streams(b, m, i, before, error);
}

static void free_component(struct component *c)
{
    struct stream_decl_list streams = {c->n_streams, c->streams};

    for (uint32_t i = 0; i < c->n_inputs; i++) {
        free(c->inputs[i].key);
        free(c->inputs[i].custom);
        free(c->inputs[i].custom_name);
    }
    free(c->inputs);
    stream_decl_free(&streams);
    settings_free(c->overrides);
    settings_free(c->from_file);
    if (c->replayed != NULL)
        c->replayed_free(c->replayed);
    free(c->image);
    free(c->file);
    free(c->place);
    free(c->plugin);
    free(c->id);
}

/* -- the model ------------------------------------------------------------- */

void topology_free(struct model *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; i < m->n_components; i++)
        free_component(&m->components[i]);
    free(m->components);
    topology_plugins_free(m->plugins, m->n_plugins);
    settings_free(m->overrides);
    settings_free(m->file);
    free(m->hooks);
    free(m->invariants);
    free(m->order);
    free(m->name);
    free(m);
}

/* Empty components, and the layer that stays the builder's. */
static struct model *new_model(struct builder *b)
{
    struct model *m = xcalloc(1, sizeof(*m));

    m->name = xstrdup(b->name == NULL ? "topology" : b->name);
    m->n_components = b->n_wanted;
    m->components = xcalloc(b->n_wanted, sizeof(*m->components));
    m->topology = b->topology;
    return m;
}

static int check_shape(struct builder *b, struct model *m, gale_err *error)
{
    topology_graph(m);
    if (topology_check_reach(m, error))
        return builder_mistake(b, NULL, error) || b->n_mistakes > 0 ? -1 : 0;
    return 0;
}

static int make(struct builder *b, struct model *m, gale_err *error)
{
    if (topology_check_parts(b, error))
        return -1;
    for (uint32_t i = 0; i < m->n_components; i++)
        if (name_component(b, m, i, error))
            return -1;
    if (topology_overrides(b, m, error) && b->n_mistakes == 0 &&
        builder_mistake(b, NULL, error))
        return -1;
    for (uint32_t i = 0; i < m->n_components; i++)
        if (make_component(b, m, i, error))
            return -1;
    topology_letters_declare(b, m);
    if (topology_inputs_resolve(b, m, error) || topology_fields(b, m, error))
        return -1;
    if (topology_hooks(b, m, error) &&
        builder_mistake(b, settings_place(m->topology, TOPOLOGY_HOOKS_KEY),
                        error))
        return -1;
    if (topology_invariants(b, m, error) && builder_mistake(b, NULL, error))
        return -1;
    if (topology_check_settings(b, m, error))
        return -1;
    return b->n_mistakes == 0 ? check_shape(b, m, error) : -1;
}

const struct model *model_of(gale_builder *handle, gale_err *error)
{
    struct builder *b = builder_of(handle);
    struct model *m;
    gale_err cause;

    if (b->error.text[0] == '\0' && b->model == NULL) {
        m = new_model(b);
        if (make(b, m, &cause)) {
            builder_error(b, "%s", cause.text);
            topology_free(m);
        } else {
            b->model = m;
        }
    }
    if (b->error.text[0] == '\0')
        return b->model;
    error_set(error, "%s", b->error.text);
    return NULL;
}

int gale_builder_check(gale_builder *b, gale_err *error)
{
    return model_of(b, error) == NULL ? -1 : 0;
}

/* -- asking ---------------------------------------------------------------- */

uint32_t model_find(const struct model *m, const char *id)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        if (!strcmp(m->components[i].id, id))
            return i;
    return UINT32_MAX;
}

void model_layers(const struct model *m, const struct component *c,
                  const struct settings *layers[MODEL_LAYERS])
{
    layers[0] = c == NULL ? NULL : c->overrides;
    layers[1] = m->overrides;
    layers[2] = c == NULL ? NULL : c->settings;
    layers[3] = m->topology;
    layers[4] = c == NULL ? NULL : c->from_file;
    layers[5] = m->file;
}

const gale_value *model_config(const struct model *m, const struct component *c,
                               const char *key)
{
    const struct settings *layers[MODEL_LAYERS];

    model_layers(m, c, layers);
    return settings_find(layers, MODEL_LAYERS, key);
}
