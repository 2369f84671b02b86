/*
 * feeding.c - what the test feeds: streams and fields, tuples, and what becomes
 * of them; see gale/testing.h.
 */
#include "testing/kit.h"
#include "topology-api/memory.h"
#include "topology-api/settings.h"

/* -- whom ------------------------------------------------------------------ */

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

void feeding_begin(gale_test *t)
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

/* -- tuples ---------------------------------------------------------------- */

void feeding_again(struct source *s, uint64_t number)
{
    s->queue = xreallocarray(s->queue, s->n_queue + 1, sizeof(*s->queue));
    s->queue[s->n_queue++] = number;
}

/* The latest that is heard of a tuple counts. */
void feeding_settled(gale_test *t, uint64_t number, gale_test_fate fate,
                     bool again)
{
    struct fed *f = &t->fed[number - 1];

    t->n_failed -= f->fate == GALE_TEST_IS_FAILED;
    t->n_acked += fate == GALE_TEST_IS_ACKED;
    t->n_failed += fate == GALE_TEST_IS_FAILED;
    f->fate = fate;
    if (again)
        return;
    value_free(f->values);
    f->values = gale_nil();
}

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
    feeding_again(s, number);
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

void feeding_free(gale_test *t)
{
    for (size_t i = 0; i < t->n_fed; i++) {
        free(t->fed[i].stream);
        value_free(t->fed[i].values);
    }
    free(t->fed);
}
