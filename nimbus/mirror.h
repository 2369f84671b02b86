/*
 * mirror.h - what ZooKeeper holds, and what it shall hold: the difference is
 * what a leader writes.
 *
 * A leader decides what a node's value shall be (mirror_want()), and writes
 * what differs, some nodes at a time in one transaction: mirror_next() gives
 * the operations, and once they are answered mirror_written() or
 * mirror_unknown() says how. So a decision is never a write by itself: what
 * changes twice before it is written is written once, and after any failure the
 * same question, what differs?, has the right answer.
 *
 * Pure. Paths are relative to the root; values are copied. A node must be
 * known, as read or as absent, before what it shall be can be written; parents
 * are wanted before their children, and children are given up before their
 * parents.
 */
#ifndef GALE_MIRROR_H
#define GALE_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mirror;

enum mirror_op_kind { MIRROR_CREATE, MIRROR_SET, MIRROR_DELETE };

struct mirror_op {
    enum mirror_op_kind kind;
    const char *path; /* these are the mirror's, until it is answered */
    const void *data;
    size_t size;
    int32_t version; /* that the node must have: SET, DELETE */
};

struct mirror *mirror_new(void);
void mirror_free(struct mirror *m);

/* A node was read. What it shall be is kept, if that was said; otherwise it
 * shall be what it is. Its value must not be under way. */
void mirror_read(struct mirror *m, const char *path, const void *data,
                 size_t size, int32_t version);
/* A node is not there. */
void mirror_absent(struct mirror *m, const char *path);
/* All that is there was read: of what was not, nothing is there. */
void mirror_complete(struct mirror *m);

/* What the node's value shall be; data NULL: it shall not be there. True if
 * that is a change. */
bool mirror_want(struct mirror *m, const char *path, const void *data,
                 size_t size);

/* What the node shall be; NULL if it shall not be there. */
const void *mirror_wanted(const struct mirror *m, const char *path,
                          size_t *size);

/* Whether the node is what it shall be, and there; and then its version. */
bool mirror_settled(const struct mirror *m, const char *path, int32_t *version);

/*
 * What differs, at most max_ops operations whose values have at most max_bytes
 * together (but one of any size): those that were wanted first come first.
 * Makes parents before children and removes children before parents. 0 if
 * nothing differs, or if the operations before are not answered.
 */
uint32_t mirror_next(struct mirror *m, struct mirror_op *ops, uint32_t max_ops,
                     size_t max_bytes);

/* They have happened; versions[i] is the node's version since (0 for a created
 * one). */
void mirror_written(struct mirror *m, const int32_t *versions);
/* Whether they have happened is not known, or they have not. The nodes must be
 * read again: their paths, in `paths`, as many as there were operations; each
 * is good until it is told how its node is. */
uint32_t mirror_unknown(struct mirror *m, const char **paths, uint32_t max);

/*
 * Numbers of changes: how many were wanted so far, and up to which of them
 * everything is written. Who waits until something is durable remembers the
 * first and waits for the second.
 */
uint64_t mirror_changes(const struct mirror *m);
uint64_t mirror_durable(const struct mirror *m);

#endif
