/*
 * joint_trees.h - what a tuple is anchored to that has several anchors.
 *
 * The trees of some held inputs become those of one tuple: one for each root,
 * however many of the inputs belong to that message, or are the same one. What
 * the emission takes off the sum of such a tree is taken off the first of those
 * that it stands for; an acker sees only the total of a root. Pure, one thread.
 *
 *     joint_trees_init(&j, edge, n);
 *     joint_trees_add(&j, &input->trees[k]);  … n times at most
 *     joint_trees_merge(&j);
 *     … emit with j.trees, j.n …
 *     joint_trees_fini(&j);                   the inputs' sums take it up
 */
#ifndef GALE_JOINT_TREES_H
#define GALE_JOINT_TREES_H

#include "worker/outbox.h"

struct joint_trees {
    struct tree *trees; /* by root; once merged */
    uint32_t n;
    struct tree **owners; /* of each, one that it stands for */
    uint64_t edge;        /* of what is emitted; 0: to be drawn */
};

void joint_trees_init(struct joint_trees *j, uint64_t edge, uint64_t capacity);
void joint_trees_fini(struct joint_trees *j);

static inline void joint_trees_add(struct joint_trees *j, struct tree *owner)
{
    j->owners[j->n++] = owner;
}

void joint_trees_merge(struct joint_trees *j);

#endif
