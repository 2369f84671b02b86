/*
 * emit_fast.c - emit for the usual case: one subscriber, one field.
 *
 * A stream with one field and one subscriber has an emit of its own, chosen
 * when it is wired. It does the common thing without calling anything;
 * whatever else there is to do (a long text, no room in the block) is left
 * to the general emit and make_room(), as last calls, so that it needs no
 * stack. Rows are the same in a loop, which looks up less for each of them.
 */
#include "worker/carrier.h"
#include "worker/grouper.h"
#include "worker/outlet.h"
#include "worker/task_base.h"

gale_result outbox_emit_general(struct task *task, struct stream_out *s,
                                struct tree *trees, uint32_t n_trees,
                                const gale_value *values, uint32_t n)
{
    struct emission x = {.stream = s, .trees = trees, .n_trees = n_trees};

    return outbox_emit(task, &x, values, n);
}

#define FAST_TEXT_MAX 2048u /* longer text goes the general way */

/* Bytes of a tuple with one short value and no anchor of its own. */
#define ROW_SIZE ((uint32_t)(sizeof(struct tuple) + sizeof(struct slot)))

/* How the target is chosen. */
enum { FAST_KEYED, FAST_SHUFFLE, FAST_FIRST };

/* An outlet with room for one tuple of the route. */
static struct outlet *outlet_ready(struct task *task, struct route *r,
                                   uint32_t target, uint32_t size)
{
    uint32_t place = r->to->place[target];
    struct outlet *o = r->to->outlets[place >> 16];

    if (o == NULL)
        o = outlet_new(task, r, place >> 16);
    if (target == 0)
        r->first = o;
    outlet_reserve(o, r, size);
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
        return outlet_shuffle(r, size);
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
static TUPLE_INLINE char *fast_head(struct outlet *o, struct tree *trees,
                                    uint32_t n_trees, uint64_t head)
{
    char *p = o->cursor;

    memcpy(p, &head, sizeof(head));
    p += sizeof(head);
    if (n_trees > 0) {
        words_store(p, trees->root, outlet_edge(o, trees));
        o->from->last_anchor = (struct anchor *)(void *)p;
        p += sizeof(struct anchor);
    }
    return p;
}

/* As memcpy() of n > TUPLE_INLINE_MAX bytes, without a call for what is usual:
 * two halves that overlap, or four quarters. */
static TUPLE_INLINE void copy_text(char *to, const char *from, size_t n)
{
    char a[16], b[16], c[16], d[16];

    if (__builtin_expect(n < 16 || n > 64, 0)) {
        memcpy(to, from, n);
        return;
    }
    memcpy(a, from, 16);
    memcpy(b, from + n - 16, 16);
    if (n > 32) {
        memcpy(c, from + 16, 16);
        memcpy(d, from + n - 32, 16);
        memcpy(to + 16, c, 16);
        memcpy(to + n - 32, d, 16);
    }
    memcpy(to, a, 16);
    memcpy(to + n - 16, b, 16);
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
    uint32_t place = kind == FAST_FIRST ? 0 : r->to->place[target];
    struct outlet *o = kind == FAST_FIRST ? r->first : NULL;
    uint64_t head = outlet_tuple_head(size, 1, n_trees, place);
    char *p;

    if (o == NULL || o->route != r || (size_t)(o->end - o->cursor) < size)
        o = outlet_ready(task, r, target, size);
    p = fast_head(o, trees, n_trees, head);
    slot_store(p, &slot);
    memset(o->cursor + size - 8, 0, 8);
    copy_text(p + sizeof(slot), v->as.data, v->size);
    counter_add(&s->emitted_fast, 1);
    outlet_written(o, size, head);
    return GALE_OK;
}

static TUPLE_INLINE bool is_plain_text(const gale_value *v)
{
    return (v->kind == GALE_STRING || v->kind == GALE_BYTES) &&
           v->size > TUPLE_INLINE_MAX && v->size <= FAST_TEXT_MAX &&
           v->as.data != NULL;
}

/* Write one tuple with this slot for the target, which is in its slot whole. */
static TUPLE_INLINE gale_result fast_put(struct task *task,
                                         struct stream_out *s,
                                         struct tree *trees, uint32_t n_trees,
                                         const gale_value *value,
                                         const struct slot *slot,
                                         uint32_t target, const uint32_t kind)
{
    uint32_t size = (uint32_t)sizeof(struct tuple) + 16 * (n_trees + 1);
    struct route *r = s->routes;
    /* Task 0 is the first of the first executor: no tables on the way to it. */
    uint32_t place = kind == FAST_FIRST ? 0 : r->to->place[target];
    struct outlet *o =
        kind == FAST_FIRST ? r->first : r->to->outlets[place >> 16];
    uint64_t head = outlet_tuple_head(size, 1, n_trees, place);

    if (__builtin_expect(o == NULL || o->route != r ||
                             (size_t)(o->end - o->cursor) < size,
                         0))
        return make_room(task, s, trees, n_trees, value, target);
    slot_store(fast_head(o, trees, n_trees, head), slot);
    counter_add(&s->emitted_fast, 1);
    o->cursor += size;
    outlet_count(o, head);
    if (__builtin_expect(o->n >= o->n_max, 0))
        return send_slice(o);
    return GALE_OK;
}

static TUPLE_INLINE gale_result fast_emit(struct task *task,
                                          struct stream_out *s,
                                          struct tree *trees, uint32_t n_trees,
                                          const gale_value *value,
                                          const uint32_t kind,
                                          stream_emit_fn *otherwise)
{
    uint32_t size = (uint32_t)sizeof(struct tuple) + 16 * (n_trees + 1);
    struct slot slot;

    if (__builtin_expect(n_trees > 1, 0) || !fast_slot(value, &slot))
        return otherwise(task, s, trees, n_trees, value, 1);
    return fast_put(task, s, trees, n_trees, value, &slot,
                    fast_target(s->routes, kind, slot, value, size), kind);
}

/* Write rows that are short at *at, as long as they end before `end`; returns
 * how many. */
static TUPLE_INLINE uint32_t write_short(char **at, const char *end,
                                         uint64_t head,
                                         const gale_value *values, uint32_t n)
{
    char *p = *at;
    uint32_t i;

    for (i = 0; i < n && (size_t)(end - p) >= ROW_SIZE; i++, p += ROW_SIZE) {
        char *to = p + sizeof(struct tuple);
        struct slot slot;

        if (!slot_put_short(to, &values[i])) {
            if (!value_is_short(&values[i]))
                break;
            slot = slot_of(&values[i], 0);
            slot_store(to, &slot);
        }
        memcpy(p, &head, sizeof(head));
    }
    *at = p;
    return i;
}

/* n ≥ 1 tuples more of the slice share the anchor of this tree, for which there
 * is room. */
static TUPLE_INLINE void share_anchor(struct outlet *o, struct tree *tree,
                                      uint32_t n)
{
    struct shared_anchor *s = (struct shared_anchor *)(void *)o->end;

    if (__builtin_expect(o->end == o->shared || s->anchor.root != tree->root,
                         1)) {
        s--;
        s->n = 0;
        words_store((char *)&s->anchor, tree->root, outlet_edge(o, tree));
        o->end = (char *)s;
    }
    s->n += n;
    o->from->last_anchor = &s->anchor;
}

/* Rows for the one task, as many as are short and fit into the slice; returns
 * how many. */
static uint32_t rows_first(struct task *task, struct stream_out *s,
                           const gale_value *values, uint32_t n)
{
    uint32_t flags = task->n_trees > 0 ? TUPLE_SHARES : 0, done;
    uint32_t anchor = flags ? sizeof(struct shared_anchor) : 0;
    uint64_t head = outlet_tuple_head(ROW_SIZE, 1, flags, 0);
    struct outlet *o = s->routes->first;
    char *cursor;

    if (__builtin_expect(task->n_trees > 1, 0))
        return 0;
    if (__builtin_expect(o == NULL || o->route != s->routes ||
                             (size_t)(o->end - o->cursor) < ROW_SIZE + anchor,
                         0))
        o = outlet_ready(task, s->routes, 0, ROW_SIZE + anchor);
    check(o->n < o->n_max);
    if (n > o->n_max - o->n)
        n = o->n_max - o->n;
    cursor = o->cursor;
    done = write_short(&cursor, o->end - anchor, head, values, n);
    if (done == 0)
        return 0;
    if (flags)
        share_anchor(o, task->trees, done);
    counter_add(&s->emitted_fast, done);
    outlet_written_rows(o, cursor, done, head);
    return done;
}

#define KEYED_AT_ONCE 16u

/* Where rows with keys go: looked up for several before the first is written,
 * so that with many targets their outlets come from memory side by side. */
struct keyed {
    struct slot slots[KEYED_AT_ONCE];
    uint32_t targets[KEYED_AT_ONCE];
};

/* Returns how many are short, from the first one on. */
static uint32_t look_up(struct keyed *k, struct route *r,
                        const gale_value *values, uint32_t n)
{
    const struct destination *to = r->to;
    uint32_t i;

    for (i = 0; i < n && i < KEYED_AT_ONCE; i++) {
        if (!fast_slot(&values[i], &k->slots[i]))
            break;
        k->targets[i] = fast_target(r, FAST_KEYED, k->slots[i], &values[i], 0);
        __builtin_prefetch(to->outlets[to->place[k->targets[i]] >> 16], 1);
    }
    return i;
}

/* As many rows as are short, which are never refused; returns how many. */
static uint32_t rows_keyed(struct task *task, struct stream_out *s,
                           const gale_value *values, uint32_t n)
{
    struct keyed k;

    if (task->n_trees > 1)
        return 0;
    n = look_up(&k, s->routes, values, n);
    for (uint32_t i = 0; i < n; i++)
        fast_put(task, s, task->trees, task->n_trees, &values[i], &k.slots[i],
                 k.targets[i], FAST_KEYED);
    return n;
}

/* The functions of one kind: the common case, what it leaves, and rows. */
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
    }                                                                          \
                                                                               \
    static gale_result name##_rows(struct task *task, struct stream_out *s,    \
                                   const gale_value *values, uint32_t n_rows)  \
    {                                                                          \
        struct tree *trees = task->trees;                                      \
        uint32_t n_trees = task->n_trees;                                      \
        gale_result result = GALE_OK;                                          \
                                                                               \
        for (uint32_t i = 0, n; i < n_rows && result == GALE_OK; i += n) {     \
            n = kind == FAST_FIRST                                             \
                    ? rows_first(task, s, values + i, n_rows - i)              \
                : kind == FAST_KEYED                                           \
                    ? rows_keyed(task, s, values + i, n_rows - i)              \
                    : 0;                                                       \
            if (n > 0)                                                         \
                continue;                                                      \
            result = fast_emit(task, s, trees, n_trees, values + i, kind,      \
                               name##_other);                                  \
            n = 1;                                                             \
        }                                                                      \
        return result;                                                         \
    }

FAST_EMIT(emit_keyed, FAST_KEYED)
FAST_EMIT(emit_shuffle, FAST_SHUFFLE)
FAST_EMIT(emit_first, FAST_FIRST)

static gale_result general_rows(struct task *task, struct stream_out *s,
                                const gale_value *values, uint32_t n_rows)
{
    uint32_t n = s->decl->n_fields;
    gale_result result = GALE_OK;

    for (uint32_t i = 0; i < n_rows && result == GALE_OK; i++)
        result =
            s->emit(task, s, task->trees, task->n_trees, values + i * n, n);
    return result;
}

static bool has_fast_emit(const struct stream_out *s, bool watched)
{
    return !watched && s->n_routes == 1 && s->decl->n_fields == 1 &&
           !(s->decl->flags & GALE_STREAM_DIRECT);
}

static void emit_by(struct stream_out *s, stream_emit_fn *emit,
                    stream_rows_fn *rows)
{
    s->emit = emit;
    s->emit_rows = rows;
}

void outbox_emit_refused(struct stream_out *s)
{
    emit_by(s, outbox_emit_general, general_rows);
}

void outbox_emit_for(struct stream_out *s, bool watched)
{
    const struct route *r = s->routes;

    emit_by(s, outbox_emit_general, general_rows);
    if (!has_fast_emit(s, watched) || r->kind == GALE_CUSTOM ||
        r->kind == GALE_PARTIAL_KEY)
        return;
    if (r->to->n_tasks == 1 || r->kind == GALE_GLOBAL)
        emit_by(s, emit_first, emit_first_rows);
    else if (route_is_shuffle(r))
        emit_by(s, emit_shuffle, emit_shuffle_rows);
    else if (r->kind == GALE_BY_FIELDS)
        emit_by(s, emit_keyed, emit_keyed_rows);
}
