/*
 * count.c - bolt: how often each key came.
 *
 * Emits (word, count) for each key whose count has changed: at the end of the
 * input, every `emit.ms` milliseconds too, or at once, as the option `emit`
 * says. A key is the value of one field: nil, a bool, a number or text; values
 * of different kinds are different keys, except that a float's -0 is 0.
 *
 * The table is open addressing over slots of 24 bytes. A key of up to 14 bytes
 * lies in its slot, so that the usual word costs one multiplication for its
 * hash and one cache line; a longer one is a copy that the slot points at. The
 * hash is seeded: nobody can choose words that collide.
 */
#include <gale/bolt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    INLINE_MAX = 14,    /* bytes of text in a slot */
    SLOTS_FIRST = 1024, /* a power of two, as are all sizes of the table */
};

/* Out of the way of the usual word. */
#define RARE __attribute__((noinline, cold))

enum emit { AT_END, AT_TICK, EACH };

/* Bits of key.hi: bytes 8 … 13 of the text, its size, its kind. */
#define SIZE_SHIFT 48
#define KIND_SHIFT 56
#define LONG_BIT ((uint64_t)1 << 63)
#define HASH_BITS (((uint64_t)1 << KIND_SHIFT) - 1)

/*
 * Text of up to INLINE_MAX bytes: lo has the first eight, hi as above. Longer
 * text: lo points to a struct text, hi has LONG_BIT, the kind and the text's
 * hash. Else: lo is the value's bits. hi is never 0: its kind is kind + 1.
 */
struct key {
    uint64_t lo, hi;
};

struct slot {
    struct key key;    /* hi 0: free */
    uint64_t n_marked; /* 2 * count + 1 if that is not yet emitted */
};

struct text {
    size_t size;
    char data[];
};

struct count {
    gale_str field; /* options */
    int32_t emit;   /* enum emit */
    int64_t emit_ms;

    struct slot *slots;
    size_t n_slots, n_used;
    uint64_t seed[2];
};

/* -- keys ------------------------------------------------------------------ */

static inline uint64_t load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t kind_bits(uint32_t kind)
{
    return (uint64_t)(kind + 1) << KIND_SHIFT;
}

/* May sixteen bytes be read from here on, whoever owns them? Within the page of
 * a text the processor does not mind, only the sanitizers do. */
static inline bool can_read_16(const char *p, uint64_t n)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)p;
    (void)n;
    return false;
#else
    return n > 0 && ((uintptr_t)p & 4095) <= 4096 - 16;
#endif
}

/*
 * At most INLINE_MAX bytes. All sixteen that a key can take are read and the
 * ones behind the text masked out: a branch on the size would be guessed wrong
 * for every other word.
 */
static inline struct key short_key(uint32_t kind, const char *p, uint64_t n)
{
    static const char mask[32] = "\xff\xff\xff\xff\xff\xff\xff\xff"
                                 "\xff\xff\xff\xff\xff\xff\xff\xff";
    struct key key = {0, 0};

    if (__builtin_expect(can_read_16(p, n), 1)) {
        key.lo = load8(p) & load8(mask + 16 - n);
        key.hi = load8(p + 8) & load8(mask + 24 - n);
    } else if (n) {
        memcpy(&key, p, n);
    }
    key.hi |= kind_bits(kind) | n << SIZE_SHIFT;
    return key;
}

/* Of at least eight bytes. */
static uint64_t long_hash(const struct count *c, const char *p, size_t n)
{
    uint64_t hash = c->seed[0] ^ n;

    for (size_t i = 0; i + 8 <= n; i += 8)
        hash = fold(hash ^ load8(p + i), c->seed[1]);
    return fold(hash ^ load8(p + n - 8), c->seed[1]);
}

static uint64_t float_bits(double f)
{
    uint64_t bits;

    if (f != f)
        return UINT64_MAX; /* any NaN is the same key */
    if (f == 0)
        f = 0; /* -0, too */
    memcpy(&bits, &f, sizeof(bits));
    return bits;
}

/* The slot's key as the value it was made of. */
static gale_value key_value(const struct key *key)
{
    uint32_t kind = (uint32_t)((key->hi & ~LONG_BIT) >> KIND_SHIFT) - 1;
    gale_value v = gale_nil();

    v.kind = kind;
    if (kind != GALE_STRING && kind != GALE_BYTES) {
        memcpy(&v.as, &key->lo, sizeof(v.as));
    } else if (key->hi & LONG_BIT) {
        const struct text *t = (const struct text *)(uintptr_t)key->lo;

        v.size = (uint32_t)t->size;
        v.as.data = t->data;
    } else {
        v.size = (uint32_t)(key->hi >> SIZE_SHIFT & 0xff);
        v.as.data = (const char *)key;
    }
    return v;
}

/* -- the table ------------------------------------------------------------- */

static void *memory(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p) {
        fprintf(stderr, "gale: count: out of memory (%zu bytes)\n", n * size);
        abort();
    }
    return p;
}

/* The slot where the search for a key begins. */
static inline size_t place(const struct count *c, uint64_t lo, uint64_t hi)
{
    return fold(lo ^ c->seed[0], hi ^ c->seed[1]) & (c->n_slots - 1);
}

/* For a long key, that is not where its copy lies but what it says. */
static size_t place_of(const struct count *c, const struct key *key)
{
    return place(c, key->hi & LONG_BIT ? 0 : key->lo, key->hi);
}

static inline size_t behind(const struct count *c, size_t i)
{
    return (i + 1) & (c->n_slots - 1);
}

static void grow(struct count *c)
{
    struct slot *old = c->slots;
    size_t n = c->n_slots;

    c->n_slots = n ? 2 * n : SLOTS_FIRST;
    c->slots = memory(c->n_slots, sizeof(*c->slots));
    for (size_t i = 0; i < n; i++) {
        size_t to;

        if (!old[i].key.hi)
            continue;
        for (to = place_of(c, &old[i].key); c->slots[to].key.hi;)
            to = behind(c, to);
        c->slots[to] = old[i];
    }
    free(old);
}

/* Take the free slot i for the key, or another one after growing. */
RARE static struct slot *add(struct count *c, size_t i, struct key key)
{
    if (++c->n_used > c->n_slots / 16 * 13) {
        grow(c);
        for (i = place_of(c, &key); c->slots[i].key.hi;)
            i = behind(c, i);
    }
    c->slots[i].key = key;
    return &c->slots[i];
}

static inline struct slot *find(struct count *c, struct key key)
{
    size_t i = place(c, key.lo, key.hi);

    for (; c->slots[i].key.hi; i = behind(c, i)) {
        const struct key *at = &c->slots[i].key;

        if (((at->lo ^ key.lo) | (at->hi ^ key.hi)) == 0)
            return &c->slots[i];
    }
    return add(c, i, key);
}

static bool is_text(const struct key *key, const char *p, size_t n)
{
    const struct text *t = (const struct text *)(uintptr_t)key->lo;

    return t->size == n && !memcmp(t->data, p, n);
}

static struct slot *find_long(struct count *c, uint32_t kind, const char *p,
                              size_t n)
{
    struct key key = {0, LONG_BIT | kind_bits(kind)};
    struct text *copy;
    size_t i;

    key.hi |= long_hash(c, p, n) & HASH_BITS;
    for (i = place(c, 0, key.hi); c->slots[i].key.hi; i = behind(c, i))
        if (c->slots[i].key.hi == key.hi && is_text(&c->slots[i].key, p, n))
            return &c->slots[i];
    copy = memory(1, sizeof(*copy) + n);
    copy->size = n;
    memcpy(copy->data, p, n);
    key.lo = (uint64_t)(uintptr_t)copy;
    return add(c, i, key);
}

/* Of any value but short text; NULL if a value of this kind is no key. */
RARE static struct slot *find_other(struct count *c, gale_value v)
{
    struct key key = {0, kind_bits(v.kind)};

    switch (v.kind) {
    case GALE_STRING:
    case GALE_BYTES:
        if (v.size > INLINE_MAX)
            return find_long(c, v.kind, v.as.data, v.size);
        return find(c, short_key(v.kind, v.as.data, v.size));
    case GALE_NIL:
        return find(c, key);
    case GALE_BOOL:
    case GALE_INT:
        key.lo = (uint64_t)v.as.i;
        return find(c, key);
    case GALE_FLOAT:
        key.lo = float_bits(v.as.f);
        return find(c, key);
    default:
        return NULL;
    }
}

/* -- callbacks ------------------------------------------------------------- */

static gale_result prepare(gale_task *task)
{
    struct count *c = gale_instance(task);

    c->seed[0] = gale_random(task);
    c->seed[1] = gale_random(task) | 1;
    grow(c);
    if (c->emit == AT_TICK)
        gale_tick_every(task, c->emit_ms);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct count *c = gale_instance(task);

    for (size_t i = 0; i < c->n_slots; i++)
        if (c->slots[i].key.hi & LONG_BIT)
            free((void *)(uintptr_t)c->slots[i].key.lo);
    free(c->slots);
}

RARE static gale_result refuse(gale_task *task, const gale_tuple *in)
{
    return gale_error(task, GALE_POISON,
                      "a list or a map (from %s, stream %s) cannot be "
                      "counted: give a number or text",
                      gale_source_component(in), gale_source_stream(in));
}

RARE static gale_result emit_now(gale_task *task, struct slot *slot)
{
    slot->n_marked &= ~(uint64_t)1;
    return gale_emit(task, key_value(&slot->key),
                     gale_int((int64_t)(slot->n_marked / 2)));
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct count *c = gale_instance(task);
    gale_value key =
        c->field.size ? gale_value_of(in, c->field.data) : gale_get(in, 0);
    struct slot *slot;

    if (key.kind == GALE_STRING && key.size <= INLINE_MAX)
        slot = find(c, short_key(GALE_STRING, key.as.data, key.size));
    else
        slot = find_other(c, key);
    if (!slot)
        return refuse(task, in);
    slot->n_marked = (slot->n_marked + 2) | 1;
    return c->emit == EACH ? emit_now(task, slot) : GALE_OK;
}

/* All that has not been emitted with its present count. */
static gale_result emit_changed(gale_task *task)
{
    struct count *c = gale_instance(task);
    gale_result result = GALE_OK;

    for (size_t i = 0; i < c->n_slots && result == GALE_OK; i++) {
        if (c->slots[i].n_marked & 1)
            result = emit_now(task, &c->slots[i]);
    }
    return result;
}

/* Also called for topology.tick.tuple.freq.secs. */
static gale_result tick(gale_task *task)
{
    const struct count *c = gale_instance(task);

    return c->emit == AT_TICK ? emit_changed(task) : GALE_OK;
}

GALE_BOLT(
    count, .summary = "how often each key came", .prepare = prepare,
    .cleanup = cleanup, .execute = execute, .tick = tick,
    .end_of_input = emit_changed, .instance_size = sizeof(struct count),
    .streams = GALE_OUTPUTS("word", "count"),
    .options = GALE_OPTIONS(
        GALE_OPTION_STR(struct count, field, "field", "",
                        "name of the field that is the key; the first "
                        "one if empty"),
        GALE_OPTION_ENUM(struct count, emit, "emit", "end", "end tick each",
                         "when counts go out: at the end of the input, "
                         "also every emit.ms, or with each input"),
        GALE_OPTION_INT(struct count, emit_ms, "emit.ms", "1000", 1, 86400000,
                        "milliseconds from one tick to the next")));
