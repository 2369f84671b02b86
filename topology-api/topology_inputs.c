/*
 * topology_inputs.c - subscriptions: names looked up, groupings checked.
 *
 * Each thing that is not found is named with what there is instead: who reads
 * the error has the two names that do not match before them.
 */
#include "topology-api/topology_inputs.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/plugin_check.h"
#include "topology-api/text_buffer.h"
#include "topology-api/topology_fields.h"
#include "topology-api/topology_letters.h"
#include "topology-api/topology_plugins.h"

/* The subscription that is looked at. */
struct subscription {
    const struct builder *builder;
    struct model *model;
    const struct wanted *to;
    const struct wanted_input *wanted;
    const struct component *from;
    const struct stream_decl *stream;
    struct input_decl *input;    /* what becomes of it */
    enum builder_input_place at; /* what of it is looked at */
};

/* -- names ----------------------------------------------------------------- */

static int find_from(struct subscription *s, gale_err *error)
{
    const struct model *m = s->model;
    struct names_nearest nearest;

    s->input->from = builder_find(s->builder, s->wanted->from);
    if (s->input->from != UINT32_MAX) {
        s->from = &m->components[s->input->from];
        return 0;
    }
    names_start(&nearest, s->wanted->from);
    for (uint32_t i = 0; i < m->n_components; i++)
        names_consider(&nearest, m->components[i].id);
    return error_set(error,
                     "component \"%s\" subscribes to \"%s\", but there is no "
                     "such component%s",
                     s->to->id, s->wanted->from, names_hint(&nearest));
}

static int stream_not_found(const struct subscription *s, gale_err *error)
{
    const struct component *from = s->from;
    struct names_nearest nearest;
    struct text_buffer text;
    char declared[384];

    if (from->n_streams == 0)
        return error_set(error,
                         "component \"%s\" subscribes to \"%s\", which "
                         "declares no streams",
                         s->to->id, from->id);
    names_start(&nearest, s->wanted->stream);
    text_buffer_init(&text, declared, sizeof(declared));
    for (uint32_t i = 0; i < from->n_streams; i++) {
        names_consider(&nearest, from->streams[i].name);
        text_buffer_put(&text, "%s\"%s\"", i == 0 ? "" : ", ",
                        from->streams[i].name);
    }
    return error_set(error,
                     "component \"%s\" subscribes to the stream \"%s\" of "
                     "\"%s\", which declares %s%s",
                     s->to->id, s->wanted->stream, from->id, declared,
                     names_hint(&nearest));
}

static int find_stream(struct subscription *s, gale_err *error)
{
    for (uint32_t i = 0; i < s->from->n_streams; i++) {
        if (strcmp(s->from->streams[i].name, s->wanted->stream))
            continue;
        s->stream = &s->from->streams[i];
        s->input->stream = i;
        return 0;
    }
    return stream_not_found(s, error);
}

/* -- groupings ------------------------------------------------------------- */

static int check_direct(const struct subscription *s, gale_err *error)
{
    bool stream_is = s->stream->flags & GALE_STREAM_DIRECT;
    bool grouping_is = s->input->kind == GALE_DIRECT;

    if (stream_is == grouping_is)
        return 0;
    return error_set(error,
                     "component \"%s\" subscribes to the stream \"%s\" of "
                     "\"%s\" %s; expected %s",
                     s->to->id, s->stream->name, s->from->id,
                     stream_is ? "by another grouping than direct, but it is "
                                 "declared direct"
                               : "by direct grouping, but it is not declared "
                                 "direct",
                     stream_is ? "direct grouping"
                               : "GALE_DIRECT_STREAM where it is declared, or "
                                 "another grouping");
}

static int field_not_found(const struct subscription *s, const char *field,
                           gale_err *error)
{
    char who[300];

    snprintf(who, sizeof(who), "component \"%s\" groups by", s->to->id);
    return topology_fields_missing(who, gale_str_make(field, strlen(field)),
                                   s->from, s->stream, error);
}

static int find_field(const struct subscription *s, const char *field,
                      gale_err *error)
{
    struct input_decl *input = s->input;
    uint32_t i =
        topology_fields_find(s->stream, gale_str_make(field, strlen(field)));

    if (i == UINT32_MAX)
        return field_not_found(s, field, error);
    for (uint32_t j = 0; j < input->n_key; j++)
        if (input->key[j] == i)
            return error_set(error,
                             "component \"%s\" groups the stream \"%s\" of "
                             "\"%s\" by the field \"%s\" twice",
                             s->to->id, s->stream->name, s->from->id, field);
    input->key[input->n_key++] = i;
    return 0;
}

static int find_fields(const struct subscription *s, gale_err *error)
{
    if (s->wanted->n_fields > MODEL_KEY_MAX)
        return error_set(error,
                         "component \"%s\" groups the stream \"%s\" of \"%s\" "
                         "by %u fields, expected at most %u",
                         s->to->id, s->stream->name, s->from->id,
                         s->wanted->n_fields, MODEL_KEY_MAX);
    s->input->key = xcalloc(s->wanted->n_fields, sizeof(*s->input->key));
    for (uint32_t i = 0; i < s->wanted->n_fields; i++)
        if (find_field(s, s->wanted->fields[i], error))
            return -1;
    return 0;
}

static int find_custom(const struct subscription *s, gale_err *error)
{
    gale_grouping grouping;
    struct plugin_found found;
    gale_err cause;

    if (s->wanted->custom == NULL)
        return 0;
    if (topology_plugin(s->builder, s->model, MANIFEST_GROUPING,
                        s->wanted->custom, &found, &cause) ||
        plugin_check_grouping(found.plugin, found.id, &grouping, &cause))
        return error_set(error, "component \"%s\": %s", s->to->id, cause.text);
    s->input->custom = xmalloc(sizeof(grouping));
    *s->input->custom = grouping;
    s->input->custom_name = xstrdup(s->wanted->custom);
    return 0;
}

/* -- all of them ----------------------------------------------------------- */

static bool same(const struct input_decl *a, const struct input_decl *b)
{
    return a->from == b->from && a->stream == b->stream && a->kind == b->kind &&
           a->n_key == b->n_key &&
           (a->n_key == 0 ||
            !memcmp(a->key, b->key, a->n_key * sizeof(*a->key))) &&
           (a->custom == NULL || a->custom->choose == b->custom->choose);
}

/* Each tuple would come twice, which nobody means. */
static int check_once(const struct subscription *s, const struct component *to,
                      gale_err *error)
{
    for (const struct input_decl *i = to->inputs; i < s->input; i++)
        if (same(i, s->input))
            return error_set(error,
                             "component \"%s\" subscribes to the stream \"%s\" "
                             "of \"%s\" twice by the same grouping",
                             to->id, s->stream->name, s->from->id);
    return 0;
}

/* Of a component that is not known, or whose streams are not, all may be right.
 */
static bool may_be_right(const struct wanted *from)
{
    return from->unknown || from->unclear;
}

static int look_up(struct subscription *s, const struct component *to,
                   gale_err *error)
{
    s->at = BUILDER_FROM;
    if (find_from(s, error))
        return -1;
    if (may_be_right(s->builder->wanted[s->input->from])) {
        s->input->from = UINT32_MAX;
        return 0;
    }
    s->at = BUILDER_STREAM;
    if (find_stream(s, error) || check_direct(s, error))
        return -1;
    s->at = BUILDER_KEY;
    if (find_fields(s, error) || find_custom(s, error))
        return -1;
    s->at = BUILDER_INPUT;
    return check_once(s, to, error);
}

static int resolve(struct builder *b, struct model *m, uint32_t i,
                   gale_err *error)
{
    struct component *to = &m->components[i];
    const struct wanted *w = b->wanted[i];

    to->inputs = xcalloc(w->n_inputs, sizeof(*to->inputs));
    for (; to->n_inputs < w->n_inputs; to->n_inputs++) {
        struct subscription s = {.builder = b,
                                 .model = m,
                                 .to = w,
                                 .wanted = &w->inputs[to->n_inputs],
                                 .input = &to->inputs[to->n_inputs]};

        s.input->kind = s.wanted->kind;
        if (look_up(&s, to, error) == 0)
            continue;
        s.input->from = UINT32_MAX; /* it is like no other */
        if (builder_mistake(b, s.wanted->places[s.at], error)) {
            to->n_inputs++; /* so that it is freed */
            return -1;
        }
    }
    return 0;
}

int topology_inputs_resolve(struct builder *b, struct model *m, gale_err *error)
{
    for (uint32_t i = 0; i < m->n_components; i++) {
        if (resolve(b, m, i, error))
            return -1;
        topology_letters_subscribe(m, i);
    }
    return 0;
}
