/* outbox.c - choose the tasks, write the tuple, send the slice; see outbox.h. */
#include "worker/outbox.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/grouper.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

#define FAST_TEXT_MAX 2048u

/*
 * However full a consumer is, every producer may have one small slice under way
 * to it: who has nothing there need not wait for what others have there. A
 * shuffle has looked for room elsewhere and found none.
 */
#define EXCLUSIVE_BYTES 512u

#define SHUFFLE_WINDOW 64u /* tasks that one choice looks at */

/* One emit, packed: the same bytes go to every target. */
struct packed {
    const gale_value *values;
    uint32_t n;
    uint32_t size; /* of the whole tuple */
    uint32_t slots_at;
    bool tails; /* some value has bytes beyond its slot */
    struct slot slots[TUPLE_FIELDS_MAX];
};

/* -- slices and blocks ----------------------------------------------------- */

static struct carrier *carrier_of(const struct outlet *o)
{
    return o->from->carrier;
}

/* The producer stops after this callback; until then it may go on for a while. */
static void stall(struct outlet *o, uint32_t bytes)
{
    struct executor *e = o->from;
    struct worker *w = e->worker;
    char text[600];

    e->stalled = o->to->gate;
    e->excess += bytes;
    if (e->excess <= w->config.max_emit_bytes || worker_halted(w))
        return;
    snprintf(
        text, sizeof(text),
        "\"%s\" emitted more than gale.topology.max.emit.bytes, %llu, from "
        "one callback while \"%s\" was full: emit less at a time",
        e->component->id, (unsigned long long)w->config.max_emit_bytes,
        o->to->component->id);
    worker_fail(w, text);
}

/* Send the slice, charged with `waste` bytes more. */
static void send_charged(struct outlet *o, uint32_t waste)
{
    struct executor *to = o->to;
    struct carrier *c = carrier_of(o);
    struct envelope *env = block_pool_item(&c->pool);

    env->block = o->block;
    env->route = o->route;
    env->outlet = o;
    env->offset = (uint32_t)(o->slice - o->block->data);
    env->n = o->n;
    env->bytes = (uint32_t)(o->cursor - o->slice) + waste;
    block_ref(o->block);
    o->slice = o->cursor;
    o->n = 0;
    o->n_max = atomic_load_explicit(&to->gate->slice, memory_order_relaxed);

    uint32_t in_flight = atomic_fetch_add(&o->in_flight, 1);

    atomic_fetch_add(&to->gate->sent_bytes, env->bytes);
    atomic_fetch_add(&to->gate->sent_tuples, env->n);
    if (!o->route->in_cycle && gate_full(to->gate, 2) &&
        (in_flight > 0 || env->bytes > EXCLUSIVE_BYTES ||
         route_is_shuffle(o->route)))
        stall(o, env->bytes);
    inbox_push(&to->data, &env->node);
    c->chain = env->bytes >= CARRIER_CHAIN_BYTES;
    executor_schedule(to, c);
}

void outlet_send(struct outlet *o)
{
    if (o->n > 0)
        send_charged(o, 0);
}

static void drop_block(struct outlet *o)
{
    block_unref(&carrier_of(o)->pool, o->block);
    o->block = NULL;
    o->slice = o->cursor = o->end = NULL;
}

/* The block is full: the next one may be larger. */
static void close_block(struct outlet *o)
{
    if (o->block == NULL)
        return;
    outlet_send(o);
    drop_block(o);
    if (o->block_class < o->block_class_max)
        o->block_class++;
}

/*
 * Send what there is and part with the block. The executor keeps the block with
 * the most room as its spare, for whichever outlet writes next; any other is
 * closed, its unused rest charged to the consumer, and the outlet's next block
 * is smaller if most of it was rest.
 */
static void release_block(struct outlet *o)
{
    struct outbox_spare *spare = &o->from->spare;
    uint32_t room = (uint32_t)(o->end - o->cursor);
    bool keep = spare->block == NULL && room >= o->block->size / 4;

    if (o->n > 0)
        send_charged(o, keep ? 0 : room);
    if (keep) {
        *spare = (struct outbox_spare){o->block, o->cursor, o->end};
        o->block = NULL;
        o->slice = o->cursor = o->end = NULL;
        return;
    }
    if (o->block_class > 0 && !route_is_shuffle(o->route) &&
        room > o->block->size / 4 * 3)
        o->block_class--;
    drop_block(o);
}

static bool take_spare(struct outlet *o, uint32_t size)
{
    struct outbox_spare *spare = &o->from->spare;

    if (spare->block == NULL || (size_t)(spare->end - spare->cursor) < size)
        return false;
    o->block = spare->block;
    o->slice = o->cursor = spare->cursor;
    o->end = spare->end;
    spare->block = NULL;
    return true;
}

static void open_block(struct outlet *o, uint32_t size)
{
    uint32_t whole = size + BLOCK_HEADER, class = o->block_class;

    o->n_max = atomic_load_explicit(&o->to->gate->slice, memory_order_relaxed);
    if (take_spare(o, size))
        return;
    if (whole > (BLOCK_SIZE_MIN << class))
        class = size > BLOCK_SIZE_MAX / 2 ? BLOCK_OWN : block_class(whole);
    o->block = block_new(&carrier_of(o)->pool, class, size);
    o->slice = o->cursor = o->block->data;
    o->end = (char *)o->block + o->block->size;
}

/* Room for `size` bytes of this route. */
static TUPLE_INLINE char *reserve(struct outlet *o, const struct route *r,
                                  uint32_t size)
{
    if (__builtin_expect(o->route != r, 0)) {
        outlet_send(o);
        o->route = r;
    }
    if (__builtin_expect((size_t)(o->end - o->cursor) < size, 0)) {
        close_block(o);
        open_block(o, size);
    }
    return o->cursor;
}

static TUPLE_INLINE void mark_dirty(struct outlet *o)
{
    if (o->dirty)
        return;
    o->dirty = true;
    o->next_dirty = o->from->dirty;
    o->from->dirty = o;
}

static TUPLE_INLINE void written(struct outlet *o, uint32_t size)
{
    o->cursor += size;
    if (o->n++ == 0)
        mark_dirty(o);
    if (__builtin_expect(o->n >= o->n_max, 0))
        outlet_send(o);
}

void outbox_flush(struct executor *e, bool all)
{
    struct outlet **link = &e->dirty, *o;

    while ((o = *link) != NULL) {
        if (!all && o->n > 0 &&
            atomic_load_explicit(&o->to->scheduled, memory_order_relaxed)) {
            link = &o->next_dirty;
            continue;
        }
        if (o->block != NULL)
            release_block(o);
        o->dirty = false;
        *link = o->next_dirty;
    }
}

void outbox_close(struct task *task)
{
    struct executor *e = task->executor;

    for (uint32_t d = 0; d < task->n_destinations; d++) {
        struct destination *dest = &task->destinations[d];

        for (uint32_t i = 0; i < dest->n_executors; i++)
            if (dest->outlets[i] != NULL && dest->outlets[i]->block != NULL)
                drop_block(dest->outlets[i]);
    }
    if (e->spare.block != NULL)
        block_unref(&e->carrier->pool, e->spare.block);
    e->spare.block = NULL;
}

/* Shuffle fills one block after the other; with keys, one is open for each
 * destination, so they begin small and grow when they get full. */
__attribute__((noinline, cold)) static struct outlet *make_outlet(
    struct task *task, const struct route *r, uint32_t executor)
{
    struct outlet *o = xcalloc(1, sizeof(*o));
    struct destination *to = r->to;

    o->from = task->executor;
    o->to = to->executors[executor];
    o->block_class_max = to->block_class;
    o->block_class =
        route_is_shuffle(r) || to->block_class < 2 ? to->block_class : 2;
    to->outlets[executor] = o;
    return o;
}

/* -- writing --------------------------------------------------------------- */

static inline char *write_anchors(char *p, struct carrier *c,
                                  struct emission *x)
{
    if (x->n_trees == 1) {
        uint64_t edge = carrier_edge(c);
        struct anchor a = {x->trees->root, edge};

        x->trees->sum ^= edge;
        memcpy(p, &a, sizeof(a));
        return p + sizeof(a);
    }
    if (x->n_trees == 0)
        return p;

    uint64_t n = x->n_trees;

    memcpy(p, &n, sizeof(n));
    p += sizeof(n);
    for (uint32_t i = 0; i < x->n_trees; i++) {
        struct anchor a = {x->trees[i].root, carrier_edge(c)};

        x->trees[i].sum ^= a.edge;
        memcpy(p, &a, sizeof(a));
        p += sizeof(a);
    }
    return p;
}

static void write_tails(char *tuple, const struct packed *p)
{
    uint64_t offset = p->slots_at + p->n * sizeof(struct slot);

    for (uint32_t i = 0; i < p->n; i++)
        offset = value_write_tail(tuple, offset, &p->values[i]);
}

static inline uint8_t anchor_flags(uint32_t n_trees)
{
    return n_trees == 0   ? 0
           : n_trees == 1 ? TUPLE_ANCHORED
                          : TUPLE_ANCHORED | TUPLE_EXTENDED;
}

static TUPLE_INLINE char *tuple_head(char *p, uint32_t size, uint32_t n_fields,
                                     uint32_t flags, uint32_t place)
{
    uint64_t head = size | (uint64_t)n_fields << 32 | (uint64_t)flags << 40 |
                    (uint64_t)(place & 0xffff) << 48;

    memcpy(p, &head, sizeof(head));
    return p + sizeof(head);
}

/* Write the tuple for one task of the route's consumer. */
static inline void put(struct task *task, struct emission *x, struct route *r,
                       uint32_t target, const struct packed *p)
{
    struct destination *to = r->to;
    uint32_t place = to->place[target];
    struct outlet *o = to->outlets[place >> 16];

    if (__builtin_expect(o == NULL, 0))
        o = make_outlet(task, r, place >> 16);

    char *tuple = reserve(o, r, p->size);
    char *slots =
        tuple_head(tuple, p->size, p->n, anchor_flags(x->n_trees), place);

    slots = write_anchors(slots, task->executor->carrier, x);
    for (uint32_t i = 0; i < p->n; i++)
        slot_store(slots + i * sizeof(struct slot), &p->slots[i]);
    if (p->tails)
        write_tails(tuple, p);
    written(o, p->size);
    if (__builtin_expect(x->tasks != NULL, 0) && x->n_tasks < x->tasks_max)
        x->tasks[x->n_tasks] = to->component->first_task + (int32_t)target;
    x->n_tasks++;
}

/* -- choosing -------------------------------------------------------------- */

static inline struct outlet *outlet_of(const struct route *r, uint32_t target)
{
    return r->to->outlets[r->to->place[target] >> 16];
}

static struct gate *gate_of(const struct route *r, uint32_t target)
{
    return r->to->executors[r->to->place[target] >> 16]->gate;
}

/*
 * The task that got least so far, among those that are not full; of equals, the
 * next in turn. With very many tasks, a window of them that moves on.
 */
static uint32_t shuffle_next(struct route *r)
{
    uint32_t n = r->to->n_tasks, next = r->current, best = UINT32_MAX;

    r->used[r->current] += r->taken;
    r->taken = 0;
    for (uint32_t i = 0; i < n && i < SHUFFLE_WINDOW; i++) {
        next = next + 1 < n ? next + 1 : 0;
        if (!gate_full(gate_of(r, next), 2) &&
            (best == UINT32_MAX || r->used[next] < r->used[best]))
            best = next;
    }
    if (best != UINT32_MAX && !r->exact)
        return best;
    return r->current + 1 < n ? r->current + 1 : 0;
}

/* A slice goes to one task, then comes another; slow tasks, tuple by tuple. */
static inline uint32_t shuffle(struct route *r, uint32_t size)
{
    struct outlet *o;

    if (r->to->n_tasks == 1)
        return 0;
    r->taken++;
    if (__builtin_expect(r->keep, 0)) {
        r->keep = false;
        return r->current;
    }
    o = outlet_of(r, r->current);
    if (o != NULL && o->block != NULL && (size_t)(o->end - o->cursor) < size)
        close_block(o);
    if (o == NULL || o->n == 0 || o->route != r || r->exact ||
        atomic_load_explicit(&gate_of(r, r->current)->each_tuple,
                             memory_order_relaxed))
        r->current = shuffle_next(r);
    return r->current;
}

__attribute__((noinline, cold)) static bool bad_key(struct task *task,
                                                    const struct route *r,
                                                    uint32_t field)
{
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text),
             "field \"%s\" of stream \"%s\" is a list or a map, and \"%s\" "
             "groups by it: keys are nil, bool, numbers, strings or bytes",
             r->stream->fields[field], r->stream->name, r->to->component->id);
    task_fatal(task, "emit", text);
    return false;
}

static inline bool key_hash(struct task *task, const struct route *r,
                            const struct packed *p, uint64_t *hash)
{
    struct slot key[GROUPER_KEY_MAX];

    for (uint32_t i = 0; i < r->n_key; i++) {
        uint32_t field = r->key[i];

        if (!grouper_key(p->slots[field], &p->values[field], r->seed, &key[i]))
            return bad_key(task, r, field);
    }
    *hash = grouper_hash(key, r->n_key, r->seed);
    return true;
}

static inline bool put_by_fields(struct task *task, struct emission *x,
                                 struct route *r, const struct packed *p)
{
    uint64_t hash;

    if (!key_hash(task, r, p, &hash))
        return false;
    put(task, x, r, grouper_owner(grouper_group(hash), r->to->n_tasks), p);
    return true;
}

static bool put_partial_key(struct task *task, struct emission *x,
                            struct route *r, const struct packed *p)
{
    uint32_t candidates[2], target;
    uint64_t hash;

    if (!key_hash(task, r, p, &hash))
        return false;
    grouper_candidates(hash, r->to->n_tasks, candidates);
    target = r->used[candidates[1]] < r->used[candidates[0]] ? candidates[1]
                                                             : candidates[0];
    r->used[target]++;
    put(task, x, r, target, p);
    return true;
}

static bool put_direct(struct task *task, struct emission *x, struct route *r,
                       const struct packed *p)
{
    int64_t target = (int64_t)x->direct_task - r->to->component->first_task;

    if (target >= 0 && target < r->to->n_tasks)
        put(task, x, r, (uint32_t)target, p);
    return true;
}

static bool put_custom(struct task *task, struct emission *x, struct route *r,
                       const struct packed *p)
{
    uint32_t n = r->custom->choose(r->router, p->values, p->n, r->chosen);

    for (uint32_t i = 0; i < n && n <= r->to->n_tasks; i++) {
        if (r->chosen[i] >= r->to->n_tasks)
            n = UINT32_MAX;
        else
            put(task, x, r, r->chosen[i], p);
    }
    if (n <= r->to->n_tasks)
        return true;
    task_fatal(task, "emit",
               "the custom grouping chose a task that is not "
               "there: targets are 0 to n_targets - 1");
    return false;
}

static bool put_route(struct task *task, struct emission *x, struct route *r,
                      const struct packed *p)
{
    switch (r->kind) {
    case GALE_BY_FIELDS:
        return put_by_fields(task, x, r, p);
    case GALE_PARTIAL_KEY:
        return put_partial_key(task, x, r, p);
    case GALE_ALL:
        for (uint32_t i = 0; i < r->to->n_tasks; i++)
            put(task, x, r, i, p);
        return true;
    case GALE_GLOBAL:
        put(task, x, r, 0, p);
        return true;
    case GALE_DIRECT:
        return put_direct(task, x, r, p);
    case GALE_CUSTOM:
        return put_custom(task, x, r, p);
    default: /* shuffle, none, local-or-shuffle: all tasks are in here */
        put(task, x, r, shuffle(r, p->size), p);
        return true;
    }
}

/* -- emit ------------------------------------------------------------------ */

__attribute__((noinline, cold, format(printf, 2, 3))) static gale_result refuse(
    struct task *task, const char *format, ...)
{
    char text[TASK_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    task_fatal(task, "emit", text);
    return GALE_FATAL;
}

static gale_result refuse_size(struct task *task, const struct emission *x,
                               uint64_t size)
{
    if (size == UINT64_MAX)
        return refuse(task,
                      "a value for stream \"%s\" cannot be sent: reserved "
                      "kind, text without data, or lists nested more than %u "
                      "deep",
                      x->stream->decl->name, TUPLE_DEPTH_MAX);
    return refuse(
        task,
        "a tuple of %llu bytes for stream \"%s\" is larger than "
        "gale.topology.max.tuple.bytes, %llu",
        (unsigned long long)size, x->stream->decl->name,
        (unsigned long long)task->executor->worker->config.max_tuple_bytes);
}

/* Slots of values with tails, and the tuple's whole size. */
static bool pack_long(struct packed *p, uint64_t max, uint64_t *size)
{
    uint64_t offset = p->slots_at + p->n * sizeof(struct slot);

    for (uint32_t i = 0; i < p->n; i++) {
        uint64_t tail = value_tail(&p->values[i], 0);

        if (tail == UINT64_MAX) {
            *size = UINT64_MAX;
            return false;
        }
        p->slots[i] = slot_of(&p->values[i], offset);
        offset += tail;
    }
    *size = offset;
    p->size = (uint32_t)offset;
    return offset <= max;
}

static inline gale_result pack(struct task *task, const struct emission *x,
                               struct packed *p)
{
    bool simple = true;

    p->slots_at = (uint32_t)sizeof(struct tuple) + anchors_size(x->n_trees);
    p->size = p->slots_at + p->n * (uint32_t)sizeof(struct slot);
    for (uint32_t i = 0; i < p->n; i++) {
        const gale_value *v = &p->values[i];

        if (value_is_short(v))
            p->slots[i] = slot_of(v, 0);
        else
            simple = false;
    }
    p->tails = !simple;
    if (__builtin_expect(!simple, 0)) {
        uint64_t size;

        if (!pack_long(p, task->executor->worker->config.max_tuple_bytes,
                       &size))
            return refuse_size(task, x, size);
    }
    return GALE_OK;
}

__attribute__((noinline, cold)) static gale_result refuse_shape(
    struct task *task, const struct emission *x, uint32_t n)
{
    const struct stream_decl *decl = x->stream->decl;

    if (n != decl->n_fields)
        return refuse(task,
                      "%u value%s for stream \"%s\", which declares %u "
                      "field%s",
                      n, n == 1 ? "" : "s", decl->name, decl->n_fields,
                      decl->n_fields == 1 ? "" : "s");
    if (!task->can_emit)
        return refuse(task, "nothing can be emitted from close and cleanup, "
                            "nor before open and prepare have returned");
    if (x->direct_task == 0)
        return refuse(task,
                      "stream \"%s\" is direct: say which task with "
                      "gale_emit_opts.direct_task",
                      decl->name);
    return refuse(task, "direct_task is set, but stream \"%s\" is not direct",
                  decl->name);
}

static bool direct_found(const struct emission *x)
{
    return x->direct_task == 0 || x->n_tasks > 0 || x->stream->n_routes == 0;
}

/* topology.debug: every tuple in the log. */
__attribute__((noinline, cold)) static void log_emit(struct task *task,
                                                     const struct emission *x,
                                                     const gale_value *values,
                                                     uint32_t n)
{
    char name[300], text[LOG_TEXT_MAX];

    log_info(task->executor->worker->log, task_name(task, name, sizeof(name)),
             "emit %s %s to %u task%s", x->stream->decl->name,
             value_text(gale_list(values, n), text, sizeof(text)), x->n_tasks,
             x->n_tasks == 1 ? "" : "s");
}

gale_result outbox_emit(struct task *task, struct emission *x,
                        const gale_value *values, uint32_t n)
{
    struct stream_out *s = x->stream;
    struct packed p;

    if (__builtin_expect(n != s->decl->n_fields || !task->can_emit ||
                             (x->direct_task != 0) !=
                                 ((s->decl->flags & GALE_STREAM_DIRECT) != 0),
                         0))
        return refuse_shape(task, x, n);
    p.values = values;
    p.n = n;
    if (pack(task, x, &p) != GALE_OK)
        return GALE_FATAL;
    x->n_tasks = 0;
    for (uint32_t i = 0; i < s->n_routes; i++)
        if (!put_route(task, x, &s->routes[i], &p))
            return GALE_FATAL;
    if (__builtin_expect(!direct_found(x), 0))
        return refuse(task,
                      "direct_task %d is no task that takes stream \"%s\"",
                      x->direct_task, s->decl->name);
    counter_add(&s->emitted, 1);
    counter_add(&s->transferred, x->n_tasks);
    if (__builtin_expect(task->debug, 0))
        log_emit(task, x, values, n);
    return GALE_OK;
}

/* -- the usual case: one subscriber, one field ----------------------------- */

/*
 * A stream with one field and one subscriber has an emit of its own, chosen when
 * it is wired. It does the common thing without calling anything; whatever else
 * there is to do (a long text, no room in the block) is left to emit_general()
 * and make_room(), as last calls, so that it needs no stack.
 */

gale_result outbox_emit_general(struct task *task, struct stream_out *s,
                                struct tree *trees, uint32_t n_trees,
                                const gale_value *values, uint32_t n)
{
    struct emission x = {.stream = s, .trees = trees, .n_trees = n_trees};

    return outbox_emit(task, &x, values, n);
}

/* How the target is chosen. */
enum { FAST_KEYED, FAST_SHUFFLE, FAST_FIRST };

/* An outlet with room for one tuple of the route. */
static struct outlet *outlet_ready(struct task *task, struct route *r,
                                   uint32_t target, uint32_t size)
{
    uint32_t place = r->to->place[target];
    struct outlet *o = r->to->outlets[place >> 16];

    if (o == NULL)
        o = make_outlet(task, r, place >> 16);
    reserve(o, r, size);
    return o;
}

__attribute__((noinline)) static gale_result make_room(
    struct task *task, struct stream_out *s, struct tree *trees,
    uint32_t n_trees, const gale_value *values, uint32_t target)
{
    outlet_ready(task, s->routes, target,
                 (uint32_t)sizeof(struct tuple) + 16 * (n_trees + 1));
    s->routes->keep = true;
    return s->emit(task, s, trees, n_trees, values, 1);
}

__attribute__((noinline)) static gale_result send_slice(struct outlet *o)
{
    outlet_send(o);
    return GALE_OK;
}

static TUPLE_INLINE uint32_t fast_target(struct route *r, const uint32_t kind,
                                         struct slot slot,
                                         const gale_value *value, uint32_t size)
{
    struct slot key;

    if (kind == FAST_SHUFFLE)
        return shuffle(r, size);
    if (kind == FAST_FIRST)
        return 0;
    grouper_key(slot, value, r->seed, &key);
    return grouper_owner(grouper_group(grouper_hash(&key, 1, r->seed)),
                         r->to->n_tasks);
}

/* False: a value for another way. */
static TUPLE_INLINE bool fast_slot(const gale_value *v, struct slot *slot)
{
    uint64_t lo, hi;

    if (__builtin_expect((v->kind == GALE_STRING || v->kind == GALE_BYTES) &&
                             v->size - 1u < TUPLE_INLINE_MAX &&
                             text_is_wide(v->as.data) && v->as.data != NULL,
                         1)) {
        text_words_wide(v->as.data, v->size, &lo, &hi);
        *slot = slot_words(v->kind, v->size, lo, hi);
        return true;
    }
    slot->head = v->kind;
    slot->word = (uint64_t)v->as.i;
    return v->kind < GALE_STRING;
}

/* Head and anchor; returns where the slot goes. */
static TUPLE_INLINE char *fast_head(char *p, struct task *task,
                                    struct tree *trees, uint32_t n_trees,
                                    uint64_t size_and_place)
{
    uint64_t head =
        size_and_place | UINT64_C(1) << 32 | (uint64_t)n_trees << 40;

    memcpy(p, &head, sizeof(head));
    p += sizeof(head);
    if (n_trees > 0) {
        uint64_t edge = carrier_edge(task->executor->carrier);

        trees->sum ^= edge;
        words_store(p, trees->root, edge);
        p += sizeof(struct anchor);
    }
    return p;
}

/* One text that does not fit into its slot. */
static TUPLE_INLINE gale_result emit_text(struct task *task,
                                          struct stream_out *s,
                                          struct tree *trees, uint32_t n_trees,
                                          const gale_value *v,
                                          const uint32_t kind)
{
    uint32_t fixed = (uint32_t)sizeof(struct tuple) + 16 * (n_trees + 1);
    uint32_t size = fixed + ((v->size + 7) & ~7u);
    struct slot slot = slot_long(v, fixed);
    struct route *r = s->routes;
    uint32_t target = fast_target(r, kind, slot, v, size);
    struct outlet *o = outlet_ready(task, r, target, size);
    char *p = fast_head(o->cursor, task, trees, n_trees,
                        size | (uint64_t)r->to->place[target] << 48);

    slot_store(p, &slot);
    memset(o->cursor + size - 8, 0, 8);
    memcpy(p + sizeof(slot), v->as.data, v->size);
    counter_add(&s->emitted_fast, 1);
    written(o, size);
    return GALE_OK;
}

static TUPLE_INLINE bool is_plain_text(const gale_value *v)
{
    return (v->kind == GALE_STRING || v->kind == GALE_BYTES) &&
           v->size > TUPLE_INLINE_MAX && v->size <= FAST_TEXT_MAX &&
           v->as.data != NULL;
}

static TUPLE_INLINE gale_result fast_emit(struct task *task,
                                          struct stream_out *s,
                                          struct tree *trees, uint32_t n_trees,
                                          const gale_value *values,
                                          const uint32_t kind,
                                          stream_emit_fn *otherwise)
{
    uint32_t size = (uint32_t)sizeof(struct tuple) + 16 * (n_trees + 1);
    struct route *r = s->routes;
    struct slot slot;
    uint32_t target, place;
    struct outlet *o;
    char *p;

    if (__builtin_expect(n_trees > 1, 0) || !fast_slot(values, &slot))
        return otherwise(task, s, trees, n_trees, values, 1);
    target = fast_target(r, kind, slot, values, size);
    place = r->to->place[target];
    o = r->to->outlets[place >> 16];
    if (__builtin_expect(o == NULL || o->route != r ||
                             (size_t)(o->end - o->cursor) < size,
                         0))
        return make_room(task, s, trees, n_trees, values, target);
    p = fast_head(o->cursor, task, trees, n_trees,
                  size | (uint64_t)place << 48);
    slot_store(p, &slot);
    counter_add(&s->emitted_fast, 1);
    o->cursor += size;
    if (o->n++ == 0)
        mark_dirty(o);
    if (__builtin_expect(o->n >= o->n_max, 0))
        return send_slice(o);
    return GALE_OK;
}

/* The two functions of one kind: the common case, and what it leaves. */
#define FAST_EMIT(name, kind)                                                  \
    __attribute__((noinline)) static gale_result name##_other(                 \
        struct task *task, struct stream_out *s, struct tree *trees,           \
        uint32_t n_trees, const gale_value *values, uint32_t n)                \
    {                                                                          \
        if (n == 1 && n_trees <= 1 && is_plain_text(values))                   \
            return emit_text(task, s, trees, n_trees, values, kind);           \
        return outbox_emit_general(task, s, trees, n_trees, values, n);        \
    }                                                                          \
                                                                               \
    static gale_result name(struct task *task, struct stream_out *s,           \
                            struct tree *trees, uint32_t n_trees,              \
                            const gale_value *values, uint32_t n)              \
    {                                                                          \
        if (__builtin_expect(n != 1, 0))                                       \
            return outbox_emit_general(task, s, trees, n_trees, values, n);    \
        return fast_emit(task, s, trees, n_trees, values, kind, name##_other); \
    }

FAST_EMIT(emit_keyed, FAST_KEYED)
FAST_EMIT(emit_shuffle, FAST_SHUFFLE)
FAST_EMIT(emit_first, FAST_FIRST)

stream_emit_fn *outbox_emit_for(const struct stream_out *s, bool debug)
{
    const struct route *r = s->routes;

    if (debug || s->n_routes != 1 || (s->decl->flags & GALE_STREAM_DIRECT) ||
        s->decl->n_fields != 1 || r->kind == GALE_CUSTOM ||
        r->kind == GALE_PARTIAL_KEY)
        return outbox_emit_general;
    if (r->to->n_tasks == 1 || r->kind == GALE_GLOBAL)
        return emit_first;
    if (route_is_shuffle(r))
        return emit_shuffle;
    return r->kind == GALE_BY_FIELDS ? emit_keyed : outbox_emit_general;
}
