/*
 * random_tree.h - the trees of a random topology's messages, decided by salt.
 *
 * What happens to a tuple is a function of what it holds, so that both the
 * running bolts and the model can ask.
 */
#ifndef TESTS_RANDOM_TREE_H
#define TESTS_RANDOM_TREE_H

#include "tests/support/random_topology.h"

#define RANDOM_TREE_SALT (UINT64_MAX >> 8)

enum { RANDOM_TREE_CHILDREN = 3 }; /* at most */

/* A tuple, as far as anything depends on it. */
struct random_content {
    uint64_t salt; /* 56 bits */
    uint32_t hop, attempt;
    bool joined; /* made by a join: makes nothing, never fails */
};

/* What a spout emits. */
struct random_content random_tree_first(const struct random_part *spout,
                                        uint32_t message, uint32_t attempt);

/* Does this bolt fail this tuple? */
bool random_tree_fails(const struct random_part *p,
                       const struct random_content *c);

/* How many tuples it may make of it, each of which it makes or not … */
uint32_t random_tree_n_children(const struct random_part *p,
                                const struct random_content *c);

/* … as this says: as many as come to about one per tuple, however many tasks
 * get each. */
bool random_tree_makes(const struct random_part *p,
                       const struct random_content *c, uint32_t i,
                       struct random_content *child, uint32_t *stream);

/* The tree below one tuple of a component's stream: counts what each bolt is to
 * execute; true if something in it fails. */
bool random_tree_follow(struct random_topology *t, uint32_t from,
                        uint32_t stream, const struct random_content *c);

#endif
