/*
 * count.c - bolt: how often each key came.
 *
 * Emits (word, count) for each key whose count has changed: at the end of the
 * input, every `emit.ms` milliseconds too, or at once, as the option `emit`
 * says. A key is the value of one field: nil, a bool, a number or text; values
 * of different kinds are different keys, except that a float's -0 is 0.
 *
 * The table is open addressing over slots of 24 bytes. The usual key is a
 * gale_key and lies in its slot, so that it costs one multiplication for its
 * hash and one cache line; longer text is a copy that the slot points at. The
 * hash is seeded: nobody can choose words that collide.
 */
#include <gale/bolt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    AT_ONCE = 64,       /* keys looked up at a time */
    SLOTS_FIRST = 1024, /* a power of two, as are all sizes of the table */
};

/* Out of the way of the usual word. */
#define RARE __attribute__((noinline, cold))

enum emit { AT_END, AT_TICK, EACH };

struct slot {
    gale_key key;      /* none: the slot is free. Or words[0] points to a struct
                          text, words[1] is its hash; see is_long() */
    uint64_t n_marked; /* 2 * count + 1 if that is not yet emitted */
};

/* Text that has no gale_key; allocated, so at a multiple of 16. */
struct text {
    uint32_t kind; /* GALE_STRING or GALE_BYTES */
    uint32_t size;
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

/* The first word of a gale_key is 0, or no multiple of 16: it holds a kind. */
static bool is_long(const gale_key *key)
{
    return key->words[0] != 0 && key->words[0] % 16 == 0;
}

static struct text *text_of(const gale_key *key)
{
    return (struct text *)(uintptr_t)key->words[0];
}

/* Of at least eight bytes. */
static uint64_t long_hash(const struct count *c, const char *p, size_t n)
{
    uint64_t hash = c->seed[0] ^ n;

    for (size_t i = 0; i + 8 <= n; i += 8)
        hash = fold(hash ^ load8(p + i), c->seed[1]);
    return fold(hash ^ load8(p + n - 8), c->seed[1]);
}

/* The slot's key as the value it was made of. */
static gale_value key_value(gale_task *task, const gale_key *key)
{
    gale_value v;

    if (!is_long(key))
        return gale_key_value(task, key);
    v = gale_string(text_of(key)->data, text_of(key)->size);
    v.kind = text_of(key)->kind;
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

static inline uint64_t hash_of(const struct count *c, gale_key key)
{
    return fold(key.words[0] ^ c->seed[0], key.words[1] ^ c->seed[1]);
}

/* The slot where the search for a key begins. */
static inline size_t place(const struct count *c, uint64_t hash)
{
    return hash & (c->n_slots - 1);
}

/* Of a key in the table: for long text, not where its copy lies. */
static size_t place_of(const struct count *c, const gale_key *key)
{
    return place(c, is_long(key) ? key->words[1] : hash_of(c, *key));
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

        if (gale_key_is_none(old[i].key))
            continue;
        for (to = place_of(c, &old[i].key);
             !gale_key_is_none(c->slots[to].key);)
            to = behind(c, to);
        c->slots[to] = old[i];
    }
    free(old);
}

/* Take the free slot i for the key, or another one after growing. */
RARE static struct slot *add(struct count *c, size_t i, gale_key key)
{
    if (++c->n_used > c->n_slots / 16 * 13) {
        grow(c);
        for (i = place_of(c, &key); !gale_key_is_none(c->slots[i].key);)
            i = behind(c, i);
    }
    c->slots[i].key = key;
    return &c->slots[i];
}

static inline struct slot *find(struct count *c, uint64_t hash, gale_key key)
{
    for (size_t i = place(c, hash);; i = behind(c, i)) {
        if (gale_key_eq(c->slots[i].key, key))
            return &c->slots[i];
        if (gale_key_is_none(c->slots[i].key))
            return add(c, i, key);
    }
}

static bool is_text(const gale_key *key, gale_value v)
{
    const struct text *t = text_of(key);

    return is_long(key) && t->kind == v.kind && t->size == v.size &&
           !memcmp(t->data, v.as.data, v.size);
}

/* Of text that has no gale_key. */
static struct slot *find_long(struct count *c, gale_value v)
{
    gale_key key = {{0, long_hash(c, v.as.data, v.size)}};
    struct text *copy;
    size_t i;

    for (i = place(c, key.words[1]); !gale_key_is_none(c->slots[i].key);
         i = behind(c, i))
        if (c->slots[i].key.words[1] == key.words[1] &&
            is_text(&c->slots[i].key, v))
            return &c->slots[i];
    copy = memory(1, sizeof(*copy) + v.size);
    copy->kind = v.kind;
    copy->size = v.size;
    memcpy(copy->data, v.as.data, v.size);
    key.words[0] = (uint64_t)(uintptr_t)copy;
    return add(c, i, key);
}

/* Of a value without a gale_key; NULL for a list or a map. */
RARE static struct slot *find_other(struct count *c, gale_value v)
{
    if (v.kind != GALE_STRING && v.kind != GALE_BYTES)
        return NULL;
    return find_long(c, v);
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
        if (is_long(&c->slots[i].key))
            free(text_of(&c->slots[i].key));
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
    return gale_emit(task, key_value(task, &slot->key),
                     gale_int((int64_t)(slot->n_marked / 2)));
}

RARE static gale_result no_field(gale_task *task, const gale_tuple *in)
{
    const struct count *c = gale_instance(task);

    return gale_error(task, GALE_FATAL,
                      "option field: stream \"%s\" of \"%s\" has no field "
                      "\"%.*s\"",
                      gale_source_stream(in), gale_source_component(in),
                      (int)c->field.size, c->field.data);
}

static inline void add_one(struct slot *slot)
{
    slot->n_marked = (slot->n_marked + 2) | 1;
}

static uint32_t field_of(const struct count *c, const gale_tuple *in)
{
    return c->field.size ? gale_index_of(in, c->field.data) : 0;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct count *c = gale_instance(task);
    uint32_t field = field_of(c, in);
    struct slot *slot;
    gale_key key;

    if (field == GALE_NO_FIELD)
        return no_field(task, in);
    key = gale_get_key(in, field);
    if (gale_key_is_none(key))
        slot = find_other(c, gale_get(in, field));
    else
        slot = find(c, hash_of(c, key), key);
    if (!slot)
        return refuse(task, in);
    add_one(slot);
    return c->emit == EACH ? emit_now(task, slot) : GALE_OK;
}

/* A key that the others need not wait for. */
RARE static void count_other(gale_task *task, gale_batch *in, uint32_t i,
                             uint32_t field)
{
    struct count *c = gale_instance(task);
    const gale_tuple *tuple = gale_batch_tuple(in, i);
    struct slot *slot = find_other(c, gale_get(tuple, field));

    if (slot)
        add_one(slot);
    else
        gale_batch_settle(in, i, refuse(task, tuple));
}

/*
 * Many keys at a time: all their places are known before the first one is
 * needed, so that memory can bring a large table's slots side by side.
 */
static void count_some(gale_task *task, gale_batch *in, uint32_t field,
                       uint32_t from)
{
    struct count *c = gale_instance(task);
    gale_key keys[AT_ONCE];
    uint64_t hashes[AT_ONCE];
    uint32_t n = gale_batch_keys(in, field, from, keys, AT_ONCE);

    for (uint32_t i = 0; i < n; i++) {
        hashes[i] = hash_of(c, keys[i]);
        __builtin_prefetch(&c->slots[place(c, hashes[i])], 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (gale_key_is_none(keys[i]))
            count_other(task, in, from + i, field);
        else
            add_one(find(c, hashes[i], keys[i]));
    }
}

static gale_result execute_batch(gale_task *task, gale_batch *in)
{
    struct count *c = gale_instance(task);
    uint32_t field;

    if (c->emit == EACH)
        return gale_batch_each(task, in, execute);
    field = field_of(c, gale_batch_tuple(in, 0));
    if (field == GALE_NO_FIELD)
        return no_field(task, gale_batch_tuple(in, 0));
    for (uint32_t from = 0; from < in->n; from += AT_ONCE)
        count_some(task, in, field, from);
    return GALE_OK;
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
    .cleanup = cleanup, .execute = execute, .execute_batch = execute_batch,
    .tick = tick, .end_of_input = emit_changed,
    .instance_size = sizeof(struct count),
    .streams = GALE_OUTPUTS("word", "count"),
    .options = GALE_OPTIONS(
        GALE_OPTION_FIELD(struct count, field, "field", "",
                          "name of the field that is the key; the first "
                          "one if empty"),
        GALE_OPTION_ENUM(struct count, emit, "emit", "end", "end tick each",
                         "when counts go out: at the end of the input, "
                         "also every emit.ms, or with each input"),
        GALE_OPTION_INT(struct count, emit_ms, "emit.ms", "1000", 1, 86400000,
                        "milliseconds from one tick to the next")));
