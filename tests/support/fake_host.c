/* fake_host.c - a host of one task, for tests of a plugin's callbacks. */
#include "tests/support/fake_host.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "topology-api/plugin.h"
#include "worker/tuple_layout.h"
#include <stddef.h>

static struct fake_host *of(gale_task *task)
{
    return (struct fake_host *)(void *)task;
}

/* -- tuples ---------------------------------------------------------------- */

static const struct fake_host *of_tuple(const gale_tuple *t)
{
    const char *at = (const char *)t - offsetof(struct fake_host, tuple);

    return (const struct fake_host *)(const void *)at;
}

static gale_value get(const gale_tuple *t, uint32_t i)
{
    const struct fake_host *f = of_tuple(t);

    if (i < f->n_values)
        return f->values[i];
    ((struct fake_host *)(uintptr_t)f)->mark = true;
    return gale_nil();
}

static gale_str get_str(const gale_tuple *t, uint32_t i)
{
    gale_value v = get(t, i);

    if (v.kind != GALE_STRING)
        ((struct fake_host *)(uintptr_t)of_tuple(t))->mark = true;
    return gale_value_str(v);
}

static uint32_t n_fields(const gale_tuple *t)
{
    return of_tuple(t)->n_values;
}

static uint32_t index_of(const gale_tuple *t, const char *name)
{
    uint32_t i = (uint32_t)strtoul(name + 1, NULL, 10);

    return name[0] == 'f' && i < n_fields(t) ? i : GALE_NO_FIELD;
}

static gale_value item(const gale_tuple *t, gale_value v, uint32_t i)
{
    (void)t;
    return v.as.items[i];
}

static const char *source(const gale_tuple *t)
{
    (void)t;
    return "source";
}

static gale_key key_of(gale_value v)
{
    struct slot slot = slot_of(&v, 0);

    return slot_key(&slot);
}

static gale_key key(const gale_tuple *t, uint32_t i)
{
    return key_of(get(t, i));
}

static const gale_tuple_host tuple_host = {
    .size = sizeof(gale_tuple_host),
    .get_str = get_str,
    .get = get,
    .n_fields = n_fields,
    .index_of = index_of,
    .item = item,
    .component = source,
    .stream = source,
    .key = key,
};

/* -- batches --------------------------------------------------------------- */

static struct fake_host *of_batch(gale_batch *b)
{
    return (struct fake_host *)(void *)((char *)b -
                                        offsetof(struct fake_host, batch));
}

static const gale_tuple *batch_tuple(gale_batch *b, uint32_t i)
{
    struct fake_host *f = of_batch(b);

    check(i < b->n);
    f->values = f->batch_values + i * f->n_values;
    return &f->tuple;
}

static uint32_t batch_left(gale_batch *b, uint32_t from, uint32_t max)
{
    return b->n - from < max ? b->n - from : max;
}

static uint32_t batch_values(gale_batch *b, uint32_t field, uint32_t from,
                             gale_value *values, uint32_t max)
{
    uint32_t n = batch_left(b, from, max);

    for (uint32_t i = 0; i < n; i++)
        values[i] = get(batch_tuple(b, from + i), field);
    return n;
}

static uint32_t batch_keys(gale_batch *b, uint32_t field, uint32_t from,
                           gale_key *keys, uint32_t max)
{
    uint32_t n = batch_left(b, from, max);

    for (uint32_t i = 0; i < n; i++)
        keys[i] = key(batch_tuple(b, from + i), field);
    return n;
}

static void batch_settle(gale_batch *b, uint32_t i, gale_result result)
{
    struct fake_host *f = of_batch(b);

    batch_tuple(b, i);
    f->n_settled++;
    f->settled = result;
}

static const gale_batch_host batch_host = {
    .size = sizeof(gale_batch_host),
    .tuple = batch_tuple,
    .values = batch_values,
    .keys = batch_keys,
    .settle = batch_settle,
};

/* -- emit and settle ------------------------------------------------------- */

static struct fake_emitted *write_down(gale_task *t, const gale_value *values,
                                       uint32_t n)
{
    struct fake_host *f = of(t);
    struct fake_emitted *e;

    check(n <= FAKE_HOST_VALUES);
    if (f->n_emitted == f->capacity) {
        f->capacity = 2 * f->capacity + 64;
        f->emitted = xreallocarray(f->emitted, f->capacity, sizeof(*e));
    }
    e = &f->emitted[f->n_emitted++];
    memset(e, 0, sizeof(*e));
    for (uint32_t i = 0; i < n; i++)
        e->values[i] = value_copy(values[i]);
    return e;
}

static gale_result emit(gale_task *t, const gale_value *values, uint32_t n)
{
    write_down(t, values, n);
    return GALE_OK;
}

static gale_result emit_rows(gale_task *t, uint32_t stream,
                             const gale_value *values, uint32_t n_rows)
{
    uint32_t n = of(t)->component.bolt.streams.items[stream].fields.n;

    for (uint32_t i = 0; i < n_rows; i++)
        write_down(t, values + i * n, n);
    return GALE_OK;
}

static gale_result emit_msg(gale_task *t, gale_msgid id,
                            const gale_value *values, uint32_t n)
{
    struct fake_emitted *e = write_down(t, values, n);

    e->tracked = true;
    e->id = id;
    return GALE_OK;
}

static gale_handle hold(gale_task *t, const gale_tuple *in)
{
    (void)in;
    return (gale_handle){++of(t)->n_held};
}

static void ack(gale_task *t, gale_handle handle)
{
    check(handle.id == ++of(t)->n_acked);
}

/* -- the rest of the task -------------------------------------------------- */

static void tick_every(gale_task *t, int64_t ms)
{
    of(t)->tick_ms = ms;
}

static void wait_fd(gale_task *t, int fd, uint32_t events)
{
    of(t)->waits = fd >= 0 && events;
}

static void wait_until(gale_task *t, int64_t ns)
{
    of(t)->waits = ns > of(t)->now;
}

static void exhausted(gale_task *t)
{
    of(t)->exhausted = true;
}

static gale_result position_set(gale_task *t, gale_str split, gale_str text)
{
    char *name = xstrndup(split.data, split.size);

    settings_set(of(t)->positions, name, gale_s(text));
    free(name);
    return GALE_OK;
}

static gale_str position_get(gale_task *t, gale_str split)
{
    char *name = xstrndup(split.data, split.size);
    const gale_value *v = settings_get(of(t)->positions, name);

    free(name);
    return gale_value_str(v ? *v : gale_nil());
}

static int64_t now(gale_task *t)
{
    return of(t)->now;
}

static uint64_t random_bits(gale_task *t)
{
    return of(t)->random = of(t)->random * 6364136223846793005u + 1;
}

static void wakeup(gale_task *t)
{
    of(t)->waits = of(t)->exhausted = false;
}

static uint32_t index_in(gale_task *t)
{
    return of(t)->index;
}

static uint32_t n_tasks(gale_task *t)
{
    return of(t)->n_tasks;
}

static gale_value config(gale_task *t, const char *key)
{
    const gale_value *v = settings_get(of(t)->component.settings, key);

    return v ? *v : gale_nil();
}

static void *resource(gale_task *t, const char *name, gale_create_fn *create,
                      gale_destroy_fn *destroy, void *arg)
{
    (void)name;
    of(t)->destroy = destroy;
    of(t)->resource = create(t, arg);
    return of(t)->resource;
}

static bool log_on(gale_task *t, uint32_t level)
{
    (void)t;
    return level <= GALE_LOG_WARN;
}

static gale_result error(gale_task *t, gale_result result, const char *text)
{
    snprintf(of(t)->text, sizeof(of(t)->text), "%s", text);
    return result;
}

static void log_line(gale_task *t, uint32_t level, const char *text)
{
    (void)level;
    error(t, GALE_OK, text);
}

/* What is not here, no plugin calls that is tested with it. */
static const gale_task_host task_host = {
    .size = sizeof(gale_task_host),
    .emit = emit,
    .emit_msg = emit_msg,
    .emit_rows = emit_rows,
    .key_value = slot_key_value,
    .hold = hold,
    .ack = ack,
    .tick_every = tick_every,
    .wait_fd = wait_fd,
    .wait_until = wait_until,
    .exhausted = exhausted,
    .position_set = position_set,
    .position_get = position_get,
    .now = now,
    .random = random_bits,
    .wakeup = wakeup,
    .index = index_in,
    .n_tasks = n_tasks,
    .config = config,
    .resource = resource,
    .log_on = log_on,
    .log = log_line,
    .error = error,
};

/* -- what tests call ------------------------------------------------------- */

static const void *load(const char *name, bool spout)
{
    const char *build = getenv("GALE_BUILD");
    const void *descriptor = NULL;
    struct plugin *plugin;
    gale_err problem;
    char path[512];
    size_t size;

    snprintf(path, sizeof(path), "%s/lib/gale/%s.so",
             build ? build : "build/release", name);
    plugin = plugin_load(path, &problem);
    if (plugin)
        descriptor =
            plugin_symbol(plugin, spout ? MANIFEST_SPOUT : MANIFEST_BOLT, name,
                          &size, &problem);
    check_msg(descriptor, "%s", problem.text);
    return descriptor;
}

struct fake_host *fake_host_new(const char *name, bool spout)
{
    struct fake_host *f = xcalloc(1, sizeof(*f));
    const void *descriptor = load(name, spout);

    f->task.host = &task_host;
    f->tuple.host = &tuple_host;
    f->batch.host = &batch_host;
    f->n_tasks = 1;
    f->positions = settings_new();
    f->component.id = f->component.plugin = xstrdup(name);
    f->component.is_spout = spout;
    if (spout)
        f->component.spout = *(const gale_spout *)descriptor;
    else
        f->component.bolt = *(const gale_bolt *)descriptor;
    f->component.settings = settings_new();
    return f;
}

void fake_host_set(struct fake_host *f, const char *key, gale_value value)
{
    settings_set(f->component.settings, key, value);
}

gale_result fake_host_start(struct fake_host *f)
{
    const struct component *c = &f->component;
    gale_result (*start)(gale_task *) =
        c->is_spout ? c->spout.open : c->bolt.prepare;
    gale_result result;
    gale_err problem;

    f->task.instance = xcalloc(1, option_instance_size(c));
    check_msg(!option_fill(&f->model, c, f->task.instance, &f->texts, &problem),
              "%s", problem.text);
    result = start ? start(&f->task) : GALE_OK;
    if (result == GALE_OK && c->spout.activate)
        c->spout.activate(&f->task);
    return result;
}

gale_result fake_host_drain(struct fake_host *f)
{
    gale_result result = GALE_OK;

    f->exhausted = f->waits = false;
    while (result == GALE_OK && !f->exhausted && !f->waits)
        result = f->component.spout.next(&f->task);
    return result;
}

gale_result fake_host_execute(struct fake_host *f, const gale_value *values,
                              uint32_t n)
{
    f->values = values;
    f->n_values = n;
    return f->component.bolt.execute(&f->task, &f->tuple);
}

gale_result fake_host_execute_batch(struct fake_host *f,
                                    const gale_value *values, uint32_t n_fields,
                                    uint32_t n)
{
    check(n > 0 && n <= GALE_BATCH_MAX);
    f->batch.n = n;
    f->batch_values = f->values = values;
    f->n_values = n_fields;
    return f->component.bolt.execute_batch(&f->task, &f->batch);
}

void fake_host_ack(struct fake_host *f, gale_msgid id)
{
    if (f->component.spout.ack)
        f->component.spout.ack(&f->task, id);
}

void fake_host_fail(struct fake_host *f, gale_msgid id)
{
    if (f->component.spout.fail)
        f->component.spout.fail(&f->task, id);
}

void fake_host_clear(struct fake_host *f)
{
    for (size_t i = 0; i < f->n_emitted; i++)
        for (uint32_t k = 0; k < FAKE_HOST_VALUES; k++)
            value_free(f->emitted[i].values[k]);
    f->n_emitted = 0;
}

void fake_host_free(struct fake_host *f)
{
    const struct component *c = &f->component;

    if (f->task.instance && c->spout.close)
        c->spout.close(&f->task, GALE_CLOSE_END);
    if (f->task.instance && c->bolt.cleanup)
        c->bolt.cleanup(&f->task);
    if (f->destroy)
        f->destroy(f->resource);
    fake_host_clear(f);
    option_texts_free(&f->texts);
    settings_free(c->settings);
    settings_free(f->positions);
    free(f->component.id);
    free(f->emitted);
    free(f->task.instance);
    free(f);
}
