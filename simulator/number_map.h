/*
 * number_map.h - numbers by number: open addressing, for books that only grow.
 *
 * Keys are hashes, ids and the like; 0 is a key like any other.
 */
#ifndef GALE_NUMBER_MAP_H
#define GALE_NUMBER_MAP_H

#include "common/random.h"
#include "topology-api/memory.h"
#include <stdbool.h>

struct number_entry {
    uint64_t key;
    uint64_t value;
    bool used;
};

/* All zero to begin with. */
struct number_map {
    struct number_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t n;
};

static inline void number_map_fini(struct number_map *m)
{
    free(m->entries);
}

/* Where the key is, or would be. */
static inline struct number_entry *number_map_place(const struct number_map *m,
                                                    uint64_t key)
{
    size_t i = (size_t)mix64(key) & (m->capacity - 1);

    while (m->entries[i].used && m->entries[i].key != key)
        i = (i + 1) & (m->capacity - 1);
    return &m->entries[i];
}

static inline void number_map_grow(struct number_map *m)
{
    struct number_map larger = {NULL, m->capacity > 0 ? 2 * m->capacity : 64,
                                m->n};

    larger.entries = xcalloc(larger.capacity, sizeof(*larger.entries));
    for (size_t i = 0; i < m->capacity; i++)
        if (m->entries[i].used)
            *number_map_place(&larger, m->entries[i].key) = m->entries[i];
    free(m->entries);
    *m = larger;
}

/* The value of the key, or NULL; good until the next key is added. */
static inline uint64_t *number_map_find(const struct number_map *m,
                                        uint64_t key)
{
    struct number_entry *e = m->capacity > 0 ? number_map_place(m, key) : NULL;

    return e != NULL && e->used ? &e->value : NULL;
}

/* The value of the key, which gets `otherwise` if it is new. */
static inline uint64_t *number_map_get(struct number_map *m, uint64_t key,
                                       uint64_t otherwise)
{
    struct number_entry *e;

    if (m->n >= m->capacity / 2)
        number_map_grow(m);
    e = number_map_place(m, key);
    if (!e->used) {
        *e = (struct number_entry){key, otherwise, true};
        m->n++;
    }
    return &e->value;
}

#endif
