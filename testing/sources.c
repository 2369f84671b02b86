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

static void ack(gale_task *task, gale_msgid id)
{
    gale_test *t = kit_of(task);

    feeding_settled(t, id.lo, GALE_TEST_IS_ACKED, false);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct source *s = source_of(task);
    gale_test *t = kit_of(task);

    feeding_settled(t, id.lo, GALE_TEST_IS_FAILED, s->replays);
    if (s->replays)
        feeding_again(s, id.lo);
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
}
