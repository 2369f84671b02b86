/* batch_view.c - execute_batch: collects, hands over, settles; see
 * batch_view.h. */
#include "worker/batch_view.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/bolt_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <gale/batch.h>
#include <stdlib.h>

/* What became of a tuple: the result of the batch decides, it is settled, or
 * its handle decides. */
enum done { OPEN, SETTLED, HELD };

struct batch_view {
    gale_batch public; /* first: handles are pointers to it */
    struct task *task;
    char *base;          /* the first tuple */
    uint32_t stride;     /* from one to the next; 0: they differ */
    uint32_t current;    /* the task's input */
    uint32_t n_done;     /* settled by themselves */
    uint32_t missing;    /* a field that was asked for; GALE_NO_FIELD: none */
    struct sharing seen; /* where the executor's `sharing` is … */
    uint32_t seen_at;    /* … when it comes to this tuple */
    uint32_t at[GALE_BATCH_MAX];  /* if they differ, offsets from base */
    uint8_t done[GALE_BATCH_MAX]; /* enum done */
    gale_handle held[GALE_BATCH_MAX];
    struct ack_record acks[1 + GALE_BATCH_MAX]; /* the first is none */
};

static struct batch_view *batch_of(gale_batch *public)
{
    return (struct batch_view *)(void *)public;
}

static inline struct tuple *tuple_at(const struct batch_view *b, uint32_t i)
{
    uint32_t at = b->stride > 0 ? i * b->stride : b->at[i];

    return (struct tuple *)(void *)(b->base + at);
}

static inline bool has_own_anchor(const struct tuple *tuple)
{
    return tuple->flags & TUPLE_ANCHORED;
}

static inline bool shares(const struct tuple *tuple)
{
    return tuple->flags & TUPLE_SHARES;
}

/* -- the current tuple ----------------------------------------------------- */

/* The anchor that tuple i shares. Tuples are mostly entered one after the
 * other, so the search goes on where the last one ended. */
static struct shared_anchor *shared_of(struct batch_view *b, uint32_t i)
{
    if (i < b->seen_at) {
        b->seen = b->task->executor->sharing;
        b->seen_at = 0;
    }
    for (; b->seen_at < i; b->seen_at++)
        if (shares(tuple_at(b, b->seen_at))) {
            sharing_next(&b->seen);
            sharing_pass(&b->seen, 1);
        }
    return sharing_next(&b->seen);
}

/* It was held: what is emitted belongs to the held input, if that is open. */
static void enter_held(struct batch_view *b, uint32_t i)
{
    struct task *t = b->task;
    struct held_input *in = held_find(&t->bolt->held, b->held[i]);

    t->bolt->current = in;
    t->n_trees = in != NULL ? in->n_trees : 0;
    if (in != NULL)
        t->trees = in->trees;
}

static void enter(struct batch_view *b, uint32_t i)
{
    struct task *t = b->task;
    const struct tuple *tuple = tuple_at(b, i);

    check(i < b->public.n);
    b->current = i;
    tuple_view_set(&t->view, tuple);
    t->n_trees = b->done[i] == OPEN && tuple->flags != 0;
    t->held = b->done[i] != OPEN; /* it cannot be held anew */
    if (b->done[i] == HELD)
        enter_held(b, i);
    else if (has_own_anchor(tuple))
        tree_begin(t, (const struct anchor *)(tuple + 1));
    else if (shares(tuple) && b->done[i] == OPEN)
        tree_begin_shared(t, shared_of(b, i));
}

static void no_trees(struct task *t)
{
    t->bolt->current = NULL;
    t->trees = &t->one_tree;
    t->n_trees = 0;
    t->shared = NULL;
}

/* The current tuple is settled otherwise than by the result of the batch. */
static void settle_current(struct batch_view *b, gale_result result)
{
    struct task *t = b->task;
    uint8_t *done = &b->done[b->current];

    check(*done != SETTLED);
    b->n_done += *done == OPEN;
    bolt_settle_input(t, result);
    no_trees(t);
    t->held = true;
    *done = SETTLED;
}

/* Its handle decides from here on. */
static void leave_held(struct batch_view *b)
{
    struct task *t = b->task;

    b->n_done += b->done[b->current] == OPEN;
    b->held[b->current] = held_handle(t->bolt->current);
    b->done[b->current] = HELD;
    no_trees(t);
}

/* What it made is taken off its anchor, for whoever comes back or acks it. */
static void leave_open(struct batch_view *b)
{
    struct task *t = b->task;

    if (t->shared != NULL)
        tree_end_shared(t);
    else
        memcpy(tuple_at(b, b->current) + 1, &t->one_tree,
               sizeof(struct anchor));
}

/* It is settled: what accessors refused after that is only reported. */
static void leave_settled(struct task *t)
{
    if (t->marked)
        task_result(t, "execute_batch", GALE_OK);
}

static void leave(struct batch_view *b)
{
    struct task *t = b->task;

    if (b->done[b->current] == SETTLED)
        leave_settled(t);
    else if (t->marked)
        settle_current(b, GALE_OK);
    else if (t->bolt->current != NULL)
        leave_held(b);
    else if (t->held) /* and settled meanwhile */
        settle_current(b, GALE_OK);
    else if (t->n_trees > 0)
        leave_open(b);
    t->held = false;
}

static const gale_tuple *move_to(struct batch_view *b, uint32_t i)
{
    if (i != b->current) {
        leave(b);
        enter(b, i);
    }
    return &b->task->view.public;
}

/* -- the host functions ---------------------------------------------------- */

__attribute__((noinline, cold)) static void no_tuple(struct batch_view *b,
                                                     uint32_t i)
{
    char text[200];

    snprintf(text, sizeof(text),
             "asked for tuple number %u of a batch of %u (numbers begin with "
             "0)",
             i, b->public.n);
    task_fatal(b->task, "execute_batch", text);
}

static const gale_tuple *tuple(gale_batch *public, uint32_t i)
{
    struct batch_view *b = batch_of(public);

    if (__builtin_expect(i >= public->n, 0)) {
        no_tuple(b, i);
        i = b->current;
    }
    return move_to(b, i);
}

static void settle(gale_batch *public, uint32_t i, gale_result result)
{
    struct batch_view *b = batch_of(public);

    if (__builtin_expect(i >= public->n, 0)) {
        no_tuple(b, i);
        return;
    }
    move_to(b, i);
    if (b->done[i] != SETTLED)
        settle_current(b, result);
}

/* How many of `max` there are from `from` on; false if the stream has no such
 * field. */
static inline bool column(struct batch_view *b, uint32_t field, uint32_t from,
                          uint32_t max, uint32_t *n)
{
    uint32_t left = from < b->public.n ? b->public.n - from : 0;

    *n = left < max ? left : max;
    if (__builtin_expect(field < tuple_at(b, 0)->n_fields, 1))
        return true;
    b->missing = field;
    return false;
}

static inline const struct slot *slot_in(const struct batch_view *b, uint32_t i,
                                         uint32_t field)
{
    return tuple_slots(tuple_at(b, i)) + field;
}

static uint32_t keys(gale_batch *public, uint32_t field, uint32_t from,
                     gale_key *keys, uint32_t max)
{
    struct batch_view *b = batch_of(public);
    uint32_t n;

    if (!column(b, field, from, max, &n)) {
        memset(keys, 0, n * sizeof(*keys));
        return n;
    }
    if (b->stride > 0 && n > 0) {
        const char *slot = (const char *)slot_in(b, from, field);

        for (uint32_t i = 0; i < n; i++, slot += b->stride)
            keys[i] = slot_key_fast((const struct slot *)(const void *)slot);
        return n;
    }
    for (uint32_t i = 0; i < n; i++)
        keys[i] = slot_key_fast(slot_in(b, from + i, field));
    return n;
}

static uint32_t values(gale_batch *public, uint32_t field, uint32_t from,
                       gale_value *values, uint32_t max)
{
    struct batch_view *b = batch_of(public);
    uint32_t n;

    if (!column(b, field, from, max, &n)) {
        for (uint32_t i = 0; i < n; i++)
            values[i] = gale_nil();
        return n;
    }
    for (uint32_t i = 0; i < n; i++)
        values[i] =
            slot_value(tuple_at(b, from + i), slot_in(b, from + i, field));
    return n;
}

static const gale_batch_host batch_host = {
    .size = sizeof(gale_batch_host),
    .tuple = tuple,
    .values = values,
    .keys = keys,
    .settle = settle,
};

/* -- executing ------------------------------------------------------------- */

/* What a tuple may have to be in a batch. */
#define ONE_ANCHOR (TUPLE_ANCHORED | TUPLE_SHARES)

/* Neighbours for the same task with at most one anchor; returns their size. */
static uint32_t collect(struct batch_view *b, uint32_t n, uint32_t stride)
{
    char *at = b->base;
    const struct tuple *first = (const struct tuple *)(void *)at;
    uint32_t size = 0, i;

    check(n > 0);
    if (n > GALE_BATCH_MAX)
        n = GALE_BATCH_MAX;
    b->stride = stride;
    if (stride > 0 && !(first->flags & ~ONE_ANCHOR)) {
        b->public.n = n; /* equal heads need not be looked at */
        return n * stride;
    }
    for (i = 0; i < n; i++) {
        const struct tuple *tuple = (const struct tuple *)(void *)(at + size);

        if ((tuple->flags & ~ONE_ANCHOR) || tuple->dst != first->dst)
            break;
        b->at[i] = size;
        size += tuple->size;
    }
    b->public.n = i;
    return size;
}

/* Each one left gets the result, with the text. Fatal is said once: then the
 * others need only fail. */
static void settle_rest(struct batch_view *b, gale_result result)
{
    struct task *t = b->task;
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text), "%s", task_take_text(t));
    leave(b);
    for (uint32_t i = 0; i < b->public.n; i++) {
        if (b->done[i])
            continue;
        enter(b, i); /* anew, though it be the one that was left last */
        if (b->missing != GALE_NO_FIELD)
            gale_get(&t->view.public, b->missing); /* marks the input */
        else if (text[0] != '\0')
            task_set_text(t, "%s", text);
        if (!b->done[i])
            settle_current(b, result);
        if (result > GALE_POISON) {
            result = GALE_RETRY;
            text[0] = '\0';
        }
    }
    if (result > GALE_POISON) { /* none was left to say it with */
        task_set_text(t, "%s", text);
        task_result(t, "execute_batch", result);
    }
}

/* Acks being folded: consecutive ones of one message are one record. */
struct fold {
    struct ack_record *records; /* the first is none */
    struct ack_record open;
    uint64_t n;
};

/* How many there are of each message is anybody's guess, so nothing branches on
 * it: a record is written again and again until the root changes. */
static inline void fold_add(struct fold *f, const char *anchor)
{
    struct anchor a;
    bool other;

    memcpy(&a, anchor, sizeof(a));
    other = a.root != f->open.root;
    f->open.value = a.edge + (other ? 0 : f->open.value);
    f->open.root = a.root;
    f->n += other;
    f->records[f->n] = f->open;
}

static const char *anchor_at(const struct batch_view *b, uint32_t i)
{
    return (const char *)(tuple_at(b, i) + 1);
}

/* All tuples of a batch of equal heads; returns how many records. */
static uint32_t fold_equal(struct batch_view *b)
{
    struct fold f = {b->acks, {0, 0}, 0};
    const char *at = anchor_at(b, 0);
    uint32_t stride = b->stride;

    for (uint32_t i = 0; i < b->public.n; i++, at += stride)
        fold_add(&f, at);
    return (uint32_t)f.n;
}

/* The next tuple shares its anchor: that is done with the last who does. */
static void fold_shared(struct batch_view *b, struct fold *f)
{
    struct sharing *s = &b->task->executor->sharing;
    const struct shared_anchor *a = sharing_next(s);

    if (sharing_pass(s, 1))
        fold_add(f, (const char *)&a->anchor);
}

_Static_assert(sizeof(struct ack_record) == sizeof(struct anchor) &&
                   offsetof(struct ack_record, root) ==
                       offsetof(struct anchor, root) &&
                   offsetof(struct ack_record, value) ==
                       offsetof(struct anchor, edge) &&
                   offsetof(struct shared_anchor, anchor) == 0,
               "a shared anchor begins with what acks it");

/* All tuples share anchors, whatever became of each: the anchors are records
 * as they lie there. */
static struct ack_span span_of_shared(struct batch_view *b)
{
    struct sharing *s = &b->task->executor->sharing;
    struct ack_span done = {(const void *)sharing_next(s),
                            -(int32_t)sizeof(struct shared_anchor), 0};

    for (uint64_t left = b->public.n; left > 0;) {
        uint64_t part;

        sharing_next(s);
        part = s->left < left ? s->left : left;
        done.n += sharing_pass(s, part);
        left -= part;
    }
    return done;
}

/* All kinds of them; those with an anchor of their own may be settled. */
static uint32_t fold_others(struct batch_view *b)
{
    struct fold f = {b->acks, {0, 0}, 0};

    for (uint32_t i = 0; i < b->public.n; i++) {
        if (shares(tuple_at(b, i)))
            fold_shared(b, &f);
        else if (has_own_anchor(tuple_at(b, i)) && !b->done[i])
            fold_add(&f, anchor_at(b, i));
    }
    return (uint32_t)f.n;
}

static struct ack_span fold_acks(struct batch_view *b)
{
    struct ack_span acks = {b->acks + 1, sizeof(*b->acks), 0};

    if (b->stride > 0 && shares(tuple_at(b, 0)))
        return span_of_shared(b);
    if (b->stride == 0 || b->n_done > 0)
        acks.n = fold_others(b);
    else if (has_own_anchor(tuple_at(b, 0)))
        acks.n = fold_equal(b);
    return acks;
}

/* The others are acked as the batch is; returns how many. */
static uint32_t ack_rest(struct batch_view *b)
{
    struct executor *e = b->task->executor;
    struct ack_span acks = fold_acks(b);

    check(b->n_done <= b->public.n && acks.n <= b->public.n);
    if (e->last_anchor == NULL)
        carrier_acks(e->carrier, acks);
    else
        for (; acks.n > 0; ack_span_skip(&acks, 1))
            executor_ack(e, acks.first->root, acks.first->value);
    return b->public.n - b->n_done;
}

static void begin(struct batch_view *b, struct task *t)
{
    b->task = t;
    b->n_done = 0;
    b->missing = GALE_NO_FIELD;
    b->seen = t->executor->sharing;
    b->seen_at = 0;
    enter(b, 0);
}

uint32_t batch_execute(struct batch_view *b, struct task *t, const char **at,
                       uint32_t n, uint32_t stride)
{
    gale_result result;
    uint32_t size;

    b->base = (char *)(uintptr_t)*at; /* the slice is the consumer's alone */
    size = collect(b, n, stride);
    if (b->public.n == 0)
        return 0;
    begin(b, t);
    result = t->component->bolt.execute_batch(&t->public, &b->public);
    if (__builtin_expect(result != GALE_OK || b->missing != GALE_NO_FIELD, 0))
        settle_rest(b, result);
    else
        leave(b);
    t->n_acked += ack_rest(b);
    if (b->n_done > 0)
        memset(b->done, 0, sizeof(b->done));
    t->held = false;
    task_forget_text(t);
    *at += size;
    return b->public.n;
}

const struct tuple *batch_holder(const struct batch_view *b,
                                 const struct task *t, const char *at,
                                 uint64_t size)
{
    for (uint32_t i = 0; b->task == t && i < b->public.n; i++)
        if (tuple_has(tuple_at(b, i), at, size))
            return tuple_at(b, i);
    return NULL;
}

struct batch_view *batch_view_new(void)
{
    struct batch_view *b = xcalloc(1, sizeof(*b));

    b->public.host = &batch_host;
    return b;
}

void batch_view_free(struct batch_view *b)
{
    free(b);
}
