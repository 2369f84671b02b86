/*
 * grouper.h - which task gets a tuple: the pure part of every grouping.
 *
 * Keys. A fields grouping hashes the canonical key: per field the two words of
 * its slot (tuple_layout.h), where long text has the XXH3-64 of its bytes in
 * place of its offset, -0.0 is written as 0.0 and every NaN as one NaN. Type
 * and length are part of it: the int 1, the float 1.0 and the text "1" are
 * different keys. Lists and maps are no keys. The key's XXH3-64, seeded per
 * topology, gives one of 32 768 key groups by its upper 15 bits, and n tasks
 * own the groups in n contiguous ranges. These bytes are frozen;
 * tests/unit/test_grouper.c holds the vectors.
 *
 * Everything here is a function of its arguments.
 */
#ifndef GALE_GROUPER_H
#define GALE_GROUPER_H

#include "worker/tuple_layout.h"

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#define GROUPER_GROUP_BITS 15
#define GROUPER_KEY_MAX 16 /* fields of one key */

static TUPLE_INLINE uint64_t grouper_hash(const struct slot *key, uint32_t n,
                                          uint64_t seed)
{
    if (n == 1) /* a constant length: no dispatch inside */
        return XXH3_64bits_withSeed(key, sizeof(*key), seed);
    return XXH3_64bits_withSeed(key, n * sizeof(*key), seed);
}

static TUPLE_INLINE uint32_t grouper_group(uint64_t hash)
{
    return (uint32_t)(hash >> (64 - GROUPER_GROUP_BITS));
}

/* The task, 0 … n - 1, that owns the group; 1 ≤ n ≤ 32 768. */
static TUPLE_INLINE uint32_t grouper_owner(uint32_t group, uint32_t n)
{
    return (uint32_t)((uint64_t)group * n >> GROUPER_GROUP_BITS);
}

/* The canonical words of one field; false for a list or a map. `s` is the
 * field's slot, `v` its value. */
static TUPLE_INLINE bool grouper_key(struct slot s, const gale_value *v,
                                     uint64_t seed, struct slot *key)
{
    uint32_t kind = v->kind;

    *key = s;
    if (kind == GALE_STRING || kind == GALE_BYTES) {
        if (v->size > TUPLE_INLINE_MAX)
            key->word = XXH3_64bits_withSeed(v->as.data, v->size, seed);
        return true;
    }
    if (kind == GALE_FLOAT) {
        double f = v->as.f;

        if (f == 0)
            key->word = 0;
        else if (f != f)
            key->word = UINT64_C(0x7ff8000000000000);
    }
    return kind < GALE_LIST;
}

/*
 * The two tasks that may get a key under partial-key grouping: different
 * ones if n ≥ 2. The sender takes the one it has used less.
 */
static TUPLE_INLINE void grouper_candidates(uint64_t hash, uint32_t n,
                                            uint32_t candidates[2])
{
    uint64_t other = hash * UINT64_C(0x9e3779b97f4a7c15);

    candidates[0] = grouper_owner(grouper_group(hash), n);
    candidates[1] = candidates[0];
    if (n < 2)
        return;
    other ^= other >> 32;
    candidates[1] = (candidates[0] + 1 + (uint32_t)(other % (n - 1))) % n;
}

#endif
