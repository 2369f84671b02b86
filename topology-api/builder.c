/* builder.c - a topology while it is being recorded: what is kept of it. */
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "topology-api/text_buffer.h"
#include "topology-api/topology_plugins.h"

struct builder *builder_of(gale_builder *b)
{
    return (struct builder *)(void *)b;
}

/* -- mistakes, warnings ---------------------------------------------------- */

void builder_error(struct builder *b, const char *format, ...)
{
    struct text_buffer text;
    va_list args;

    if (b->error.text[0] != '\0')
        return;
    text_buffer_init(&text, b->error.text, sizeof(b->error.text));
    va_start(args, format);
    text_buffer_vput(&text, format, args);
    va_end(args);
}

int builder_mistake_placed(struct builder *b, gale_err *error)
{
    if (b->hears == NULL)
        return -1;
    b->n_mistakes++;
    builder_error(b, "%s", error->text);
    b->hears(b->hears_arg, error->text);
    return 0;
}

int builder_mistake(struct builder *b, const char *place, gale_err *error)
{
    gale_err cause = *error;

    if (place == NULL || *place == '\0')
        place = b->file_name;
    if (place != NULL)
        error_set(error, "%s: %s", place, cause.text);
    return builder_mistake_placed(b, error);
}

void builder_hear_all(gale_builder *handle, builder_mistake_fn *hears,
                      void *arg)
{
    struct builder *b = builder_of(handle);

    b->hears = hears;
    b->hears_arg = arg;
}

void builder_warn(struct builder *b, const char *format, ...)
{
    char warning[1024];
    struct text_buffer text;
    va_list args;

    if (b->warn == NULL)
        return;
    text_buffer_init(&text, warning, sizeof(warning));
    va_start(args, format);
    text_buffer_vput(&text, format, args);
    va_end(args);
    b->warn(b->warn_arg, warning);
}

void builder_listen(gale_builder *handle, gale_warn_fn *warn, void *arg)
{
    struct builder *b = builder_of(handle);

    b->warn = warn;
    b->warn_arg = arg;
}

bool builder_recording(struct builder *b)
{
    if (b->model != NULL)
        builder_error(b, "the topology is changed after it was checked; say "
                         "everything before");
    return b->error.text[0] == '\0';
}

/* -- components ------------------------------------------------------------ */

struct wanted *builder_wanted_new(struct builder *b)
{
    struct wanted *w = xcalloc(1, sizeof(*w));

    w->declarer.host = &builder_host;
    w->builder = b;
    w->settings = settings_new();
    return w;
}

static void input_free(struct wanted_input *input)
{
    for (uint32_t i = 0; i < input->n_fields; i++)
        free(input->fields[i]);
    free(input->fields);
    free(input->from);
    free(input->stream);
    free(input->custom);
    for (int i = 0; i < BUILDER_INPUT_PLACES; i++)
        free(input->places[i]);
}

static void wanted_free(struct wanted *w)
{
    for (uint32_t i = 0; i < w->n_inputs; i++)
        input_free(&w->inputs[i]);
    free(w->inputs);
    settings_free(w->settings);
    free(w->id);
    free(w->plugin);
    free(w->place);
    free(w);
}

uint32_t builder_find(const struct builder *b, const char *id)
{
    const gale_value *i = settings_get(b->ids, id);

    return i == NULL ? UINT32_MAX : (uint32_t)i->as.i;
}

static struct wanted *wanted_of(gale_declarer *d)
{
    return (struct wanted *)(void *)d;
}

void builder_take_spout(gale_declarer *d, const gale_spout *spout)
{
    wanted_of(d)->descriptor = spout;
}

void builder_take_bolt(gale_declarer *d, const gale_bolt *bolt)
{
    wanted_of(d)->descriptor = bolt;
}

/* -- places ---------------------------------------------------------------- */

static void replace_text(char **to, const char *text)
{
    free(*to);
    *to = xstrdup(text);
}

void builder_written_in(gale_builder *b, const char *file)
{
    replace_text(&builder_of(b)->file_name, file);
}

void builder_place(gale_declarer *d, const char *place)
{
    replace_text(&wanted_of(d)->place, place);
}

void builder_place_input(gale_declarer *d,
                         const char *const places[BUILDER_INPUT_PLACES])
{
    struct wanted *w = wanted_of(d);

    for (int i = 0; w->n_inputs > 0 && i < BUILDER_INPUT_PLACES; i++)
        replace_text(&w->inputs[w->n_inputs - 1].places[i], places[i]);
}

/* -- beginning and end ----------------------------------------------------- */

gale_builder *gale_builder_new(void)
{
    struct builder *b = xcalloc(1, sizeof(*b));

    b->handle.host = &builder_host;
    b->refused = builder_wanted_new(b);
    b->ids = settings_new();
    b->topology = settings_new();
    b->file = settings_new();
    b->overrides = settings_new();
    return &b->handle;
}

void gale_builder_free(gale_builder *handle)
{
    struct builder *b = builder_of(handle);

    if (b == NULL)
        return;
    topology_free(b->model);
    option_texts_free(&b->texts);
    topology_plugins_free(b->given, b->n_given);
    for (uint32_t i = 0; i < b->n_wanted; i++)
        wanted_free(b->wanted[i]);
    free(b->wanted);
    wanted_free(b->refused);
    settings_free(b->ids);
    settings_free(b->topology);
    settings_free(b->file);
    settings_free(b->overrides);
    free(b->name);
    free(b->file_name);
    free(b);
}

static struct settings **layer(struct builder *b, struct settings **settings,
                               gale_err *error)
{
    if (b->model == NULL)
        return settings;
    error_set(error, "the configuration is changed after the topology was "
                     "checked; say everything before");
    return NULL;
}

struct settings **builder_file(gale_builder *b, gale_err *error)
{
    return layer(builder_of(b), &builder_of(b)->file, error);
}

struct settings **builder_overrides(gale_builder *b, gale_err *error)
{
    return layer(builder_of(b), &builder_of(b)->overrides, error);
}
