/*
 * sources.c - spouts that emit what the test feeds: those that it adds, and
 * those that take the place of a topology's own.
 */
#include "testing/kit.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "worker/task_base.h"

/* -- what a source does in the topology ------------------------------------ */

static struct source *source_of(gale_task *task)
{
    return sources_find(kit_of(task), gale_component_id(task));
}

static gale_result emit_fed(gale_task *task, uint64_t number)
{
    const struct fed *f = &kit_of(task)->fed[number - 1];
    uint32_t stream =
        f->stream == NULL ? 0 : task->host->stream(task, f->stream);
    gale_msgid id = {0, number};
    gale_emit_opts opts = {.size = sizeof(opts), .stream = stream, .id = &id};

    if (stream == GALE_NO_STREAM)
        return gale_error(task, GALE_FATAL,
                          "the test feeds stream \"%s\", which the spout does "
                          "not declare",
                          f->stream);
    return gale_emit_values_with(task, &opts, f->values.as.items,
                                 f->values.size);
}

/* Of several tasks, the first one does it all. */
static gale_result next(gale_task *task)
{
    struct source *s = source_of(task);

    if (gale_task_index(task) == 0 && s->head < s->n_queue)
        return emit_fed(task, s->queue[s->head++]);
    if (kit_of(task)->ending)
        gale_exhausted(task);
    else
        gale_wait_wakeup(task);
    return GALE_OK;
}

/* The latest that is heard of a tuple counts. */
static void set_fate(gale_test *t, uint64_t number, gale_test_fate fate)
{
    struct fed *f = &t->fed[number - 1];

    t->n_failed -= f->fate == GALE_TEST_IS_FAILED;
    t->n_acked += fate == GALE_TEST_IS_ACKED;
    t->n_failed += fate == GALE_TEST_IS_FAILED;
    f->fate = fate;
}

static void forget_values(struct fed *f)
{
    value_free(f->values);
    f->values = gale_nil();
}

static void ack(gale_task *task, gale_msgid id)
{
    gale_test *t = kit_of(task);

    set_fate(t, id.lo, GALE_TEST_IS_ACKED);
    forget_values(&t->fed[id.lo - 1]);
}

static void enqueue(struct source *s, uint64_t number)
{
    s->queue = xreallocarray(s->queue, s->n_queue + 1, sizeof(*s->queue));
    s->queue[s->n_queue++] = number;
}

static void fail(gale_task *task, gale_msgid id)
{
    struct source *s = source_of(task);
    gale_test *t = kit_of(task);

    set_fate(t, id.lo, GALE_TEST_IS_FAILED);
    if (s->replays)
        enqueue(s, id.lo);
    else
        forget_values(&t->fed[id.lo - 1]);
}

void sources_replace(gale_spout *spout)
{
    spout->open = NULL;
    spout->close = NULL;
    spout->activate = NULL;
    spout->deactivate = NULL;
    spout->next = next;
    spout->ack = ack;
    spout->fail = fail;
}

void sources_wake(gale_test *t)
{
    for (uint32_t i = 1; t->local != NULL && i <= t->worker->n_tasks; i++) {
        struct task *task = t->worker->tasks[i];

        if (task->spout != NULL && sources_find(t, task->component->id) != NULL)
            task_wakeup(task);
    }
}

/* -- which there are ------------------------------------------------------- */

struct source *sources_find(const gale_test *t, const char *id)
{
    for (size_t i = 0; i < t->n_sources; i++)
        if (!strcmp(t->sources[i]->id, id))
            return t->sources[i];
    return NULL;
}

/* Of a bolt by itself, every source is an input. */
static void add_component(gale_test *t, struct source *s)
{
    gale_declarer *d = gale_add_spout(t->builder, s->id, "test", 1);

    builder_take_spout(d, &s->spout);
}

struct source *sources_add(gale_test *t, const char *id, bool added)
{
    struct source *s = xcalloc(1, sizeof(*s));

    s->id = xstrdup(id);
    s->added = added;
    t->sources =
        xreallocarray(t->sources, t->n_sources + 1, sizeof(*t->sources));
    t->sources[t->n_sources++] = s;
    if (added)
        add_component(t, s);
    return s;
}

/* Before the start, whoever is fed becomes a source. */
static struct source *take_source(gale_test *t, const char *id)
{
    struct source *s = id != NULL         ? sources_find(t, id)
                       : t->n_sources > 0 ? t->sources[0]
                                          : NULL;

    if (s == NULL && id == NULL)
        kit_mistake(t, "there is no source to feed: name the spout, as "
                       "gale_test_feed_to() does");
    else if (s == NULL && t->started)
        kit_mistake(t,
                    "spout \"%s\" runs by itself and cannot be fed; say "
                    "gale_test_mock() before the start",
                    id);
    else if (s == NULL)
        s = sources_add(t, id, false);
    return s;
}

/* -- streams --------------------------------------------------------------- */

static struct source_stream *find_stream(struct source *s, const char *name)
{
    for (uint32_t i = 0; i < s->n_streams; i++)
        if (!strcmp(s->streams[i].name, name))
            return &s->streams[i];
    s->streams =
        xreallocarray(s->streams, s->n_streams + 1, sizeof(*s->streams));
    s->streams[s->n_streams] = (struct source_stream){.name = xstrdup(name)};
    return &s->streams[s->n_streams++];
}

static void set_field(struct source_stream *stream, const char *name)
{
    stream->fields = xreallocarray(stream->fields, stream->n_fields + 1,
                                   sizeof(*stream->fields));
    stream->fields[stream->n_fields++] = xstrdup(name);
}

void gale_test_field_names(gale_test *t, const char *component,
                           const char *stream, const char *const *names,
                           uint32_t n)
{
    struct source *s = take_source(t, component);
    struct source_stream *to;

    if (s == NULL || t->started || !s->added) {
        kit_mistake(t, "fields are named before the start, and of a source "
                       "that the test has added");
        return;
    }
    to = find_stream(s, stream == NULL ? "default" : stream);
    for (uint32_t i = 0; i < n; i++)
        set_field(to, names[i]);
}

/* A stream whose fields nobody has named has as many as its first tuple. */
static void name_fields(struct source *s, const struct fed *f)
{
    uint32_t before = s->n_streams;
    struct source_stream *stream =
        find_stream(s, f->stream == NULL ? "default" : f->stream);
    char name[16];

    for (uint32_t i = 0; s->n_streams > before && i < f->values.size; i++) {
        snprintf(name, sizeof(name), "f%u", i);
        set_field(stream, name);
    }
}

static void describe(gale_test *t, struct source *s)
{
    for (size_t i = 0; i < s->n_queue; i++)
        name_fields(s, &t->fed[s->queue[i] - 1]);
    if (s->n_streams == 0)
        set_field(find_stream(s, "default"), "f0");
    s->decls = xcalloc(s->n_streams, sizeof(*s->decls));
    for (uint32_t i = 0; i < s->n_streams; i++) {
        s->decls[i].name = s->streams[i].name;
        s->decls[i].fields =
            (gale_fields){(const char *const *)s->streams[i].fields,
                          s->streams[i].n_fields, sizeof(char *)};
    }
    s->spout =
        (gale_spout){.abi = GALE_ABI,
                     .size = sizeof(gale_spout),
                     .name = s->id,
                     .streams = {s->decls, s->n_streams, sizeof(gale_stream)}};
    sources_replace(&s->spout);
}

void sources_settle(gale_test *t)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        struct source *s = t->sources[i];

        if (!s->added)
            continue;
        describe(t, s);
        for (uint32_t k = 0; t->subject != NULL && k < s->n_streams; k++)
            gale_shuffle_stream(t->declarer, s->id, s->streams[k].name);
    }
}

/* -- feeding --------------------------------------------------------------- */

static uint64_t add_fed(gale_test *t, const char *stream,
                        const gale_value *values, uint32_t n)
{
    t->fed = xreallocarray(t->fed, t->n_fed + 1, sizeof(*t->fed));
    t->fed[t->n_fed] = (struct fed){
        .stream = stream == NULL ? NULL : xstrdup(stream),
        .values = value_copy(gale_list(values, n)),
    };
    return ++t->n_fed;
}

static uint64_t feed(gale_test *t, struct source *s, const char *stream,
                     gale_row row)
{
    uint64_t number;

    if (s == NULL || !kit_is_fine(t))
        return 0;
    if (t->ending) {
        kit_mistake(t, "a tuple is fed after the end of the input");
        return 0;
    }
    number = add_fed(t, stream, row.values, row.n);
    enqueue(s, number);
    sources_wake(t);
    return number;
}

uint64_t gale_test_feed_values(gale_test *t, const gale_value *values,
                               uint32_t n)
{
    return gale_test_feed_values_to(t, NULL, NULL, values, n);
}

uint64_t gale_test_feed_values_to(gale_test *t, const char *component,
                                  const char *stream, const gale_value *values,
                                  uint32_t n)
{
    return feed(t, take_source(t, component), stream, (gale_row){values, n});
}

void gale_test_mock(gale_test *t, const char *id, const char *stream,
                    gale_rows rows)
{
    struct source *s = take_source(t, id);

    for (uint32_t i = 0; s != NULL && i < rows.n; i++)
        feed(t, s, stream, rows.items[i]);
    if (s != NULL)
        s->replays = true;
}

gale_test_fate gale_test_fate_of(gale_test *t, uint64_t number)
{
    gale_test_settle(t);
    if (number >= 1 && number <= t->n_fed)
        return t->fed[number - 1].fate;
    kit_mistake(t, "no tuple of number %llu was fed",
                (unsigned long long)number);
    return GALE_TEST_IS_PENDING;
}

/* -- end ------------------------------------------------------------------- */

static void source_free(struct source *s)
{
    for (uint32_t i = 0; i < s->n_streams; i++) {
        for (uint32_t k = 0; k < s->streams[i].n_fields; k++)
            free(s->streams[i].fields[k]);
        free(s->streams[i].fields);
        free(s->streams[i].name);
    }
    free(s->streams);
    free(s->decls);
    free(s->queue);
    free(s->id);
    free(s);
}

void sources_free(gale_test *t)
{
    for (size_t i = 0; i < t->n_sources; i++)
        source_free(t->sources[i]);
    free(t->sources);
    for (size_t i = 0; i < t->n_fed; i++) {
        free(t->fed[i].stream);
        value_free(t->fed[i].values);
    }
    free(t->fed);
}
