/*
 * retained.h - tuples that a bolt keeps beyond its callback: copies, with a
 * view of their own, at most gale.topology.max.retained.bytes of them a task.
 */
#ifndef GALE_RETAINED_H
#define GALE_RETAINED_H

#include <gale/tuple.h>

struct bolt_part;
struct task;
struct tuple;

/* gale_retain(): a copy of the current input, or of a retained tuple; NULL if
 * that would be too much. */
const gale_tuple *retained_add(struct task *t, const gale_tuple *in);

/* gale_release(); NULL does nothing. Another tuple, or one that was released
 * before, is an error that ends the run. */
void retained_remove(struct task *t, const gale_tuple *retained);

/* The retained tuple in which the bytes lie; NULL: none. */
const struct tuple *retained_holder(const struct bolt_part *bp, const char *at,
                                    uint64_t size);

/* Release all. */
void retained_fini(struct bolt_part *bp);

#endif
