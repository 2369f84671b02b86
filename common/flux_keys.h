/*
 * flux_keys.h - the table of the keys of a topology in YAML (flux_keys.def), to
 * ask.
 */
#ifndef GALE_FLUX_KEYS_H
#define GALE_FLUX_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* The maps that such a file is made of. */
enum flux_in {
    FLUX_IN_TOPOLOGY,
    FLUX_IN_COMPONENT,
    FLUX_IN_PROPERTY,
    FLUX_IN_STREAM,
    FLUX_IN_GROUPING,
    FLUX_IN_CUSTOM,
    FLUX_IN_INCLUDE,
};

enum flux_type {
    FLUX_TEXT,
    FLUX_NUMBER,
    FLUX_BOOL,
    FLUX_LIST,
    FLUX_MAP,
    FLUX_ANY,
};

/* A row of the table. */
struct flux_key {
    enum flux_in in;
    const char *name;
    enum flux_type type;
    bool needed;
    const char *of;      /* the key that it is another name of; or NULL */
    const char *help;    /* a sentence; NULL where `of` or `instead` is set */
    const char *instead; /* it means nothing here, and this is what to do */
};

enum { FLUX_KEYS_MAX = 16 }; /* of one map */

uint32_t flux_keys_n(void);
const struct flux_key *flux_keys_at(uint32_t i); /* as in the file */

/* NULL if a map of this kind has no such key. */
const struct flux_key *flux_keys_find(enum flux_in in, const char *name);

/* Of a row that is another name, the row it is one of; else itself. */
const struct flux_key *flux_keys_meant(const struct flux_key *key);

#endif
