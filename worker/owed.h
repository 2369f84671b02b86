/*
 * owed.h - messages that failed and must be emitted again before a position may
 * pass them.
 *
 * A failed message leaves the pending ring, but until a message of the same id
 * is emitted and acked (or given up), everything from its first number on may
 * have to be emitted again after a restart. A hash table by id. Pure.
 */
#ifndef GALE_OWED_H
#define GALE_OWED_H

#include <gale/abi.h>

struct owed_message {
    gale_msgid id;
    uint64_t born; /* number under which it was emitted first; 0: free */
};

/* All bytes zero is an empty one. */
struct owed {
    struct owed_message *slots; /* open addressing, linear probing */
    uint32_t capacity;          /* a power of two, or 0 */
    uint32_t n;
};

void owed_fini(struct owed *o);

/* The message failed; a second failure changes nothing. born ≥ 1. */
void owed_add(struct owed *o, gale_msgid id, uint64_t born);

/* It was acked or given up. */
void owed_remove(struct owed *o, gale_msgid id);

/* Its first number, or `seq` if it is not owed. */
uint64_t owed_born(const struct owed *o, gale_msgid id, uint64_t seq);

/* The least first number; UINT64_MAX if nothing is owed. Looks at all. */
uint64_t owed_oldest(const struct owed *o);

#endif
