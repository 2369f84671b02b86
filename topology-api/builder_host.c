/*
 * builder_host.c - what a topology's build function calls: gale_builder_host.
 *
 * What can be judged from the words alone is judged here, so that the first
 * mistake is the first in the order of the code. What needs plugins or other
 * components waits for topology.c. After the first mistake nothing is recorded
 * any more, and gale_add_…() hands out a component that is not in the list.
 */
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/values.h"

#define KEY_BYTES_MAX 255u
#define INPUTS_MAX 4096u
#define FIELDS_MAX 255u

static struct wanted *wanted_of(gale_declarer *d)
{
    return (struct wanted *)(void *)d;
}

/* -- components ------------------------------------------------------------ */

static void check_component(struct builder *b, const char *id,
                            const char *plugin, int executors)
{
    gale_err cause;

    if (names_check_component(id, &cause))
        builder_error(b, "%s", cause.text);
    else if (builder_find(b, id) != UINT32_MAX)
        builder_error(b,
                      "component \"%s\" is added twice; each needs an id of "
                      "its own",
                      id);
    else if (plugin == NULL || *plugin == '\0')
        builder_error(b,
                      "component \"%s\" names no plugin; expected the id of "
                      "a spout or bolt",
                      id);
    else if (executors < 1 || executors > (int)MODEL_TASKS_MAX)
        builder_error(b,
                      "component \"%s\" has a parallelism of %d, expected 1 "
                      "to %u",
                      id, executors, MODEL_TASKS_MAX);
    else if (b->n_wanted == MODEL_TASKS_MAX)
        builder_error(b,
                      "component \"%s\" is one too many: a topology has at "
                      "most %u",
                      id, MODEL_TASKS_MAX);
}

static gale_declarer *add(struct builder *b, const char *id, const char *plugin,
                          int executors, bool is_spout)
{
    struct wanted *w;

    if (builder_recording(b))
        check_component(b, id, plugin, executors);
    if (!builder_recording(b))
        return &b->refused->declarer;
    w = builder_wanted_new(b);
    w->id = xstrdup(id);
    w->plugin = xstrdup(plugin);
    w->is_spout = is_spout;
    w->executors = (uint32_t)executors;
    settings_set(b->ids, id, gale_int(b->n_wanted));
    b->wanted = xreallocarray(b->wanted, b->n_wanted + 1, sizeof(*b->wanted));
    b->wanted[b->n_wanted++] = w;
    return &w->declarer;
}

static gale_declarer *add_spout(gale_builder *b, const char *id,
                                const char *plugin, int executors)
{
    return add(builder_of(b), id, plugin, executors, true);
}

static gale_declarer *add_bolt(gale_builder *b, const char *id,
                               const char *plugin, int executors)
{
    return add(builder_of(b), id, plugin, executors, false);
}

/* More executors than tasks is found by the check: order does not matter. */
static void set_tasks(gale_declarer *d, int tasks)
{
    struct wanted *w = wanted_of(d);

    if (!builder_recording(w->builder))
        return;
    if (tasks < 1 || tasks > (int)MODEL_TASKS_MAX)
        builder_error(w->builder,
                      "component \"%s\" has %d tasks, expected 1 to %u", w->id,
                      tasks, MODEL_TASKS_MAX);
    else
        w->tasks = (uint32_t)tasks;
}

/* -- inputs ---------------------------------------------------------------- */

static bool takes_fields(uint32_t kind)
{
    return kind == GALE_BY_FIELDS || kind == GALE_PARTIAL_KEY;
}

/* NULL, or what is wrong with the subscription. */
static const char *input_defect(const struct wanted *w, const gale_input *input)
{
    bool fields =
        input != NULL && input->size >= sizeof(*input) && input->n_fields > 0;

    if (w->is_spout)
        return "is a spout, which takes no input";
    if (w->n_inputs == INPUTS_MAX)
        return "has more than 4096 inputs, which is the most that is allowed";
    if (input == NULL || input->size < sizeof(*input))
        return "has an input without its size; start from "
               "{.size = sizeof(gale_input)}";
    if (input->kind < GALE_SHUFFLE || input->kind > GALE_CUSTOM)
        return "has an input with an unknown grouping; expected a "
               "gale_grouping_kind";
    if (input->from == NULL)
        return "has an input that does not say from which component";
    if (takes_fields(input->kind) && !fields)
        return "has a grouping by fields that names none; expected at least "
               "one";
    if (!takes_fields(input->kind) && fields)
        return "names fields for a grouping that takes none";
    if (input->n_fields > FIELDS_MAX)
        return "has a grouping by more than 255 fields, which is the most that "
               "is allowed";
    if (fields && input->fields == NULL)
        return "has a grouping by fields that are NULL";
    if (input->kind == GALE_CUSTOM && input->custom == NULL)
        return "has a custom grouping that names no plugin";
    return NULL;
}

static void record_input(struct wanted *w, const gale_input *input)
{
    struct wanted_input *copy;

    w->inputs = xreallocarray(w->inputs, w->n_inputs + 1, sizeof(*w->inputs));
    copy = &w->inputs[w->n_inputs++];
    *copy = (struct wanted_input){.n_fields = 0};
    copy->kind = input->kind;
    copy->from = xstrdup(input->from);
    copy->stream = xstrdup(input->stream == NULL ? "default" : input->stream);
    copy->n_fields = input->n_fields;
    copy->fields = xcalloc(input->n_fields, sizeof(*copy->fields));
    for (uint32_t i = 0; i < input->n_fields; i++)
        copy->fields[i] =
            xstrdup(input->fields[i] == NULL ? "" : input->fields[i]);
    copy->custom = input->kind == GALE_CUSTOM ? xstrdup(input->custom) : NULL;
}

static void add_input(gale_declarer *d, const gale_input *input)
{
    struct wanted *w = wanted_of(d);
    const char *defect;

    if (!builder_recording(w->builder))
        return;
    defect = input_defect(w, input);
    if (defect != NULL)
        builder_error(w->builder, "component \"%s\" %s", w->id, defect);
    else
        record_input(w, input);
}

/* -- configuration --------------------------------------------------------- */

static const struct settings_source nowhere = {NULL, NULL};

/* owner: `component "x"` or `the topology`. */
static void set_value(struct builder *b, struct settings *settings,
                      const char *owner, const char *key, gale_value value,
                      const struct settings_source *source)
{
    const char *defect = values_defect(value);
    size_t size = key == NULL ? 0 : strnlen(key, KEY_BYTES_MAX + 1);

    if (size == 0 || size > KEY_BYTES_MAX)
        builder_error(b, "%s sets a key of %s; expected 1 to %u bytes", owner,
                      size == 0 ? "no bytes" : "too many bytes", KEY_BYTES_MAX);
    else if (defect != NULL)
        builder_error(b, "%s sets \"%s\" to a value that is %s", owner, key,
                      defect);
    else
        settings_set_from(settings, key, value, source);
}

void builder_set_from(gale_declarer *d, const char *key, gale_value value,
                      const struct settings_source *source)
{
    struct wanted *w = wanted_of(d);
    char owner[NAMES_MAX + 32];

    if (!builder_recording(w->builder))
        return;
    snprintf(owner, sizeof(owner), "component \"%s\"", w->id);
    set_value(w->builder, w->settings, owner, key, value, source);
}

static void set(gale_declarer *d, const char *key, gale_value value)
{
    builder_set_from(d, key, value, &nowhere);
}

void builder_configure_from(gale_builder *handle, const char *key,
                            gale_value value,
                            const struct settings_source *source)
{
    struct builder *b = builder_of(handle);

    if (builder_recording(b))
        set_value(b, b->topology, "the topology", key, value, source);
}

static void configure(gale_builder *handle, const char *key, gale_value value)
{
    builder_configure_from(handle, key, value, &nowhere);
}

static void set_name(gale_builder *handle, const char *name)
{
    struct builder *b = builder_of(handle);
    gale_err cause;

    if (!builder_recording(b))
        return;
    if (names_check_topology(name, &cause)) {
        builder_error(b, "%s", cause.text);
    } else {
        free(b->name);
        b->name = xstrdup(name);
    }
}

/* Without a text, the descriptor's usage. */
static gale_result fail(gale_builder *handle, bool usage, const char *text)
{
    struct builder *b = builder_of(handle);
    const gale_topology *t = &b->descriptor;

    if (!builder_recording(b))
        return GALE_FATAL;
    b->usage = usage;
    if (text != NULL && *text != '\0')
        builder_error(b, "%s%s", usage ? "usage: " : "", text);
    else if (usage)
        builder_error(b, "usage: %s %s", t->name == NULL ? "NAME" : t->name,
                      t->usage == NULL ? "[ARGS…]" : t->usage);
    else
        builder_error(b, "the topology refuses to be built without saying why");
    return GALE_FATAL;
}

const gale_builder_host builder_host = {
    .size = sizeof(builder_host),
    .add_spout = add_spout,
    .add_bolt = add_bolt,
    .set_tasks = set_tasks,
    .input = add_input,
    .set = set,
    .configure = configure,
    .set_name = set_name,
    .fail = fail,
};
