/*
 * word_table.h - counts words by their bytes, as fast as one thread can.
 *
 * Open addressing over slots of 24 bytes: a word of up to 15 bytes lies in its
 * slot, with its size, so that finding it takes two loads, two masks, one
 * multiplication and, most of the time, one cache line. Longer words are told
 * apart by a copy that the slot points to.
 *
 * Words are given by where they begin and end in a buffer that may be read for
 * WORD_TABLE_BEHIND bytes beyond its end. Any bytes are a word.
 */
#ifndef BENCH_WORD_TABLE_H
#define BENCH_WORD_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    WORD_TABLE_BEHIND = 16,
    WORD_TABLE_INLINE = 15, /* bytes of a word in its slot */
};

struct word_key {
    uint64_t lo, hi; /* hi: bytes 8 … 14, and the size in the top byte */
};

struct word_slot {
    struct word_key key;
    uint64_t count; /* 0: free */
};

struct word_table {
    struct word_slot *slots;
    uint64_t n_slots; /* a power of two */
    uint32_t shift;   /* of a hash, to the number of a slot */
    uint64_t n_used;
};

void word_table_init(struct word_table *t);
void word_table_free(struct word_table *t);

/* Out of the way of the usual word: take the free slot, and count a word of
 * more than WORD_TABLE_INLINE bytes. */
void word_table_add(struct word_table *t, struct word_slot *free_slot,
                    struct word_key key);
void word_table_count_long(struct word_table *t, const char *word, size_t size);

/* All counts together. */
uint64_t word_table_sum(const struct word_table *t);

/* The bytes of a little-endian number that belong to a word, by its size. */
extern const struct word_key word_table_masks[WORD_TABLE_INLINE + 1];

static inline uint64_t word_table_load(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* size ≤ WORD_TABLE_INLINE */
static inline struct word_key word_table_key(const char *word, size_t size)
{
    const struct word_key *mask = &word_table_masks[size];
    struct word_key key;

    key.lo = word_table_load(word) & mask->lo;
    key.hi = (word_table_load(word + 8) & mask->hi) | (uint64_t)size << 56;
    return key;
}

static inline uint64_t word_table_place(const struct word_table *t,
                                        struct word_key key)
{
    uint64_t mixed = key.lo ^ (key.hi << 7 | key.hi >> 57);

    return mixed * UINT64_C(0xbf58476d1ce4e5b9) >> t->shift;
}

static inline void word_table_count(struct word_table *t, struct word_key key,
                                    uint64_t place)
{
    for (;; place = (place + 1) & (t->n_slots - 1)) {
        struct word_slot *s = &t->slots[place];

        if (((s->key.lo ^ key.lo) | (s->key.hi ^ key.hi)) == 0) {
            s->count++;
            return;
        }
        if (s->count == 0) {
            word_table_add(t, s, key);
            return;
        }
    }
}

#endif
