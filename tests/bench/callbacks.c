/*
 * callbacks.c - a chain of plugins that call each other.
 *
 * Plugins are loaded, given their options and started by the host that unit
 * tests use; then their tasks get the table of this file, in which `emit` is
 * the next bolt's `execute`.
 */
#include "tests/bench/callbacks.h"
#include "common/check.h"
#include "common/random.h"
#include "tests/support/fake_host.h"
#include "worker/tuple_layout.h"

enum {
    LINKS_MAX = 4,
    CALLS = 256, /* of the spout, between looks at the clock */
};

struct link {
    gale_task task;
    struct link *next; /* NULL: the last one */
    gale_result (*execute)(gale_task *, const gale_tuple *);
    uint64_t n; /* the last one: tuples */
    struct random random;
    struct fake_host *host;
};

struct chain {
    struct link links[LINKS_MAX];
    uint32_t n;
};

struct input {
    gale_tuple tuple;
    const gale_value *values;
    uint32_t n;
};

static struct link *link_of(gale_task *task)
{
    return (struct link *)(void *)task;
}

/* -- what the plugins call ------------------------------------------------- */

/* Kind and size were stored a moment ago, each by itself. One load of both
 * would have to wait until they are in the cache, so the compiler is kept from
 * making one of the two. */
static inline gale_value load(const gale_value *v)
{
    uint32_t kind = v->kind, size = v->size;

    __asm__("" : "+r"(kind), "+r"(size));
    return gale_make_(kind, size, v->as.i);
}

static gale_value get(const gale_tuple *t, uint32_t field)
{
    const struct input *in = (const struct input *)(const void *)t;

    return field < in->n ? load(&in->values[field]) : gale_nil();
}

static gale_str get_str(const gale_tuple *t, uint32_t field)
{
    return gale_value_str(get(t, field));
}

static gale_key key(const gale_tuple *t, uint32_t field)
{
    gale_value v = get(t, field);
    struct slot slot = slot_of(&v, 0);

    return slot_key_fast(&slot);
}

static const gale_tuple_host tuple_host = {
    .size = sizeof(gale_tuple_host),
    .get_str = get_str,
    .get = get,
    .key = key,
};

static gale_result emit(gale_task *task, const gale_value *values, uint32_t n)
{
    struct link *next = link_of(task)->next;
    struct input in = {{&tuple_host}, values, n};

    next->n++;
    return next->execute(&next->task, &in.tuple);
}

/* Of one field, as split has them. */
static gale_result emit_rows(gale_task *task, uint32_t stream,
                             const gale_value *values, uint32_t n_rows)
{
    gale_result result = GALE_OK;

    check(stream == 0);
    for (uint32_t i = 0; i < n_rows && result == GALE_OK; i++)
        result = emit(task, values + i, 1);
    return result;
}

static uint64_t random_bits(gale_task *task)
{
    return random_next(&link_of(task)->random);
}

static const gale_task_host task_host = {
    .size = sizeof(gale_task_host),
    .emit = emit,
    .emit_rows = emit_rows,
    .random = random_bits,
};

/* -- the chain ------------------------------------------------------------- */

static void add(struct chain *c, const char *plugin, const char *option,
                gale_value value)
{
    struct link *l = &c->links[c->n];

    check(c->n < LINKS_MAX);
    l->host = fake_host_new(plugin, c->n == 0);
    if (c->n == 0)
        fake_host_set(l->host, "tracked", gale_bool(false));
    if (option)
        fake_host_set(l->host, option, value);
    check(fake_host_start(l->host) == GALE_OK);
    l->task.host = &task_host;
    l->task.instance = l->host->task.instance;
    l->execute = l->host->component.bolt.execute;
    random_seed(&l->random, 1);
    if (c->n > 0)
        c->links[c->n - 1].next = l;
    c->n++;
}

static double run(struct chain *c, double seconds)
{
    const gale_spout *spout = &c->links[0].host->component.spout;
    struct link *last = &c->links[c->n - 1];
    uint64_t before = last->n;
    double start = bench_now(), took;

    do {
        for (int i = 0; i < CALLS; i++)
            check(spout->next(&c->links[0].task) == GALE_OK);
        took = bench_now() - start;
    } while (took < seconds);
    return (double)(last->n - before) / took / 1e6;
}

static int measure(struct chain *c, const struct bench_run *r)
{
    run(c, r->options->seconds / 4);
    bench_figure("rate", run(c, r->options->seconds));
    for (uint32_t i = 0; i < c->n; i++)
        fake_host_free(c->links[i].host);
    return 0;
}

int callbacks_const(const struct bench_run *r)
{
    struct chain c = {.n = 0};

    add(&c, "const", NULL, gale_nil());
    add(&c, "null", NULL, gale_nil());
    return measure(&c, r);
}

int callbacks_const_id(const struct bench_run *r)
{
    struct chain c = {.n = 0};

    add(&c, "const", NULL, gale_nil());
    add(&c, "identity", "fields", gale_cstr("value"));
    add(&c, "null", NULL, gale_nil());
    return measure(&c, r);
}

static int count_sentences(const struct bench_run *r, const char *order)
{
    struct chain c = {.n = 0};

    add(&c, "sentences", "order", gale_cstr(order));
    add(&c, "split", NULL, gale_nil());
    add(&c, "count", NULL, gale_nil());
    return measure(&c, r);
}

int callbacks_in_turn(const struct bench_run *r)
{
    return count_sentences(r, "turn");
}

int callbacks_at_random(const struct bench_run *r)
{
    return count_sentences(r, "random");
}
