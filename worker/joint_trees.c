/* joint_trees.c - one anchor for each message; see joint_trees.h. */
#include "worker/joint_trees.h"
#include "topology-api/memory.h"
#include <stdlib.h>

void joint_trees_init(struct joint_trees *j, uint64_t edge, uint64_t capacity)
{
    *j = (struct joint_trees){.edge = edge};
    j->owners = xcalloc(capacity + 1, sizeof(struct tree *));
    j->trees = xcalloc(capacity + 1, sizeof(*j->trees));
}

static int by_root(const void *a, const void *b)
{
    uint64_t left = (*(struct tree *const *)a)->root;
    uint64_t right = (*(struct tree *const *)b)->root;

    return (left > right) - (left < right);
}

void joint_trees_merge(struct joint_trees *j)
{
    uint32_t n = 0;

    if (j->n > 1)
        qsort(j->owners, j->n, sizeof(struct tree *), by_root);
    for (uint32_t i = 0; i < j->n; i++) {
        struct tree *owner = j->owners[i];

        if (n > 0 && j->trees[n - 1].root == owner->root)
            continue;
        j->owners[n] = owner;
        j->trees[n++] = (struct tree){owner->root, 0, j->edge};
    }
    j->n = n;
}

void joint_trees_fini(struct joint_trees *j)
{
    for (uint32_t i = 0; i < j->n; i++)
        j->owners[i]->sum += j->trees[i].sum;
    free(j->owners);
    free(j->trees);
    *j = (struct joint_trees){.n = 0};
}
