/* topology_fields.c - names of fields in options; see topology_fields.h. */
#include "topology-api/topology_fields.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/option_fields.h"
#include "topology-api/text_buffer.h"

/* An option of a bolt, and one of the names in it. */
struct named {
    struct builder *builder;
    const struct model *model;
    uint32_t component;
    const gale_option *option;
    gale_str name;
};

/* -- a stream -------------------------------------------------------------- */

uint32_t topology_fields_find(const struct stream_decl *stream, gale_str name)
{
    for (uint32_t i = 0; i < stream->n_fields; i++)
        if (gale_str_eq(name, gale_str_make(stream->fields[i],
                                            strlen(stream->fields[i]))))
            return i;
    return UINT32_MAX;
}

int topology_fields_missing(const char *who, gale_str name,
                            const struct component *from,
                            const struct stream_decl *stream, gale_err *error)
{
    char *wanted = xstrndup(name.size > 0 ? name.data : "", name.size);
    struct names_nearest nearest;
    struct text_buffer text;
    char declared[384], quoted[300];

    names_start(&nearest, wanted);
    text_buffer_init(&text, declared, sizeof(declared));
    for (uint32_t i = 0; i < stream->n_fields; i++) {
        names_consider(&nearest, stream->fields[i]);
        text_buffer_put(&text, "%s\"%s\"", i == 0 ? "" : ", ",
                        stream->fields[i]);
    }
    error_set(error,
              "%s the field %s, which the stream \"%s\" of \"%s\" does not "
              "declare: it has %s%s",
              who, value_text(gale_s(name), quoted, sizeof(quoted)),
              stream->name, from->id,
              stream->n_fields == 0 ? "no fields" : declared,
              names_hint(&nearest));
    free(wanted);
    return -1;
}

/* -- an option ------------------------------------------------------------- */

static const struct component *component_of(const struct named *n)
{
    return &n->model->components[n->component];
}

static bool is_set(const struct named *n)
{
    const gale_value *found =
        model_config(n->model, component_of(n), n->option->name);

    return found != NULL && found->kind != GALE_NIL;
}

static int refuse(const struct named *n, const struct input_decl *input,
                  gale_err *error)
{
    const struct component *c = component_of(n);
    const struct component *from = &n->model->components[input->from];
    const char *place = option_place(n->model, c, n->option->name);
    char who[700];

    snprintf(who, sizeof(who), "component \"%s\": the option \"%s\" %s", c->id,
             n->option->name,
             is_set(n) ? "names" : "is not given, and its default names");
    topology_fields_missing(who, n->name, from, &from->streams[input->stream],
                            error);
    if (is_set(n) && *place == '\0') /* the command line's */
        return builder_mistake_placed(n->builder, error);
    return builder_mistake(
        n->builder,
        *place == '\0' ? n->builder->wanted[n->component]->place : place,
        error);
}

/* Of streams whose names may be wrong, nothing follows. */
static bool is_unclear(const struct named *n, const struct input_decl *in)
{
    return in->from == UINT32_MAX || n->builder->wanted[in->from]->unclear;
}

/* Several groupings of one stream are as one. */
static bool is_first_of_its_stream(const struct component *c, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (c->inputs[j].from == c->inputs[i].from &&
            c->inputs[j].stream == c->inputs[i].stream)
            return false;
    return true;
}

static int check_name(const struct named *n, gale_err *error)
{
    const struct component *c = component_of(n);

    for (uint32_t i = 0; i < c->n_inputs; i++) {
        const struct input_decl *in = &c->inputs[i];
        const struct component *from;

        if (is_unclear(n, in) || !is_first_of_its_stream(c, i))
            continue;
        from = &n->model->components[in->from];
        if (topology_fields_find(&from->streams[in->stream], n->name) ==
                UINT32_MAX &&
            refuse(n, in, error))
            return -1;
    }
    return 0;
}

/* One whose value was refused may be anything. */
static bool is_known(const struct named *n)
{
    const gale_value *found =
        model_config(n->model, component_of(n), n->option->name);

    return found == NULL || found->kind != GALE_NIL ||
           !n->builder->wanted[n->component]->half_set;
}

static int check_option(struct named *n, gale_err *error)
{
    const char *image = component_of(n)->image;
    enum option_fields_form form = option_fields_form(n->option);
    gale_str text;

    memcpy(&text, image + n->option->offset, sizeof(text));
    for (size_t at = 0;
         is_known(n) && option_fields_next(form, text, &at, &n->name);)
        if (check_name(n, error))
            return -1;
    return 0;
}

/* Those that a component gets tuples from come before it. */
static int check_component(struct builder *b, const struct model *m, uint32_t i,
                           bool *is_seen, gale_err *error)
{
    const struct component *c = &m->components[i];
    const gale_options *options = option_table(c);
    uint32_t before;

    if (is_seen[i])
        return 0;
    is_seen[i] = true;
    for (uint32_t j = 0; j < c->n_inputs; j++)
        if (c->inputs[j].from != UINT32_MAX &&
            check_component(b, m, c->inputs[j].from, is_seen, error))
            return -1;
    before = b->n_mistakes;
    for (uint32_t j = 0; !b->wanted[i]->unknown && j < options->n; j++) {
        struct named n = {b, m, i, option_at(options, j), {NULL, 0}};

        if (n.option->type == GALE_OPTION_TYPE_FIELDS &&
            check_option(&n, error))
            return -1;
    }
    b->wanted[i]->unclear = b->wanted[i]->unclear || b->n_mistakes > before;
    return 0;
}

int topology_fields(struct builder *b, const struct model *m, gale_err *error)
{
    bool *is_seen = xcalloc(m->n_components, sizeof(*is_seen));
    int result = 0;

    for (uint32_t i = 0; i < m->n_components && result == 0; i++)
        result = check_component(b, m, i, is_seen, error);
    free(is_seen);
    return result;
}
