/*
 * random_parts.c - the spouts and bolts of a random topology: they do with each
 * tuple what random_tree.h says, in the style that was drawn for them.
 */
#include "tests/support/random_parts.h"
#include "tests/support/random_tree.h"
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 20000, HELD = 4 };

/* Fields of a tuple, in the three shapes that tuples have. */
enum { SALT, HOP, ATTEMPT, JOINED, PAYLOAD, FIELDS };

static const char *const fields[FIELDS] = {"salt", "hop", "attempt", "joined",
                                           "payload"};
#define STREAM(name_, n_)                                                      \
    {                                                                          \
        name_, 0, 0, {fields, n_, sizeof(char *)}, NULL                        \
    }
static const gale_stream streams[2] = {STREAM("default", FIELDS),
                                       STREAM("other", FIELDS)};
static const gale_stream short_streams[2] = {STREAM("default", 1),
                                             STREAM("other", 1)};

/* -- spouts ---------------------------------------------------------------- */

struct spout_state {
    uint32_t next;
    uint64_t *again; /* ids of failed ones */
    uint32_t n_again, capacity;
};

/* All but the payload in one number. */
static uint64_t pack(const struct random_content *c)
{
    return c->salt << 8 | c->hop << 4 | c->attempt << 1 | c->joined;
}

static struct random_content unpack(uint64_t number)
{
    return (struct random_content){.salt = number >> 8,
                                   .hop = number >> 4 & 15,
                                   .attempt = number >> 1 & 7,
                                   .joined = number & 1};
}

/* Mostly short, sometimes large. */
static uint32_t payload_size(const struct random_content *c)
{
    uint32_t size = (uint32_t)(mix64(c->salt + 5) % 1000);

    return size < 5 ? size * (LARGE / 5) : size < 50 ? size * 40 : size % 30;
}

/* By the shortest way there is. */
static gale_result emit_values(gale_task *task, gale_emit_opts *opts,
                               const gale_value *values, uint32_t n)
{
    if (opts->n_anchors > 0)
        return gale_emit_values_with(task, opts, values, n);
    if (opts->id != NULL && opts->stream == 0)
        return gale_emit_values_msg(task, *opts->id, values, n);
    return opts->stream == 0
               ? gale_emit_values(task, values, n)
               : gale_emit_values_to(task, opts->stream, values, n);
}

/* Of the shapes with one field; `bytes` holds what it points at. */
static gale_value one_value(const struct random_part *p,
                            const struct random_content *c, char *bytes)
{
    uint64_t number = pack(c);

    if (p->topology->shape == SHAPE_INT)
        return gale_int((int64_t)number);
    memcpy(bytes, &number, 8);
    return gale_bytes(bytes, 8 + payload_size(c));
}

static gale_result emit_content(gale_task *task, gale_emit_opts *opts,
                                const struct random_content *c)
{
    const struct random_part *p = probe_arg(task);
    char bytes[LARGE + 8] = {0};
    gale_value one;

    if (p->topology->shape == SHAPE_FIELDS)
        return gale_emit_with(task, opts, gale_int((int64_t)c->salt),
                              gale_int(c->hop), gale_int(c->attempt),
                              gale_bool(c->joined),
                              gale_string(bytes, payload_size(c)));
    one = one_value(p, c, bytes);
    return emit_values(task, opts, &one, 1);
}

/* Message id: attempt << 32 | message. */
static gale_result emit_attempt(gale_task *task, uint64_t id)
{
    const struct random_part *p = probe_arg(task);
    gale_msgid msgid = {p->number, id};
    gale_emit_opts opts = {.size = sizeof(opts), .id = &msgid};
    struct random_content c =
        random_tree_first(p, (uint32_t)id, (uint32_t)(id >> 32));

    random_topology_message(p->topology, p, (uint32_t)id)->emitted++;
    return emit_content(task, &opts, &c);
}

/* So long that the engine must notice. */
static void nap(struct random_part *p, uint64_t number)
{
    if (number % 8 == 0 && p->naps > 0 && p->naps-- > 0)
        (void)poll(NULL, 0, 2);
}

static gale_result next(gale_task *task)
{
    struct random_part *p = probe_arg(task);
    struct spout_state *s = probe_state(task);
    uint32_t message = s->next * gale_n_tasks(task) + gale_task_index(task);

    if (s->n_again > 0)
        return emit_attempt(task, s->again[--s->n_again]);
    if (message >= p->topology->n_messages) {
        gale_exhausted(task);
        return GALE_OK;
    }
    if (gale_random(task) % 64 == 0) { /* now and then it has nothing */
        gale_wait_until(task,
                        gale_now(task) + (int64_t)(gale_random(task) % 200000));
        return GALE_OK;
    }
    s->next++;
    nap(p, message);
    return emit_attempt(task, message);
}

static void ack(gale_task *task, gale_msgid id)
{
    const struct random_part *p = probe_arg(task);

    random_topology_message(p->topology, p, (uint32_t)id.lo)
        ->acked[id.lo >> 32]++;
    tally_add(&p->topology->settled, 1);
}

static void fail(gale_task *task, gale_msgid id)
{
    const struct random_part *p = probe_arg(task);
    struct spout_state *s = probe_state(task);

    random_topology_message(p->topology, p, (uint32_t)id.lo)
        ->failed[id.lo >> 32]++;
    if (s->n_again == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 16;
        s->again = realloc(s->again, s->capacity * sizeof(*s->again));
        if (s->again == NULL)
            abort();
    }
    s->again[s->n_again++] = id.lo + (UINT64_C(1) << 32);
    tally_add(&p->topology->settled, 1);
}

static void close_spout(gale_task *task)
{
    free(((struct spout_state *)probe_state(task))->again);
}

/* -- bolts ----------------------------------------------------------------- */

/* An input that is held. */
struct held_one {
    struct random_part *part;
    gale_handle handle;
    struct random_content content;
};

struct bolt_state {
    struct held_one held[HELD];
    uint32_t n;
};

static struct random_content content_of(const struct random_topology *t,
                                        const gale_tuple *in)
{
    uint64_t number;

    if (t->shape == SHAPE_INT)
        return unpack((uint64_t)gale_get_int(in, 0));
    if (t->shape == SHAPE_BYTES) {
        memcpy(&number, gale_get_bytes(in, 0).data, sizeof(number));
        return unpack(number);
    }
    return (struct random_content){.salt = (uint64_t)gale_get_int(in, SALT),
                                   .hop = (uint32_t)gale_get_int(in, HOP),
                                   .attempt =
                                       (uint32_t)gale_get_int(in, ATTEMPT),
                                   .joined = gale_get_bool(in, JOINED)};
}

/* All that it makes for one stream, in one call. */
static gale_result emit_rows(gale_task *task, const struct random_part *p,
                             const struct random_content *c, uint32_t stream)
{
    char bytes[RANDOM_TREE_CHILDREN][LARGE + 8] = {{0}};
    gale_value rows[RANDOM_TREE_CHILDREN];
    struct random_content child;
    uint32_t n = 0, to;

    for (uint32_t i = 0; i < random_tree_n_children(p, c); i++)
        if (random_tree_makes(p, c, i, &child, &to) && to == stream) {
            rows[n] = one_value(p, &child, bytes[n]);
            n++;
        }
    return gale_emit_rows(task, stream, rows, n);
}

/* All that it makes; opts says what they are anchored to. */
static gale_result emit_children(gale_task *task, const struct random_part *p,
                                 const struct random_content *c,
                                 gale_emit_opts opts)
{
    gale_result result = GALE_OK;
    struct random_content child;

    if (p->by_rows && opts.n_anchors == 0) {
        result = emit_rows(task, p, c, 0);
        return result == GALE_OK ? emit_rows(task, p, c, 1) : result;
    }
    for (uint32_t i = 0; i < random_tree_n_children(p, c) && result == GALE_OK;
         i++)
        if (random_tree_makes(p, c, i, &child, &opts.stream))
            result = emit_content(task, &opts, &child);
    return result;
}

static void settle(gale_task *task, const struct held_one *h)
{
    if (random_tree_fails(h->part, &h->content))
        gale_fail(task, h->handle);
    else
        gale_ack(task, h->handle);
}

static gale_result settle_all(gale_task *task)
{
    struct bolt_state *s = probe_state(task);

    while (s->n > 0)
        settle(task, &s->held[--s->n]);
    return GALE_OK;
}

/* Make room for one more by settling any one. */
static struct held_one *hold(gale_task *task, const gale_tuple *in,
                             const struct random_content *c)
{
    struct bolt_state *s = probe_state(task);
    struct held_one *h;

    if (s->n == HELD) {
        uint32_t i = (uint32_t)(gale_random(task) % HELD);

        settle(task, &s->held[i]);
        s->held[i] = s->held[--s->n];
    }
    h = &s->held[s->n++];
    *h = (struct held_one){probe_arg(task), gale_hold(task, in), *c};
    return h;
}

/* One more tuple, anchored to the input and to all that are held. */
static gale_result emit_joined(gale_task *task, const struct random_content *c)
{
    struct bolt_state *s = probe_state(task);
    struct random_content child = {.salt = c->salt, .joined = true};
    gale_handle anchors[HELD];
    gale_emit_opts opts = {
        .size = sizeof(opts), .n_anchors = s->n, .anchors = anchors};

    for (uint32_t i = 0; i < s->n; i++)
        anchors[i] = s->held[i].handle;
    return emit_content(task, &opts, &child);
}

static gale_result work(void *arg)
{
    const struct held_one *h = arg;

    if (h->content.salt % 8 == 0)
        sched_yield();
    return GALE_OK;
}

static void done(gale_task *task, gale_result result, void *arg)
{
    struct held_one *h = arg;

    (void)result;
    (void)emit_children(task, h->part, &h->content,
                        (gale_emit_opts){.size = sizeof(gale_emit_opts),
                                         .n_anchors = 1,
                                         .anchors = &h->handle});
    settle(task, h);
    free(h);
}

static gale_result execute_async(gale_task *task, const gale_tuple *in,
                                 const struct random_content *c)
{
    struct held_one *h = malloc(sizeof(*h));

    if (h == NULL)
        abort();
    *h = (struct held_one){probe_arg(task), gale_hold(task, in), *c};
    if (gale_async(task, work, done, h) != GALE_OK) /* too many under way */
        done(task, GALE_OK, h);
    return GALE_OK;
}

static void be_slow(uint64_t salt)
{
    for (volatile uint32_t i = 0; i < salt % 30000; i++)
        ;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct random_part *p = probe_arg(task);
    struct random_content c = content_of(p->topology, in);
    gale_emit_opts opts = {.size = sizeof(opts)};
    gale_result result;

    p->executed++;
    nap(p, c.salt);
    if (p->slow)
        be_slow(c.salt);
    if (p->blocking && c.salt % 16 == 0)
        sched_yield();
    switch (p->style) {
    case STYLE_ASYNC:
        return execute_async(task, in, &c);
    case STYLE_HOLD:
        hold(task, in, &c);
        return emit_children(task, p, &c, opts);
    case STYLE_JOIN:
        hold(task, in, &c);
        result = emit_children(task, p, &c, opts);
        return c.joined || result != GALE_OK ? result : emit_joined(task, &c);
    default:
        result = emit_children(task, p, &c, opts);
        return result == GALE_OK && random_tree_fails(p, &c) ? GALE_RETRY
                                                             : result;
    }
}

/* One after the other, in either order. */
static gale_result execute_batch(gale_task *task, gale_batch *in)
{
    const struct random_part *p = probe_arg(task);

    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t at = p->number % 2 ? in->n - 1 - i : i;
        gale_result result = execute(task, gale_batch_tuple(in, at));

        if (result != GALE_OK)
            gale_batch_settle(in, at, result);
    }
    return GALE_OK;
}

static gale_result tick_each_ms(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

void random_parts_fill(struct random_part *p, bool spout)
{
    p->probe.streams = (gale_streams){
        p->topology->shape == SHAPE_FIELDS ? streams : short_streams, 2,
        sizeof(streams[0])};
    if (spout) {
        p->probe.state_size = sizeof(struct spout_state);
        p->probe.next = next;
        p->probe.ack = ack;
        p->probe.fail = fail;
        p->probe.close = close_spout;
        return;
    }
    p->probe.state_size = sizeof(struct bolt_state);
    p->probe.execute = execute;
    p->probe.execute_batch = execute_batch;
    p->probe.end_of_input = settle_all;
    if (p->style == STYLE_HOLD || p->style == STYLE_JOIN) {
        p->probe.open = tick_each_ms;
        p->probe.tick = settle_all;
    }
}
