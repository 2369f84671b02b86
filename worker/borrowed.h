/*
 * borrowed.h - lists and maps of a tuple that a bolt emits as it got them.
 *
 * Their elements lie in the tuple, as slots with offsets, and their address
 * says so (TUPLE_BORROWED). Emit meets them only where a value could not be
 * packed, and asks here for the same values with elements as a plugin would
 * have made them.
 */
#ifndef GALE_BORROWED_H
#define GALE_BORROWED_H

#include <gale/value.h>

struct task;

struct borrowed_part;

/* Memory of what was made; to begin with, {NULL}. */
struct borrowed {
    struct borrowed_part *parts;
};

/* Whether some of the values, or of their elements, lie in a tuple. */
bool borrowed_any(const gale_value *values, uint64_t n);

/*
 * Each of the values, in its place, without elements that lie in a tuple; text
 * is still borrowed from there. False if one is in no tuple that the task has
 * (its current input, the others of its batch, what it has retained): that one
 * is left as it is.
 */
bool borrowed_resolve(struct borrowed *b, const struct task *t,
                      gale_value *values, uint64_t n);

void borrowed_free(struct borrowed *b);

#endif
