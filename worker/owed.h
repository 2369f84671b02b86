/*
 * owed.h - messages that failed, until they are acked or given up.
 *
 * A failed message leaves the pending ring, but until a message of the same id
 * is emitted and acked (or given up), everything from its first number on may
 * have to be emitted again after a restart; and how often it has failed, and
 * why, says when it is too often. A hash table by id. Pure.
 */
#ifndef GALE_OWED_H
#define GALE_OWED_H

#include "worker/cause.h"

struct owed_message {
    gale_msgid id;
    uint64_t born;       /* number under which it was emitted first; 0: free */
    uint64_t last;       /* number of its last failure among all */
    struct cause *cause; /* of that, the table's; NULL: nobody wants to know */
    uint32_t failures;
    uint32_t attempts; /* … and of its letter, which nobody kept */
    bool dead;         /* when it is emitted again, it becomes a dead letter */
};

/* All bytes zero is an empty one. */
struct owed {
    struct owed_message *slots; /* open addressing, linear probing */
    uint32_t capacity;          /* a power of two, or 0 */
    uint32_t n;
    uint32_t n_dead;   /* of them */
    uint64_t failures; /* of all messages so far */
    bool forgot;       /* some were forgotten: it may owe more than these */
};

void owed_fini(struct owed *o);

/* The message failed, once more if it is there: then it keeps its first number.
 * born ≥ 1; cause: the table's from here on. Good until the next call. */
struct owed_message *owed_add(struct owed *o, gale_msgid id, uint64_t born,
                              struct cause *cause);

/* NULL if it is not owed; good until the next owed_add() or owed_remove(). */
struct owed_message *owed_find(const struct owed *o, gale_msgid id);

void owed_set_dead(struct owed *o, struct owed_message *m, bool dead);

/* Forget those that have not been among the last `keep` failures. */
void owed_forget_before(struct owed *o, uint64_t keep);

/* It was acked or given up. */
void owed_remove(struct owed *o, gale_msgid id);

/* Its first number, or `seq` if it is not owed. */
uint64_t owed_born(const struct owed *o, gale_msgid id, uint64_t seq);

/* The least first number; UINT64_MAX if nothing is owed. Looks at all. */
uint64_t owed_oldest(const struct owed *o);

#endif
