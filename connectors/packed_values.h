/*
 * packed_values.h - values as bytes, one behind the other: keys and entries of
 * a cache. For this process only. Pure.
 */
#ifndef CONNECTORS_PACKED_VALUES_H
#define CONNECTORS_PACKED_VALUES_H

#include <gale/value.h>

/* Starts zeroed. */
struct packed_values {
    char *data;
    size_t size, capacity;
};

void packed_values_fini(struct packed_values *p);
void packed_values_clear(struct packed_values *p);
gale_str packed_values_bytes(const struct packed_values *p);

/* v: no list, no map. */
void packed_values_add(struct packed_values *p, gale_value v);

/* The next one, *at being 0 at first; false behind the last. Text is borrowed
 * from the bytes. */
bool packed_values_next(gale_str bytes, size_t *at, gale_value *v);

#endif
