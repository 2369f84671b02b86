/* made_slice.c - slices as emit leaves them in a block; see made_slice.h. */
#include "tests/support/made_slice.h"
#include "topology-api/memory.h"

/* Room for a tuple and a shared anchor more. */
static void grow(struct made_slice *m, size_t size)
{
    size_t tuples = (size_t)(m->at - m->memory);
    size_t shared = (size_t)(m->slice.shared - m->end);
    size_t room = 2 * (tuples + shared) + size + 64;
    char *memory = xmalloc(room & ~(size_t)7);

    memset(memory, 0xa5, room & ~(size_t)7);
    if (tuples > 0)
        memcpy(memory, m->memory, tuples);
    m->slice.tuples = memory;
    m->slice.shared = memory + (room & ~(size_t)7);
    if (shared > 0)
        memcpy(m->slice.shared - shared, m->end, shared);
    m->at = memory + tuples;
    m->end = m->slice.shared - shared;
    free(m->memory);
    m->memory = memory;
}

void made_slice_begin(struct made_slice *m, uint32_t n_fields)
{
    *m = (struct made_slice){
        .slice = {.executor = 3, .task = 5, .input = 1, .n_fields = n_fields}};
}

void made_slice_free(struct made_slice *m)
{
    free(m->memory);
}

/* -- tuples ---------------------------------------------------------------- */

static void share(struct made_slice *m, const struct anchor *a)
{
    struct shared_anchor *s = (struct shared_anchor *)(void *)m->end;

    if (m->end == m->slice.shared || s->anchor.root != a->root) {
        *--s = (struct shared_anchor){*a, 0};
        m->end = (char *)s;
    }
    s->n++;
}

/* Behind the head; returns their size. */
static uint32_t write_anchors(char *to, const struct made_tuple *t)
{
    uint64_t n = t->n_anchors;

    if (t->shares || n == 0)
        return 0;
    if (n > 1) {
        memcpy(to, &n, sizeof(n));
        to += sizeof(n);
    }
    memcpy(to, t->anchors, n * sizeof(*t->anchors));
    return anchors_size((uint32_t)n);
}

static uint8_t flags_of(const struct made_tuple *t)
{
    if (t->n_anchors == 0)
        return 0;
    if (t->shares)
        return TUPLE_SHARES;
    return t->n_anchors == 1 ? TUPLE_ANCHORED : TUPLE_ANCHORED | TUPLE_EXTENDED;
}

static uint64_t size_of(const struct made_slice *m, const struct made_tuple *t)
{
    uint64_t size = sizeof(struct tuple) + anchors_size(t->n_anchors) +
                    m->slice.n_fields * sizeof(struct slot);

    for (uint32_t i = 0; i < m->slice.n_fields; i++)
        size += value_tail(&t->values[i], 0);
    return size;
}

void made_slice_add(struct made_slice *m, const struct made_tuple *t)
{
    uint32_t n = m->slice.n_fields;
    struct tuple head = {0, (uint8_t)n, flags_of(t), t->dst};
    uint64_t at, size;

    if ((size_t)(m->end - m->at) < size_of(m, t) + sizeof(struct shared_anchor))
        grow(m, size_of(m, t));
    if (t->shares)
        share(m, t->anchors);
    at = sizeof(head) + write_anchors(m->at + sizeof(head), t);
    size = at + n * sizeof(struct slot);
    for (uint32_t i = 0; i < n; i++) {
        struct slot s = slot_of(&t->values[i], size);

        memcpy(m->at + at + i * sizeof(s), &s, sizeof(s));
        size = value_write_tail(m->at, size, &t->values[i]);
    }
    head.size = (uint32_t)size;
    memcpy(m->at, &head, sizeof(head));
    m->at += size;
    check(m->at <= m->end);
    m->slice.n++;
}

void made_slice_plain(struct made_slice *m, const gale_value *values)
{
    made_slice_add(m, &(struct made_tuple){.values = values});
}

void made_slice_done(struct made_slice *m)
{
    size_t size = (size_t)(m->slice.shared - m->end);

    memmove(m->at, m->end, size);
    m->end = m->at;
    m->slice.shared = m->at + size;
    m->slice.bytes = (uint32_t)(m->slice.shared - m->slice.tuples);
}

/* -- chance ---------------------------------------------------------------- */

static char *random_text(struct random *random, uint32_t size)
{
    char *text = xmalloc(size);

    for (uint32_t i = 0; i < size; i++)
        text[i] = (char)random_next(random);
    return text;
}

/* Short ones above all, and those at whose sizes the form changes. */
static uint32_t random_size(struct random *random)
{
    static const uint32_t edges[] = {14,  15,  16,  31,    32,
                                     255, 256, 257, 65535, 65536};
    uint64_t which = random_below(random, 400);

    if (which < sizeof(edges) / sizeof(edges[0]))
        return edges[which];
    return (uint32_t)random_below(random, which < 100 ? 100 : 17);
}

static int64_t random_int(struct random *random)
{
    uint64_t bits = random_next(random) >> random_below(random, 64);

    return random_next(random) & 1 ? (int64_t)bits : -(int64_t)bits;
}

static gale_value random_list(struct random *random, uint32_t kind,
                              uint32_t depth)
{
    uint32_t n = (uint32_t)random_below(random, 5);
    uint32_t items = n << (kind == GALE_MAP);
    gale_value *values = xcalloc(items, sizeof(*values));
    gale_value v = {kind, n, {.items = values}};

    for (uint32_t i = 0; i < items; i++)
        values[i] = made_value(random, depth - 1);
    return v;
}

gale_value made_value(struct random *random, uint32_t depth)
{
    uint32_t kind = (uint32_t)random_below(random, depth > 0 ? 8 : 6), size;
    gale_value v = {kind, 0, {0}};

    switch (kind) {
    case GALE_NIL:
        return v;
    case GALE_BOOL:
        return gale_bool(random_next(random) & 1);
    case GALE_INT:
        return gale_int(random_int(random));
    case GALE_FLOAT:
        v.as.i = (int64_t)random_next(random); /* NaN, too */
        return v;
    case GALE_LIST:
    case GALE_MAP:
        return random_list(random, kind, depth);
    default:
        v.size = size = random_size(random);
        v.as.data = random_text(random, size);
        return v;
    }
}

void made_value_free(gale_value v)
{
    uint64_t items = (uint64_t)v.size << (v.kind == GALE_MAP);

    if (v.kind == GALE_STRING || v.kind == GALE_BYTES)
        free((char *)(uintptr_t)v.as.data);
    if (v.kind != GALE_LIST && v.kind != GALE_MAP)
        return;
    for (uint64_t i = 0; i < items; i++)
        made_value_free(v.as.items[i]);
    free((gale_value *)(uintptr_t)v.as.items);
}

/* Often one short word. */
static gale_value random_field(struct random *random, bool short_ones)
{
    uint32_t size = (uint32_t)random_below(random, TUPLE_INLINE_MAX + 1);
    gale_value v = {GALE_STRING, size, {0}};

    if (!short_ones)
        return made_value(random, (uint32_t)random_below(random, 5));
    v.as.data = random_text(random, size);
    return v;
}

enum { ANCHORS = 5, TASKS = 4, FIELDS = 4 };

static void random_anchors(struct random *random, struct anchor *anchors)
{
    for (uint32_t i = 0; i < ANCHORS; i++) {
        uint64_t seq = random_below(random, 4);

        anchors[i].root = UINT64_C(3) << 48 | (1000 + seq);
        if (seq == 0)
            anchors[i].root = random_next(random);
        anchors[i].edge = seq < 2 ? 1 : random_next(random) | 1;
    }
}

/* What the next tuple has, if it is not as the last one. */
static void random_form(struct random *random, struct made_tuple *t)
{
    uint32_t n = (uint32_t)random_below(random, ANCHORS + 1);

    t->n_anchors = n;
    t->shares = random_next(random) & 1 && n > 0;
    if (t->shares)
        t->n_anchors = 1;
    t->dst = (uint16_t)random_below(random, TASKS);
}

static void random_tuple(struct made_slice *m, struct random *random,
                         struct made_tuple *t, bool short_ones)
{
    struct anchor anchors[ANCHORS];
    gale_value values[FIELDS];

    if (random_below(random, 5) == 0)
        random_form(random, t);
    random_anchors(random, anchors);
    for (uint32_t i = 0; i < m->slice.n_fields; i++)
        values[i] =
            random_field(random, short_ones && random_below(random, 50) > 0);
    t->values = values;
    t->anchors = anchors;
    made_slice_add(m, t);
    for (uint32_t i = 0; i < m->slice.n_fields; i++)
        made_value_free(values[i]);
}

void made_slice_random(struct made_slice *m, struct random *random,
                       uint32_t tuples)
{
    uint32_t n = 1 + (uint32_t)random_below(random, tuples);
    bool short_ones = random_next(random) & 1;
    struct made_tuple t = {.n_anchors = 0};

    made_slice_begin(m, (uint32_t)random_below(random, FIELDS + 1));
    random_form(random, &t);
    for (uint32_t i = 0; i < n; i++)
        random_tuple(m, random, &t, short_ones);
    made_slice_done(m);
}
