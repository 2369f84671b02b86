/*
 * capture.c - writes down what everybody emits, and how often bolts tick; see
 * kit.h.
 *
 * It stands between plugins and engine: tables of host functions and callbacks
 * of the test's own, which call those of the engine and of the plugins.
 */
#include "testing/kit.h"
#include "topology-api/memory.h"
#include "topology-api/settings.h"
#include "worker/borrowed.h"
#include "worker/task_base.h"

/* More is no test that somebody looks at, but a spout without an end. */
#define EMITTED_MAX 2000000

/* -- emits ----------------------------------------------------------------- */

/* As they were sent: lists of the input are copied out of it. */
static gale_value copy_of(const struct task *task, gale_row row)
{
    struct borrowed made = {NULL};
    gale_value values[TUPLE_FIELDS_MAX], copy;

    if (row.n > 0)
        memcpy(values, row.values, row.n * sizeof(values[0]));
    check(borrowed_resolve(&made, task, values, row.n));
    copy = value_copy(gale_list(values, row.n));
    borrowed_free(&made);
    return copy;
}

static void keep(gale_test *t, const struct task *task, uint32_t stream,
                 gale_row row)
{
    if (t->keeps_nothing)
        return;
    if (t->n_emitted == EMITTED_MAX) {
        worker_fail(t->worker,
                    "more than 2000000 tuples were emitted in a test: a spout "
                    "has no end, or gale_test_forget() is needed in between");
        return;
    }
    if (t->n_emitted == t->emitted_capacity) {
        t->emitted_capacity =
            t->emitted_capacity > 0 ? 2 * t->emitted_capacity : 64;
        t->emitted =
            xreallocarray(t->emitted, t->emitted_capacity, sizeof(*t->emitted));
    }
    t->emitted[t->n_emitted++] = (struct emitted){
        .component = between_number(task),
        .stream = stream,
        .values = copy_of(task, row),
    };
}

static gale_result note(gale_task *task, gale_result result, uint32_t stream,
                        gale_row row)
{
    if (result == GALE_OK)
        keep(kit_of(task), task_of(task), stream, row);
    return result;
}

static gale_result emit(gale_task *task, const gale_value *values, uint32_t n)
{
    return note(task, task_host.emit(task, values, n), 0,
                (gale_row){values, n});
}

static gale_result emit_to(gale_task *task, uint32_t stream,
                           const gale_value *values, uint32_t n)
{
    return note(task, task_host.emit_to(task, stream, values, n), stream,
                (gale_row){values, n});
}

static gale_result emit_msg(gale_task *task, gale_msgid id,
                            const gale_value *values, uint32_t n)
{
    return note(task, task_host.emit_msg(task, id, values, n), 0,
                (gale_row){values, n});
}

static gale_result emit_with(gale_task *task, gale_emit_opts *opts,
                             const gale_value *values, uint32_t n)
{
    return note(task, task_host.emit_with(task, opts, values, n), opts->stream,
                (gale_row){values, n});
}

static gale_result emit_rows(gale_task *task, uint32_t stream,
                             const gale_value *values, uint32_t n_rows)
{
    gale_result result = task_host.emit_rows(task, stream, values, n_rows);
    const struct task *t = task_of(task);
    uint32_t n;

    if (result != GALE_OK)
        return result;
    n = t->streams[stream].decl->n_fields;
    for (uint32_t i = 0; i < n_rows; i++)
        note(task, GALE_OK, stream, (gale_row){values + (size_t)i * n, n});
    return result;
}

/* -- ticks ----------------------------------------------------------------- */

static gale_result tick(gale_task *task)
{
    gale_test *t = kit_of(task);

    t->ticks[between_number(task_of(task))]++;
    return between_plain(task_of(task))->bolt.tick(task);
}

/* -- taking its place ------------------------------------------------------ */

static void wrap_component(gale_test *t, struct component *c)
{
    const struct source *s = sources_find(t, c->id);

    if (c->is_spout && s != NULL)
        sources_replace(&c->spout);
    else if (!c->is_spout && c->bolt.tick != NULL)
        c->bolt.tick = tick;
}

static void wrap_hosts(gale_task_host *host)
{
    host->emit = emit;
    host->emit_to = emit_to;
    host->emit_msg = emit_msg;
    host->emit_with = emit_with;
    host->emit_rows = emit_rows;
}

static void sent(struct watcher *watcher, const struct envelope *env)
{
    (void)watcher, (void)env;
}

void capture_begin(void *test, struct worker *worker)
{
    gale_test *t = test;

    t->worker = worker;
    t->ticks = xcalloc(worker->model->n_components, sizeof(*t->ticks));
    between_begin(&t->between, worker);
    t->between.watcher.sent = sent;
    for (uint32_t i = 0; i < worker->model->n_components; i++)
        wrap_component(t, &t->between.components[i]);
    wrap_hosts(&t->between.host);
    between_take_place(&t->between);
}

void gale_test_forget(gale_test *t)
{
    gale_test_settle(t);
    for (size_t i = 0; i < t->n_emitted; i++)
        value_free(t->emitted[i].values);
    t->n_emitted = 0;
}

void capture_free(gale_test *t)
{
    for (size_t i = 0; i < t->n_emitted; i++)
        value_free(t->emitted[i].values);
    free(t->emitted);
    between_end(&t->between);
    free(t->ticks);
}

/* -- looking --------------------------------------------------------------- */

uint32_t capture_component(gale_test *t, const char *id)
{
    uint32_t found = UINT32_MAX;

    if (id == NULL && t->subject == NULL)
        kit_mistake(t, "name the component: only of a bolt or spout by itself "
                       "it is clear which one is meant");
    else if (t->model != NULL)
        found = model_find(t->model, id == NULL ? t->subject : id);
    if (found == UINT32_MAX && id != NULL)
        kit_mistake(t, "there is no component \"%s\"", id);
    return found;
}

static bool has_stream(const struct component *c, const char *name)
{
    for (uint32_t i = 0; i < c->n_streams; i++)
        if (!strcmp(c->streams[i].name, name))
            return true;
    return false;
}

uint32_t capture_source(gale_test *t, const char *id, const char *stream)
{
    uint32_t found = capture_component(t, id);
    const struct component *c =
        found != UINT32_MAX ? &t->model->components[found] : NULL;

    if (c == NULL || stream == NULL || has_stream(c, stream))
        return found;
    kit_mistake(t, "\"%s\" has no stream \"%s\"", c->id, stream);
    return UINT32_MAX;
}

const char *capture_stream(const gale_test *t, const struct emitted *e)
{
    return t->model->components[e->component].streams[e->stream].name;
}

struct emitted *capture_find(gale_test *t, uint32_t component,
                             const char *stream, uint64_t i)
{
    for (size_t k = 0; k < t->n_emitted; k++) {
        struct emitted *e = &t->emitted[k];

        if (e->component == component &&
            (stream == NULL || !strcmp(capture_stream(t, e), stream)) &&
            i-- == 0)
            return e;
    }
    return NULL;
}
