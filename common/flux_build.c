/*
 * flux_build.c - the parts of a topology in YAML, recorded in a builder.
 *
 * What was wrong, and has been said so, is recorded as far as it is known, so
 * that what else is wrong is found, and nothing that only follows from it.
 */
#include "common/flux_in.h"
#include "topology-api/builder.h"
#include "topology-api/names.h"

#include <string.h>

static struct wanted *wanted_of(gale_declarer *d)
{
    return (struct wanted *)(void *)d;
}

static void build_component(struct flux *f, const struct flux_component *c,
                            bool lacks_parts)
{
    const char *plugin = c->plugin == NULL ? "-" : c->plugin;
    gale_declarer *d =
        c->is_spout ? gale_add_spout(f->builder, c->id, plugin, c->executors)
                    : gale_add_bolt(f->builder, c->id, plugin, c->executors);

    builder_place(d, c->place);
    wanted_of(d)->unknown = c->plugin == NULL;
    wanted_of(d)->has_input = c->has_input || lacks_parts;
    wanted_of(d)->half_set = c->settings.wrong;
    if (c->tasks > 0)
        gale_set_tasks(d, c->tasks);
    for (uint32_t i = 0; i < c->settings.n; i++)
        builder_set_from(d, c->settings.items[i].key,
                         c->settings.items[i].value,
                         &c->settings.items[i].from);
}

/* -- streams --------------------------------------------------------------- */

GALE_PRINTF(3, 4)
static void wrong_stream(struct flux *f, const struct flux_stream *s,
                         const char *format, ...)
{
    char text[700], sentence[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    snprintf(sentence, sizeof(sentence), "%.300s: %s", s->to_place, text);
    flux_found(f, true, sentence);
}

/* It was meant to be the input of the one that has the nearest name. */
static void may_be_input_of(const struct flux_topology *t,
                            const struct names_nearest *nearest)
{
    struct flux_component *meant =
        nearest->best[0] == '\0' ? NULL : flux_find(t, nearest->best);

    if (meant != NULL)
        meant->has_input = true;
}

/* The bolt that the stream goes to; NULL if that is wrong. */
static struct flux_component *bolt_of(struct flux *f,
                                      const struct flux_topology *t,
                                      const struct flux_stream *s)
{
    struct flux_component *to = s->to == NULL ? NULL : flux_find(t, s->to);
    struct names_nearest nearest;

    if (s->to == NULL || (to != NULL && !to->is_spout))
        return to;
    if (to != NULL) {
        wrong_stream(f, s,
                     "a stream goes to \"%.255s\", which is a spout and "
                     "takes no input",
                     s->to);
        return NULL;
    }
    if (t->lacks_parts)
        return NULL; /* it may be among those */
    names_start(&nearest, s->to);
    for (uint32_t i = 0; i < t->n_components; i++)
        if (!t->components[i].is_spout)
            names_consider(&nearest, t->components[i].id);
    wrong_stream(f, s,
                 "a stream goes to \"%.255s\", but there is no such bolt%s",
                 s->to, names_hint(&nearest));
    may_be_input_of(t, &nearest);
    return NULL;
}

/* Whether there is anything to subscribe to; it is found by the check if there
 * is no such component. */
static bool is_whole(const struct flux_topology *t, const struct flux_stream *s)
{
    return s->from != NULL && s->kind != 0 &&
           (!t->lacks_parts || flux_find(t, s->from) != NULL);
}

static void build_stream(struct flux *f, const struct flux_stream *s)
{
    const gale_input input = {.size = sizeof(input),
                              .kind = s->kind,
                              .n_fields = s->n_fields,
                              .from = s->from,
                              .stream = s->stream,
                              .fields = s->fields,
                              .custom = s->custom};
    struct builder *b = builder_of(f->builder);
    uint32_t to = builder_find(b, s->to);
    gale_declarer *d;

    if (to == UINT32_MAX)
        return; /* there is another mistake, which has ended all */
    d = &b->wanted[to]->declarer;
    gale_subscribe(d, &input);
    builder_place_input(d, s->places);
}

/* -- all ------------------------------------------------------------------- */

static void check_name(struct flux *f, const char *path,
                       const struct flux_topology *t)
{
    char text[1100];

    if (t->has_name)
        return;
    snprintf(text, sizeof(text), "%.1000s:1:1: a topology without \"name\"",
             path);
    flux_found(f, true, text);
}

void flux_build(struct flux *f, const char *path, const struct flux_topology *t)
{
    struct builder *b = builder_of(f->builder);

    const char *name = f->options->name != NULL ? f->options->name : t->name;

    check_name(f, path, t);
    builder_written_in(f->builder, path);
    b->lacks_parts = t->lacks_parts;
    if (name != NULL)
        gale_set_name(f->builder, name);
    for (uint32_t i = 0; i < t->config.n; i++)
        builder_configure_from(f->builder, t->config.items[i].key,
                               t->config.items[i].value,
                               &t->config.items[i].from);
    for (uint32_t i = 0; i < t->n_streams; i++) {
        struct flux_component *to = bolt_of(f, t, &t->streams[i]);

        if (to != NULL && !is_whole(t, &t->streams[i]))
            to->has_input = true;
    }
    for (uint32_t i = 0; i < t->n_components; i++)
        build_component(f, &t->components[i], t->lacks_parts);
    for (uint32_t i = 0; i < t->n_streams; i++) {
        const struct flux_stream *s = &t->streams[i];
        const struct flux_component *to =
            s->to == NULL ? NULL : flux_find(t, s->to);

        if (is_whole(t, s) && to != NULL && !to->is_spout)
            build_stream(f, s);
    }
}
