/* word_table.c - the rare ways of word_table.h: new words, long ones, growth */
#include "tests/bench/word_table.h"
#include "topology-api/memory.h"
#include <stdbool.h>

enum { FIRST_BITS = 10 };

#define LONG_SIZE UINT64_C(0xff) /* where a short word has its size */

/* What a slot with a long word points to. */
struct long_word {
    size_t size;
    char data[];
};

#define BYTES(n_) (~UINT64_C(0) >> (64 - 8 * (n_)))

const struct word_key word_table_masks[WORD_TABLE_INLINE + 1] = {
    {0, 0},
    {BYTES(1), 0},
    {BYTES(2), 0},
    {BYTES(3), 0},
    {BYTES(4), 0},
    {BYTES(5), 0},
    {BYTES(6), 0},
    {BYTES(7), 0},
    {BYTES(8), 0},
    {BYTES(8), BYTES(1)},
    {BYTES(8), BYTES(2)},
    {BYTES(8), BYTES(3)},
    {BYTES(8), BYTES(4)},
    {BYTES(8), BYTES(5)},
    {BYTES(8), BYTES(6)},
    {BYTES(8), BYTES(7)},
};

static void allocate(struct word_table *t, uint32_t bits)
{
    t->n_slots = UINT64_C(1) << bits;
    t->shift = 64 - bits;
    t->slots = xcalloc(t->n_slots, sizeof(*t->slots));
}

void word_table_init(struct word_table *t)
{
    allocate(t, FIRST_BITS);
    t->n_used = 0;
}

/* A long word's key: its hash, and a size that no short word has. Two long
 * words of one hash are told apart by their bytes; both have slots. */
static bool is_long(const struct word_key *key)
{
    return key->hi >> 56 == LONG_SIZE;
}

static struct long_word *long_of(const struct word_slot *s)
{
    return (struct long_word *)(uintptr_t)s->key.lo;
}

void word_table_free(struct word_table *t)
{
    for (uint64_t i = 0; i < t->n_slots; i++)
        if (t->slots[i].count > 0 && is_long(&t->slots[i].key))
            free(long_of(&t->slots[i]));
    free(t->slots);
}

/* Where a key belongs: a long word's `lo` says nothing, its hash is in hi. */
static uint64_t home(const struct word_table *t, struct word_key key)
{
    if (is_long(&key))
        key.lo = 0;
    return word_table_place(t, key);
}

static struct word_slot *free_slot_of(struct word_table *t, struct word_key key)
{
    uint64_t place = home(t, key);

    while (t->slots[place].count > 0)
        place = (place + 1) & (t->n_slots - 1);
    return &t->slots[place];
}

static void grow(struct word_table *t)
{
    struct word_slot *old = t->slots;
    uint64_t n = t->n_slots;

    allocate(t, 64 - t->shift + 1);
    for (uint64_t i = 0; i < n; i++)
        if (old[i].count > 0)
            *free_slot_of(t, old[i].key) = old[i];
    free(old);
}

void word_table_add(struct word_table *t, struct word_slot *free_slot,
                    struct word_key key)
{
    if (++t->n_used > t->n_slots / 2) {
        grow(t);
        free_slot = free_slot_of(t, key);
    }
    *free_slot = (struct word_slot){key, 1};
}

static uint64_t hash_of(const char *word, size_t size)
{
    uint64_t hash = size;

    for (size_t i = 0; i + 8 <= size; i += 8) {
        hash =
            (hash ^ word_table_load(word + i)) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    hash ^= word_table_load(word + size - 8);
    return hash * UINT64_C(0x9e3779b97f4a7c15) >> 8;
}

static bool is_word(const struct word_slot *s, const char *word, size_t size)
{
    const struct long_word *w = long_of(s);

    return w->size == size && !memcmp(w->data, word, size);
}

void word_table_count_long(struct word_table *t, const char *word, size_t size)
{
    struct word_key key = {0, hash_of(word, size) | LONG_SIZE << 56};
    uint64_t place = home(t, key);
    struct long_word *copy;

    for (; t->slots[place].count > 0; place = (place + 1) & (t->n_slots - 1)) {
        struct word_slot *s = &t->slots[place];

        if (s->key.hi == key.hi && is_word(s, word, size)) {
            s->count++;
            return;
        }
    }
    copy = xmalloc(sizeof(*copy) + size);
    copy->size = size;
    memcpy(copy->data, word, size);
    key.lo = (uintptr_t)copy;
    word_table_add(t, &t->slots[place], key);
}

uint64_t word_table_sum(const struct word_table *t)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < t->n_slots; i++)
        sum += t->slots[i].count;
    return sum;
}
