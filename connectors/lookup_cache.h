/*
 * lookup_cache.h - answers to questions, for a while: at most so many, no older
 * than that; the one that nobody has asked for longest goes first.
 *
 * Questions and answers are bytes. Pure: time comes in as an argument.
 */
#ifndef CONNECTORS_LOOKUP_CACHE_H
#define CONNECTORS_LOOKUP_CACHE_H

#include <gale/value.h>

struct lookup_entry {
    struct lookup_entry *chain;         /* of the same bucket */
    struct lookup_entry *older, *newer; /* by their last use */
    int64_t since;
    uint64_t hash;
    gale_str question, answer; /* in one piece of memory with the entry */
};

/* Starts zeroed, but for the first two. */
struct lookup_cache {
    size_t most;     /* entries; 0: it remembers nothing */
    int64_t max_age; /* in the unit of `now` */
    size_t n, n_buckets;
    struct lookup_entry **buckets;
    struct lookup_entry *oldest, *newest;
};

void lookup_cache_fini(struct lookup_cache *c);

/* False if there is no answer, or it is too old. It is borrowed until the next
 * call. */
bool lookup_cache_find(struct lookup_cache *c, gale_str question, int64_t now,
                       gale_str *answer);

/* There is none: see above. Both are copied. */
void lookup_cache_add(struct lookup_cache *c, gale_str question,
                      gale_str answer, int64_t now);

#endif
