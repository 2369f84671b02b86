/* random_topology.c - topologies drawn by lot; see random_topology.h. */
#include "tests/support/random_topology.h"
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS = 6, LARGE = 20000, HELD = 4 };

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

/* -- what is decided by salt ----------------------------------------------- */

/* A tuple, as far as anything depends on it. */
#define SALT_MASK (UINT64_MAX >> 8)

struct content {
    uint64_t salt; /* 56 bits */
    uint32_t hop, attempt;
    bool joined; /* made by a join: makes nothing, never fails */
};

static uint64_t decide(const struct random_part *p, const struct content *c,
                       uint64_t what)
{
    return mix64(c->salt + mix64(p->topology->seed + p->number * 977 + what));
}

static bool fails(const struct random_part *p, const struct content *c)
{
    return !c->joined && c->attempt + 1 < p->topology->attempts &&
           (decide(p, c, 1) + c->attempt * 77) % 256 == 0;
}

/* How many it may make, each of which it makes or not; see makes(). */
static uint32_t n_children(const struct random_part *p, const struct content *c)
{
    return c->joined || c->hop == 0 ? 0 : (uint32_t)(decide(p, c, 2) % 4);
}

/* The i-th child; false if it is not made. As many as come to about one per
 * tuple, however many tasks get each. */
static bool makes(const struct random_part *p, const struct content *c,
                  uint32_t i, struct content *child, uint32_t *stream)
{
    uint64_t bits = decide(p, c, 3 + i);
    uint32_t fan;

    *stream = bits >> 32 & 1;
    fan = p->fan[*stream];
    *child = (struct content){.salt = mix64(bits) & SALT_MASK,
                              .hop = c->hop - 1,
                              .attempt = c->attempt};
    return bits % (fan > 0 ? fan : 1) == 0;
}

static struct content first_content(const struct random_part *spout,
                                    uint32_t message, uint32_t attempt)
{
    struct random_topology *t = spout->topology;

    uint64_t salt = mix64(t->seed + spout->number * 100000000 + message);

    return (struct content){
        .salt = salt & SALT_MASK, .hop = HOPS, .attempt = attempt};
}

/* -- the model ------------------------------------------------------------- */

static bool follow(struct random_topology *t, uint32_t from, uint32_t stream,
                   const struct content *c);

/* The tree below one tuple at one bolt; true if something in it fails. */
static bool follow_execute(struct random_topology *t, struct random_part *p,
                           const struct content *c)
{
    bool failed = fails(p, c);
    struct content child;
    uint32_t stream;

    p->expected++;
    for (uint32_t i = 0; i < n_children(p, c); i++)
        if (makes(p, c, i, &child, &stream))
            failed |= follow(t, p->number, stream, &child);
    if (p->style == STYLE_JOIN && !c->joined) {
        child = (struct content){.salt = c->salt, .joined = true};
        failed |= follow(t, p->number, 0, &child);
    }
    return failed;
}

static bool follow(struct random_topology *t, uint32_t from, uint32_t stream,
                   const struct content *c)
{
    bool failed = false;

    for (uint32_t b = t->n_spouts; b < t->n_spouts + t->n_bolts; b++) {
        struct random_part *p = &t->parts[b];

        for (uint32_t i = 0; i < p->n_inputs; i++) {
            int copies = p->inputs[i].kind == GALE_ALL ? p->tasks : 1;

            if (p->inputs[i].from != from || p->inputs[i].stream != stream)
                continue;
            while (copies-- > 0)
                failed |= follow_execute(t, p, c);
        }
    }
    return failed;
}

/* -- spouts ---------------------------------------------------------------- */

struct spout_state {
    uint32_t next;
    uint64_t *again; /* ids of failed ones */
    uint32_t n_again, capacity;
};

static struct random_message *message_of(struct random_topology *t,
                                         const struct random_part *spout,
                                         uint32_t message)
{
    return &t->messages[spout->number * t->n_messages + message];
}

/* All but the payload in one number. */
static uint64_t pack(const struct content *c)
{
    return c->salt << 8 | c->hop << 4 | c->attempt << 1 | c->joined;
}

static struct content unpack(uint64_t number)
{
    return (struct content){.salt = number >> 8,
                            .hop = number >> 4 & 15,
                            .attempt = number >> 1 & 7,
                            .joined = number & 1};
}

/* Mostly short, sometimes large. */
static uint32_t payload_size(const struct content *c)
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

static gale_result emit_content(gale_task *task, gale_emit_opts *opts,
                                const struct content *c)
{
    const struct random_part *p = probe_arg(task);
    char bytes[LARGE + 8] = {0};
    gale_value one;

    if (p->topology->shape == SHAPE_FIELDS)
        return gale_emit_with(task, opts, gale_int((int64_t)c->salt),
                              gale_int(c->hop), gale_int(c->attempt),
                              gale_bool(c->joined),
                              gale_string(bytes, payload_size(c)));
    one = gale_int((int64_t)pack(c));
    if (p->topology->shape == SHAPE_BYTES) {
        memcpy(bytes, &one.as.i, 8);
        one = gale_bytes(bytes, 8 + payload_size(c));
    }
    return emit_values(task, opts, &one, 1);
}

/* Message id: attempt << 32 | message. */
static gale_result emit_attempt(gale_task *task, uint64_t id)
{
    const struct random_part *p = probe_arg(task);
    gale_msgid msgid = {p->number, id};
    gale_emit_opts opts = {.size = sizeof(opts), .id = &msgid};
    struct content c = first_content(p, (uint32_t)id, (uint32_t)(id >> 32));

    message_of(p->topology, p, (uint32_t)id)->emitted++;
    return emit_content(task, &opts, &c);
}

static gale_result next(gale_task *task)
{
    const struct random_part *p = probe_arg(task);
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
    return emit_attempt(task, message);
}

static void ack(gale_task *task, gale_msgid id)
{
    const struct random_part *p = probe_arg(task);

    message_of(p->topology, p, (uint32_t)id.lo)->acked[id.lo >> 32]++;
    tally_add(&p->topology->settled, 1);
}

static void fail(gale_task *task, gale_msgid id)
{
    const struct random_part *p = probe_arg(task);
    struct spout_state *s = probe_state(task);

    message_of(p->topology, p, (uint32_t)id.lo)->failed[id.lo >> 32]++;
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
    struct content content;
};

struct bolt_state {
    struct held_one held[HELD];
    uint32_t n;
};

static struct content content_of(const struct random_topology *t,
                                 const gale_tuple *in)
{
    uint64_t number;

    if (t->shape == SHAPE_INT)
        return unpack((uint64_t)gale_get_int(in, 0));
    if (t->shape == SHAPE_BYTES) {
        memcpy(&number, gale_get_bytes(in, 0).data, sizeof(number));
        return unpack(number);
    }
    return (struct content){.salt = (uint64_t)gale_get_int(in, SALT),
                            .hop = (uint32_t)gale_get_int(in, HOP),
                            .attempt = (uint32_t)gale_get_int(in, ATTEMPT),
                            .joined = gale_get_bool(in, JOINED)};
}

/* All that it makes; opts says what they are anchored to. */
static gale_result emit_children(gale_task *task, const struct random_part *p,
                                 const struct content *c, gale_emit_opts opts)
{
    gale_result result = GALE_OK;
    struct content child;

    for (uint32_t i = 0; i < n_children(p, c) && result == GALE_OK; i++)
        if (makes(p, c, i, &child, &opts.stream))
            result = emit_content(task, &opts, &child);
    return result;
}

static void settle(gale_task *task, const struct held_one *h)
{
    if (fails(h->part, &h->content))
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
                             const struct content *c)
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
static gale_result emit_joined(gale_task *task, const struct content *c)
{
    struct bolt_state *s = probe_state(task);
    struct content child = {.salt = c->salt, .joined = true};
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
                                 const struct content *c)
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
    struct content c = content_of(p->topology, in);
    gale_emit_opts opts = {.size = sizeof(opts)};
    gale_result result;

    p->executed++;
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
        return result == GALE_OK && fails(p, &c) ? GALE_RETRY : result;
    }
}

static gale_result tick_each_ms(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

/* -- drawing --------------------------------------------------------------- */

static uint32_t lot(struct random_topology *t, uint32_t n)
{
    return (uint32_t)(random_next(&t->random) % n);
}

static void draw_part(struct random_topology *t, uint32_t number, bool spout)
{
    struct random_part *p = &t->parts[number];

    p->topology = t;
    p->number = number;
    p->executors = 1 + (int)lot(t, 3);
    p->tasks = p->executors + (lot(t, 3) == 0 ? (int)lot(t, 4) : 0);
    snprintf(p->id, sizeof(p->id), "%s%u", spout ? "spout" : "bolt", number);
    p->probe = (struct probe){.arg = p};
    p->probe.streams =
        (gale_streams){t->shape == SHAPE_FIELDS ? streams : short_streams, 2,
                       sizeof(streams[0])};
    p->blocking = lot(t, 6) == 0;
    if (spout) {
        p->probe.state_size = sizeof(struct spout_state);
        p->probe.next = next;
        p->probe.ack = ack;
        p->probe.fail = fail;
        p->probe.close = close_spout;
        return;
    }
    p->slow = lot(t, 4) == 0;
    p->style = (enum bolt_style)lot(t, STYLES);
    p->probe.state_size = sizeof(struct bolt_state);
    p->probe.execute = execute;
    p->probe.end_of_input = settle_all;
    if (p->style == STYLE_HOLD || p->style == STYLE_JOIN) {
        p->probe.open = tick_each_ms;
        p->probe.tick = settle_all;
    }
}

static void draw_input(struct random_topology *t, struct random_part *p,
                       uint32_t from)
{
    static const uint32_t kinds[] = {
        GALE_SHUFFLE, GALE_SHUFFLE, GALE_BY_FIELDS,        GALE_ALL,
        GALE_GLOBAL,  GALE_NONE,    GALE_LOCAL_OR_SHUFFLE, GALE_PARTIAL_KEY,
        GALE_CUSTOM,
    };
    struct random_input *in = &p->inputs[p->n_inputs];

    in->from = from;
    in->stream = lot(t, 2);
    in->kind = kinds[lot(t, sizeof(kinds) / sizeof(*kinds))];
    for (uint32_t i = 0; i < p->n_inputs; i++) /* each stream once */
        if (p->inputs[i].from == from && p->inputs[i].stream == in->stream)
            return;
    p->n_inputs++;
    t->parts[from].fan[in->stream] +=
        in->kind == GALE_ALL ? (uint32_t)p->tasks : 1;
}

/* The first bolt takes what the first spout gives; others anything before them,
 * and sometimes what comes behind them: a cycle. */
static void draw_inputs(struct random_topology *t, uint32_t number)
{
    struct random_part *p = &t->parts[number];
    uint32_t n = 1 + lot(t, RANDOM_TOPOLOGY_INPUTS);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t all = t->n_spouts + t->n_bolts, from;

        from = i == 0 && number == t->n_spouts ? 0
               : i > 0 && lot(t, 4) == 0
                   ? t->n_spouts + lot(t, all - t->n_spouts)
                   : lot(t, number);
        draw_input(t, p, from);
    }
}

static void expect(struct random_topology *t)
{
    for (uint32_t s = 0; s < t->n_spouts; s++)
        for (uint32_t m = 0; m < t->n_messages; m++) {
            struct random_message *message = message_of(t, &t->parts[s], m);

            for (uint32_t a = 0; a < message->emitted; a++) {
                struct content c = first_content(&t->parts[s], m, a);

                (void)follow(t, s, 0, &c);
            }
        }
}

void random_topology_init(struct random_topology *t, uint64_t seed)
{
    static const int64_t limits[] = {0, 0, 1, 7, 100, 1000};

    memset(t, 0, sizeof(*t));
    t->seed = seed;
    t->settled = (struct tally)TALLY_INIT;
    random_seed(&t->random, seed);
    t->n_spouts = 1 + lot(t, RANDOM_TOPOLOGY_SPOUTS);
    t->n_bolts = 1 + lot(t, RANDOM_TOPOLOGY_BOLTS);
    t->n_messages = (100 + lot(t, 500)) * (lot(t, 8) == 0 ? 10 : 1);
    t->max_pending = limits[lot(t, 6)];
    t->shape = (enum random_shape)lot(t, SHAPES);
    t->attempts = 1 + lot(t, RANDOM_TOPOLOGY_ATTEMPTS);
    t->messages = calloc(t->n_spouts * t->n_messages, sizeof(*t->messages));
    if (t->messages == NULL)
        abort();
    for (uint32_t i = 0; i < t->n_spouts + t->n_bolts; i++)
        draw_part(t, i, i < t->n_spouts);
    for (uint32_t i = t->n_spouts; i < t->n_spouts + t->n_bolts; i++)
        draw_inputs(t, i);
}

void random_topology_fini(struct random_topology *t)
{
    free(t->messages);
}

/* -- building -------------------------------------------------------------- */

static const char *plugin_of(const struct random_part *p, bool spout)
{
    if (spout)
        return p->blocking ? "probe_spout_blocking" : "probe_spout";
    if (p->style == STYLE_PLAIN)
        return p->blocking ? "probe_bolt_blocking" : "probe_bolt";
    return p->blocking ? "probe_bolt_slow_join" : "probe_bolt_manual";
}

static void subscribe(struct random_topology *t, gale_declarer *d,
                      const struct random_input *in)
{
    static const char *const key[] = {"salt"};
    gale_input input = {.size = sizeof(input),
                        .kind = in->kind,
                        .from = t->parts[in->from].id,
                        .stream = streams[in->stream].name};

    if (in->kind == GALE_BY_FIELDS || in->kind == GALE_PARTIAL_KEY) {
        input.fields = key;
        input.n_fields = 1;
    }
    if (in->kind == GALE_CUSTOM)
        input.custom = "probe_grouping.so:turns";
    gale_subscribe(d, &input);
}

void random_topology_build(struct random_topology *t, struct topology_run *r)
{
    gale_configure(r->builder, "topology.message.timeout.secs", gale_int(3600));
    gale_configure(r->builder, "gale.topology.max.async", gale_int(20));
    if (t->max_pending > 0)
        gale_configure(r->builder, "topology.max.spout.pending",
                       gale_int(t->max_pending));
    r->carriers = 1 + lot(t, 4);
    for (uint32_t i = 0; i < t->n_spouts + t->n_bolts; i++) {
        struct random_part *p = &t->parts[i];
        bool spout = i < t->n_spouts;
        gale_declarer *d;

        d = spout ? topology_run_spout_as(r, p->id, plugin_of(p, true),
                                          &p->probe, p->executors)
                  : topology_run_bolt_as(r, p->id, plugin_of(p, false),
                                         &p->probe, p->executors);
        gale_set_tasks(d, p->tasks);
        for (uint32_t k = 0; k < p->n_inputs; k++)
            subscribe(t, d, &p->inputs[k]);
    }
}

/* -- judging --------------------------------------------------------------- */

static char why[400];

/* Each attempt ended once, as its tree says; or is still under way. */
static const char *wrong_message(struct random_topology *t, uint32_t spout,
                                 uint32_t number, bool settled)
{
    struct random_message *m = message_of(t, &t->parts[spout], number);

    for (uint32_t a = 0; a < RANDOM_TOPOLOGY_ATTEMPTS; a++) {
        struct content c = first_content(&t->parts[spout], number, a);
        uint32_t ends = m->acked[a] + m->failed[a];
        bool fails_ = a < m->emitted && follow(t, spout, 0, &c);

        snprintf(why, sizeof(why),
                 "message %u of spout %u, attempt %u of %u: %u acks, %u fails, "
                 "its tree %s",
                 number, spout, a, (unsigned)m->emitted, (unsigned)m->acked[a],
                 (unsigned)m->failed[a], fails_ ? "fails" : "succeeds");
        if (ends > 1 || (a >= m->emitted && ends > 0) ||
            (ends == 1 && (m->failed[a] == 1) != fails_) ||
            (settled && a < m->emitted && ends != 1))
            return why;
    }
    return NULL;
}

static const char *wrong_spout(struct random_topology *t,
                               struct topology_run *r, uint32_t spout)
{
    gale_component_stats c = topology_run_stats(r, t->parts[spout].id);

    snprintf(why, sizeof(why),
             "%s: emitted %" PRIu64 ", acked %" PRIu64 ", failed %" PRIu64
             ", pending %" PRIu64,
             c.id, c.emitted, c.acked, c.failed, c.pending);
    return c.emitted == c.acked + c.failed + c.pending && c.timed_out == 0
               ? NULL
               : why;
}

static const char *wrong_bolt(struct random_topology *t, struct topology_run *r,
                              uint32_t bolt, bool settled)
{
    const struct random_part *p = &t->parts[bolt];
    gale_component_stats c = topology_run_stats(r, p->id);

    snprintf(why, sizeof(why),
             "%s: executed %" PRIu64 " (itself %" PRIu64 ", expected %" PRIu64
             "), acked %" PRIu64 ", failed %" PRIu64 ", held %" PRIu64,
             c.id, c.executed, (uint64_t)p->executed, p->expected, c.acked,
             c.failed, c.held);
    if (c.executed != p->executed || c.executed != c.acked + c.failed + c.held)
        return why;
    return settled                    ? c.executed != p->expected ? why : NULL
           : c.executed > p->expected ? why
                                      : NULL;
}

const char *random_topology_wrong(struct random_topology *t,
                                  struct topology_run *r, bool settled)
{
    const char *wrong = NULL;

    for (uint32_t s = 0; s < t->n_spouts && wrong == NULL; s++) {
        wrong = wrong_spout(t, r, s);
        for (uint32_t m = 0; m < t->n_messages && wrong == NULL; m++)
            wrong = wrong_message(t, s, m, settled);
    }
    for (uint32_t i = 0; i < t->n_spouts + t->n_bolts; i++)
        t->parts[i].expected = 0;
    expect(t);
    for (uint32_t b = t->n_spouts;
         b < t->n_spouts + t->n_bolts && wrong == NULL; b++)
        wrong = wrong_bolt(t, r, b, settled);
    return wrong;
}

bool random_topology_all_acked(const struct random_topology *t)
{
    for (uint32_t i = 0; i < t->n_spouts * t->n_messages; i++) {
        uint32_t acks = 0;

        for (uint32_t a = 0; a < RANDOM_TOPOLOGY_ATTEMPTS; a++)
            acks += t->messages[i].acked[a];
        if (acks != 1)
            return false;
    }
    return true;
}
