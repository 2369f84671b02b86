/*
 * sorted.h - where something is in a sorted list, or where it would be.
 *
 * Pure. compare() is below 0 for an item that stands before the key, and at
 * least 0 for each one behind it.
 *
 *     i = sorted_place(list, n, sizeof(*list), by_name, name);
 *     if (i < n && !strcmp(list[i].name, name))
 *         it is there
 */
#ifndef GALE_SORTED_H
#define GALE_SORTED_H

#include <stddef.h>
#include <stdint.h>

/* The first of n items, each of so many bytes, that is not before the key; n:
 * all are. */
static inline uint32_t sorted_place(const void *list, uint32_t n, size_t size,
                                    int (*compare)(const void *item,
                                                   const void *key),
                                    const void *key)
{
    uint32_t low = 0, high = n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (compare((const char *)list + middle * size, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
