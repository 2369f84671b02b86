/*
 * subjects.c - a bolt or a spout by itself: the topology around it.
 *
 *     input → the bolt        the spout → sink
 */
#include "testing/kit.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"

#define INPUT "input"
#define SINK "sink"

/* What stands before the ".so", and behind the last '/' or the ':'. */
static char *id_of(const char *plugin)
{
    const char *colon = strrchr(plugin, ':'), *slash = strrchr(plugin, '/');
    const char *base = colon != NULL && colon > slash ? colon : slash;
    char *id = xstrdup(base == NULL ? plugin : base + 1);
    size_t size = strlen(id);

    if (size > 3 && !strcmp(id + size - 3, ".so"))
        id[size - 3] = '\0';
    if (names_valid(id) && strcmp(id, INPUT) != 0 && strcmp(id, SINK) != 0)
        return id;
    free(id);
    return xstrdup("subject");
}

/* -- bolts ----------------------------------------------------------------- */

static gale_test *bolt_test(const char *plugin)
{
    gale_test *t = gale_test_new();

    t->subject = id_of(plugin);
    t->declarer = gale_add_bolt(t->builder, t->subject, plugin, 1);
    sources_add(t, INPUT, true);
    return t;
}

gale_test *gale_test_bolt(const char *plugin)
{
    return bolt_test(plugin);
}

gale_test *gale_test_bolt_of(const gale_bolt *bolt)
{
    gale_test *t = bolt_test(bolt->name);

    builder_take_bolt(t->declarer, bolt);
    return t;
}

/* -- spouts ---------------------------------------------------------------- */

/* The sink acks, but for what it was told to refuse. */
static gale_result take(gale_task *task, const gale_tuple *in)
{
    gale_test *t = kit_of(task);

    (void)in;
    if (t->refuse == 0)
        return GALE_OK;
    t->refuse--;
    return GALE_RETRY;
}

gale_test *gale_test_spout(const char *plugin)
{
    gale_test *t = gale_test_new();

    t->subject = id_of(plugin);
    t->plugin = xstrdup(plugin);
    t->declarer = gale_add_spout(t->builder, t->subject, plugin, 1);
    t->sink = (gale_bolt){.abi = GALE_ABI,
                          .size = sizeof(gale_bolt),
                          .name = SINK,
                          .execute = take};
    return t;
}

gale_test *gale_test_spout_of(const gale_spout *spout)
{
    gale_test *t = gale_test_spout(spout->name);

    t->subject_spout = spout;
    builder_take_spout(t->declarer, spout);
    return t;
}

void gale_test_refuse(gale_test *t, uint64_t n)
{
    if (t->plugin == NULL)
        kit_mistake(t, "gale_test_refuse() is about a spout by itself");
    t->refuse = n;
}

static void subscribe(gale_declarer *sink, const char *spout,
                      const struct component *c)
{
    for (uint32_t i = 0; i < c->n_streams; i++) {
        const struct stream_decl *s = &c->streams[i];

        if (s->flags & GALE_STREAM_DIRECT)
            gale_direct_stream(sink, spout, s->name);
        else
            gale_shuffle_stream(sink, spout, s->name);
    }
}

/* The spout alone, with the same options. */
static void copy_spout(gale_test *t, gale_builder *to)
{
    gale_declarer *d = gale_add_spout(to, t->subject, t->plugin, 1);
    const struct wanted *w = (const struct wanted *)(const void *)t->declarer;
    gale_value value;
    gale_err error;

    if (t->subject_spout != NULL)
        builder_take_spout(d, t->subject_spout);
    for (size_t i = 0; i < settings_size(w->settings); i++) {
        const char *key = settings_at(w->settings, i, &value);

        gale_set(d, key, value);
    }
    for (size_t i = 0; i < t->n_overrides; i++)
        gale_builder_override(to, t->overrides[i], NULL, NULL, &error);
}

/* Which streams there are may depend on options: the topology must say. */
void subjects_settle(gale_test *t)
{
    gale_builder *alone;
    const struct model *m;
    gale_err error;

    if (t->plugin == NULL)
        return;
    alone = gale_builder_new();
    copy_spout(t, alone);
    m = model_of(alone, &error);
    if (m == NULL) {
        kit_mistake(t, "%s", error.text);
    } else if (m->components[0].n_streams > 0) {
        gale_declarer *sink = gale_add_bolt(t->builder, SINK, "test", 1);

        builder_take_bolt(sink, &t->sink);
        subscribe(sink, t->subject, &m->components[0]);
    }
    gale_builder_free(alone);
}
