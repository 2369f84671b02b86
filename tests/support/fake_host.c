/* fake_host.c - a host of one task, for tests of a plugin's callbacks. */
#include "tests/support/fake_host.h"
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(x_, ...)                                                         \
    do {                                                                       \
        if (!(x_)) {                                                           \
            fprintf(stderr, "fake_host: " __VA_ARGS__);                        \
            fputc('\n', stderr);                                               \
            abort();                                                           \
        }                                                                      \
    } while (0)

static struct fake_host *of(gale_task *task)
{
    return (struct fake_host *)(void *)task;
}

static const struct fake_tuple *tuple_of(const gale_tuple *t)
{
    return (const struct fake_tuple *)(const void *)t;
}

static void *grown(void *memory, size_t size)
{
    void *more = realloc(memory, size);

    CHECK(more, "out of memory");
    return more;
}

static char *copy_text(const char *data, size_t size)
{
    char *copy = grown(NULL, size + 1);

    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

static bool is_text(gale_value v)
{
    return v.kind == GALE_STRING || v.kind == GALE_BYTES;
}

static gale_value copy_value(gale_value v)
{
    if (is_text(v))
        v.as.data = copy_text(v.as.data, v.size);
    return v;
}

static void free_value(gale_value v)
{
    if (is_text(v))
        free((void *)(uintptr_t)v.as.data);
}

static void set_pair(struct fake_pair *pairs, uint32_t *n, uint32_t most,
                     struct fake_pair pair)
{
    uint32_t i;

    for (i = 0; i < *n && strcmp(pairs[i].key, pair.key); i++)
        ;
    CHECK(i < most, "no room for %s", pair.key);
    if (i == *n)
        (*n)++;
    else
        free(pairs[i].key), free(pairs[i].text), free_value(pairs[i].value);
    pairs[i] = pair;
}

/* -- tuples ------------------------------------------------------------------ */

static gale_value field(const gale_tuple *t, uint32_t i, uint32_t kind)
{
    const struct fake_tuple *in = tuple_of(t);

    if (i < in->n && (!kind || in->values[i].kind == kind))
        return in->values[i];
    snprintf(in->f->mark, sizeof(in->f->mark), "field %u, kind %u", i, kind);
    return gale_nil();
}

static gale_value get(const gale_tuple *t, uint32_t i)
{
    return field(t, i, 0);
}

static gale_str get_str(const gale_tuple *t, uint32_t i)
{
    return gale_value_str(field(t, i, GALE_STRING));
}

static gale_str get_bytes(const gale_tuple *t, uint32_t i)
{
    return gale_value_str(field(t, i, GALE_BYTES));
}

static int64_t get_int(const gale_tuple *t, uint32_t i)
{
    return field(t, i, GALE_INT).as.i;
}

static bool get_bool(const gale_tuple *t, uint32_t i)
{
    return field(t, i, GALE_BOOL).as.i;
}

static double get_float(const gale_tuple *t, uint32_t i)
{
    gale_value v = field(t, i, 0);

    return v.kind == GALE_INT ? (double)v.as.i : field(t, i, GALE_FLOAT).as.f;
}

static uint32_t n_fields(const gale_tuple *t)
{
    return tuple_of(t)->n;
}

static const char *field_name(const gale_tuple *t, uint32_t i)
{
    static const char *const names[] = {"f0", "f1", "f2", "f3"};
    const struct fake_tuple *in = tuple_of(t);

    return i >= in->n ? NULL : in->f->names ? in->f->names[i] : names[i % 4];
}

static uint32_t index_of(const gale_tuple *t, const char *name)
{
    for (uint32_t i = 0; i < tuple_of(t)->n; i++)
        if (!strcmp(field_name(t, i), name))
            return i;
    return GALE_NO_FIELD;
}

static gale_value item(const gale_tuple *t, gale_value v, uint32_t i)
{
    (void)t;
    return v.as.items[i];
}

static const char *component(const gale_tuple *t)
{
    (void)t;
    return "source";
}

static const char *stream(const gale_tuple *t)
{
    (void)t;
    return "default";
}

static int32_t source_task(const gale_tuple *t)
{
    (void)t;
    return 1;
}

static const gale_tuple_host tuple_host = {
    sizeof(gale_tuple_host),
    get_str,
    get_int,
    get_float,
    get_bool,
    get_bytes,
    get,
    n_fields,
    index_of,
    field_name,
    item,
    component,
    stream,
    source_task,
};

/* -- emit and settle ------------------------------------------------------------ */

static gale_result write_down(struct fake_host *f, struct fake_emitted e,
                              const gale_value *values)
{
    CHECK(e.n <= FAKE_HOST_VALUES, "a tuple of %u values", e.n);
    f->n_emitted++;
    if (f->discard)
        return GALE_OK;
    if (f->n_emitted > f->capacity) {
        f->capacity = 2 * f->capacity + 64;
        f->emitted = grown(f->emitted, f->capacity * sizeof(e));
    }
    for (uint32_t i = 0; i < e.n; i++)
        e.values[i] = copy_value(values[i]);
    f->emitted[f->n_emitted - 1] = e;
    return GALE_OK;
}

static gale_result emit(gale_task *t, const gale_value *values, uint32_t n)
{
    return write_down(of(t), (struct fake_emitted){.n = n}, values);
}

static gale_result emit_to(gale_task *t, uint32_t number,
                           const gale_value *values, uint32_t n)
{
    return write_down(of(t), (struct fake_emitted){.stream = number, .n = n},
                      values);
}

static gale_result emit_msg(gale_task *t, gale_msgid id,
                            const gale_value *values, uint32_t n)
{
    of(t)->n_pending++;
    return write_down(of(t),
                      (struct fake_emitted){.tracked = true, .id = id, .n = n},
                      values);
}

static gale_handle hold(gale_task *t, const gale_tuple *in)
{
    (void)in;
    return (gale_handle){++of(t)->n_held};
}

static void ack(gale_task *t, gale_handle handle)
{
    (void)handle;
    of(t)->n_acked++;
}

static void fail(gale_task *t, gale_handle handle)
{
    (void)handle;
    of(t)->n_failed++;
}

/* -- the rest of the task --------------------------------------------------------- */

static void tick_every(gale_task *t, int64_t ms)
{
    of(t)->tick_ms = ms;
}

static void wait_fd(gale_task *t, int fd, uint32_t events)
{
    (void)events;
    of(t)->wait_fd = fd;
}

static void wait_until(gale_task *t, int64_t ns)
{
    of(t)->wait_until = ns;
}

static void exhausted(gale_task *t)
{
    of(t)->exhausted = true;
}

static uint64_t n_pending(gale_task *t)
{
    return of(t)->n_pending;
}

static gale_result position_set(gale_task *t, gale_str split, gale_str text)
{
    struct fake_pair p = {copy_text(split.data, split.size),
                          copy_text(text.data, text.size), gale_nil()};

    set_pair(of(t)->positions, &of(t)->n_positions, FAKE_HOST_POSITIONS, p);
    return GALE_OK;
}

static gale_str position_get(gale_task *t, gale_str split)
{
    char *name = copy_text(split.data, split.size);
    const char *text = fake_host_position_of(of(t), name);

    free(name);
    return gale_str_make(text, text ? strlen(text) : 0);
}

static int64_t now(gale_task *t)
{
    return of(t)->now;
}

static uint64_t random_bits(gale_task *t)
{
    uint64_t x = of(t)->random += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void wakeup(gale_task *t)
{
    (void)t;
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
    struct fake_host *f = of(t);

    for (uint32_t i = 0; i < f->n_config; i++)
        if (!strcmp(f->config[i].key, key))
            return f->config[i].value;
    return gale_nil();
}

static void *resource(gale_task *t, const char *name, gale_create_fn *create,
                      gale_destroy_fn *destroy, void *arg)
{
    (void)name;
    of(t)->destroy = destroy;
    return of(t)->resource = create(t, arg);
}

static bool log_on(gale_task *t, uint32_t level)
{
    (void)t;
    return level <= GALE_LOG_WARN;
}

static void log_line(gale_task *t, uint32_t level, const char *text)
{
    (void)level;
    snprintf(of(t)->error, sizeof(of(t)->error), "%s", text);
}

static gale_result error(gale_task *t, gale_result result, const char *text)
{
    snprintf(of(t)->error, sizeof(of(t)->error), "%s", text);
    return result;
}

static void report_error(gale_task *t, const char *text)
{
    of(t)->n_reported++;
    error(t, GALE_OK, text);
}

/* What is not here, no plugin under test calls. */
static const gale_task_host task_host = {
    .size = sizeof(gale_task_host),
    .emit = emit,
    .emit_to = emit_to,
    .emit_msg = emit_msg,
    .hold = hold,
    .ack = ack,
    .fail = fail,
    .tick_every = tick_every,
    .wait_fd = wait_fd,
    .wait_until = wait_until,
    .exhausted = exhausted,
    .n_pending = n_pending,
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
    .report_error = report_error,
};

/* -- what tests call ----------------------------------------------------------------- */

static struct fake_host *load(const char *kind, const char *name,
                              const void **descriptor)
{
    const char *directory = getenv("GALE_TEST_PLUGINS");
    struct fake_host *f = grown(NULL, sizeof(*f));
    char path[512], symbol[128];

    memset(f, 0, sizeof(*f));
    snprintf(path, sizeof(path), "%s/%s.so",
             directory ? directory : "build/release/lib/gale", name);
    snprintf(symbol, sizeof(symbol), "gale_%s_%s", kind, name);
    f->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(f->library, "%s", dlerror());
    *descriptor = dlsym(f->library, symbol);
    CHECK(*descriptor, "%s has no %s", path, symbol);
    f->public.host = &task_host;
    f->input.public.host = &tuple_host;
    f->input.f = f;
    f->n_tasks = 1;
    f->wait_fd = -1;
    f->wait_until = -1;
    return f;
}

static const gale_options *options_of(const struct fake_host *f)
{
    return f->spout ? &f->spout->options : &f->bolt->options;
}

/* Choices are words with one blank between. */
static int32_t choice_of(const gale_option *o, const char *text)
{
    const char *at = o->choices;
    size_t size = strlen(text);
    int32_t i;

    for (i = 0; strncmp(at, text, size) || (at[size] && at[size] != ' '); i++) {
        at = strchr(at, ' ');
        CHECK(at, "%s is none of %s", text, o->choices);
        at++;
    }
    return i;
}

static void fill_option(struct fake_host *f, const gale_option *o,
                        const char *text)
{
    char *to = (char *)f->public.instance + o->offset;
    gale_str str = {text, strlen(text)};
    int64_t i = strtoll(text, NULL, 10);
    double number = strtod(text, NULL);
    bool yes = !strcmp(text, "true");
    int32_t choice;

    switch ((gale_option_type)o->type) {
    case GALE_OPTION_TYPE_INT:
        memcpy(to, &i, sizeof(i));
        break;
    case GALE_OPTION_TYPE_FLOAT:
        memcpy(to, &number, sizeof(number));
        break;
    case GALE_OPTION_TYPE_BOOL:
        memcpy(to, &yes, sizeof(yes));
        break;
    case GALE_OPTION_TYPE_STR:
        memcpy(to, &str, sizeof(str));
        break;
    case GALE_OPTION_TYPE_ENUM:
        choice = choice_of(o, text);
        memcpy(to, &choice, sizeof(choice));
        break;
    }
}

static struct fake_host *filled(struct fake_host *f, uint32_t size)
{
    const gale_options *o = options_of(f);

    f->public.instance = calloc(1, size + 1);
    CHECK(f->public.instance, "out of memory");
    for (uint32_t i = 0; i < o->n; i++)
        if (o->items[i].fallback)
            fill_option(f, &o->items[i], o->items[i].fallback);
    return f;
}

struct fake_host *fake_host_spout(const char *name)
{
    const void *descriptor;
    struct fake_host *f = load("spout", name, &descriptor);

    f->spout = descriptor;
    return filled(f, f->spout->instance_size);
}

struct fake_host *fake_host_bolt(const char *name)
{
    const void *descriptor;
    struct fake_host *f = load("bolt", name, &descriptor);

    f->bolt = descriptor;
    return filled(f, f->bolt->instance_size);
}

void fake_host_option(struct fake_host *f, const char *name, const char *text)
{
    const gale_options *o = options_of(f);
    uint32_t i;

    for (i = 0; i < o->n && strcmp(o->items[i].name, name); i++)
        ;
    CHECK(i < o->n, "no option %s", name);
    fill_option(f, &o->items[i], text);
}

void fake_host_config(struct fake_host *f, const char *key, gale_value value)
{
    struct fake_pair p = {copy_text(key, strlen(key)), NULL, copy_value(value)};

    set_pair(f->config, &f->n_config, FAKE_HOST_CONFIG, p);
}

void fake_host_position(struct fake_host *f, const char *split,
                        const char *position)
{
    position_set(&f->public, gale_str_make(split, strlen(split)),
                 gale_str_make(position, strlen(position)));
}

const char *fake_host_position_of(const struct fake_host *f, const char *split)
{
    for (uint32_t i = 0; i < f->n_positions; i++)
        if (!strcmp(f->positions[i].key, split))
            return f->positions[i].text;
    return NULL;
}

gale_result fake_host_start(struct fake_host *f)
{
    gale_result (*start)(gale_task *) =
        f->spout ? f->spout->open : f->bolt->prepare;
    gale_result result = start ? start(&f->public) : GALE_OK;

    if (result == GALE_OK && f->spout && f->spout->activate)
        f->spout->activate(&f->public);
    return result;
}

void fake_host_clear(struct fake_host *f)
{
    for (size_t i = 0; i < f->n_emitted && !f->discard; i++)
        for (uint32_t k = 0; k < f->emitted[i].n; k++)
            free_value(f->emitted[i].values[k]);
    f->n_emitted = 0;
}

void fake_host_stop(struct fake_host *f)
{
    if (f->spout && f->spout->close)
        f->spout->close(&f->public, GALE_CLOSE_END);
    if (f->bolt && f->bolt->cleanup)
        f->bolt->cleanup(&f->public);
    if (f->destroy)
        f->destroy(f->resource);
    fake_host_clear(f);
    for (uint32_t i = 0; i < f->n_config; i++)
        free(f->config[i].key), free_value(f->config[i].value);
    for (uint32_t i = 0; i < f->n_positions; i++)
        free(f->positions[i].key), free(f->positions[i].text);
    free(f->emitted);
    free(f->public.instance);
    free(f);
}

gale_result fake_host_execute(struct fake_host *f, const gale_value *values,
                              uint32_t n)
{
    f->input.values = values;
    f->input.n = n;
    return f->bolt->execute(&f->public, &f->input.public);
}

gale_result fake_host_drain(struct fake_host *f)
{
    gale_result result = GALE_OK;

    f->exhausted = false;
    f->wait_fd = -1;
    f->wait_until = -1;
    while (result == GALE_OK && !f->exhausted && f->wait_fd < 0 &&
           f->wait_until < 0)
        result = f->spout->next(&f->public);
    return result;
}

const char *fake_host_text(gale_value value)
{
    static char texts[2][32];
    static int turn;
    char *text = texts[turn = !turn];

    if (is_text(value))
        return value.as.data;
    snprintf(text, sizeof(texts[0]), "%" PRId64, value.as.i);
    return text;
}
