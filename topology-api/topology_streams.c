/*
 * topology_streams.c - the streams of a component, when they depend on options.
 *
 * The callback runs in the process that builds the topology, on its thread,
 * with a copy of the instance memory that no task will ever see.
 */
#include "topology-api/topology_streams.h"
#include "topology-api/memory.h"
#include "topology-api/option_table.h"
#include "topology-api/stream_decl.h"
#include "topology-api/under_way.h"
#include <stdio.h>

typedef gale_result declare_fn(gale_outputs *, const void *instance);

/* What a `declare` callback gets. */
struct declaring {
    gale_outputs outputs; /* first: the plugin holds a pointer to it */
    const struct model *model;
    const struct component *component;
    struct stream_decl_list streams;
    char owner[320];
    stream_decl_wrong_fn *wrong; /* hears of each error */
    void *arg;
    bool failed; /* there was one */
};

static struct declaring *declaring_of(gale_outputs *outputs)
{
    return (struct declaring *)(void *)outputs;
}

static gale_result tell(struct declaring *d, gale_err *error)
{
    d->failed = true;
    d->wrong(d->arg, error);
    return GALE_FATAL;
}

/* The streams behind a bad one are looked at, too. */
static gale_result declare(gale_outputs *outputs, const gale_stream *stream)
{
    struct declaring *d = declaring_of(outputs);
    gale_err error;

    if (stream == NULL) {
        error_set(&error, "%s declares a stream that is NULL", d->owner);
        return tell(d, &error);
    }
    if (stream_decl_add_told(&d->streams, stream, d->owner, d->wrong, d->arg) ==
        0)
        return GALE_OK;
    d->failed = true;
    return GALE_FATAL;
}

static gale_result refuse(gale_outputs *outputs, const char *text)
{
    struct declaring *d = declaring_of(outputs);
    gale_err error;

    error_set(&error, "%s: %s", d->owner,
              text == NULL ? "its configuration is refused" : text);
    return tell(d, &error);
}

static gale_value config(gale_outputs *outputs, const char *key)
{
    const struct declaring *d = declaring_of(outputs);
    const gale_value *value =
        key == NULL ? NULL : model_config(d->model, d->component, key);

    return value == NULL ? gale_nil() : *value;
}

static const gale_outputs_host host = {
    .size = sizeof(host),
    .declare = declare,
    .error = refuse,
    .config = config,
};

static void call(declare_fn *fn, const struct component *c, struct declaring *d)
{
    uint32_t size = option_instance_size(c);
    void *instance = xcalloc(1, size);
    struct under_way before;
    gale_result result;
    gale_err error;

    memcpy(instance, c->image, size);
    before = under_way_begin(c->file, "streams were declared");
    result = fn(&d->outputs, instance);
    under_way_set(before);
    free(instance);
    if (result == GALE_OK || d->failed)
        return;
    error_set(&error,
              "%s: its declare callback fails (result %d) without saying why; "
              "gale_declare_error() sets a text",
              d->owner, (int)result);
    tell(d, &error);
}

static void add_own(const struct component *c, struct declaring *d)
{
    gale_err error;

    if (stream_decl_add_all(&d->streams,
                            c->is_spout ? &c->spout.streams : &c->bolt.streams,
                            d->owner, &error))
        tell(d, &error);
}

int topology_streams_declare(const struct model *m, struct component *c,
                             stream_decl_wrong_fn *wrong, void *arg)
{
    struct declaring d = {.outputs.host = &host,
                          .model = m,
                          .component = c,
                          .wrong = wrong,
                          .arg = arg};
    declare_fn *fn = c->is_spout ? c->spout.declare : c->bolt.declare;

    snprintf(d.owner, sizeof(d.owner), "component \"%s\"", c->id);
    add_own(c, &d);
    if (!d.failed && fn != NULL)
        call(fn, c, &d);
    if (d.failed) {
        stream_decl_free(&d.streams);
        return -1;
    }
    c->n_streams = d.streams.n;
    c->streams = d.streams.items;
    return 0;
}
