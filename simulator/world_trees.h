/*
 * world_trees.h - directories of a simulated world. What the functions promise
 * is said in env.h. Private to world*.c.
 */
#ifndef GALE_WORLD_TREES_H
#define GALE_WORLD_TREES_H

#include "common/env.h"

int world_tree_make(struct env *env, const char *path);
int world_tree_private(struct env *env, const char *path);
int world_tree_give(struct env *env, const char *path, uint32_t user,
                    uint32_t group);
int world_tree_share(struct env *env, const char *path, uint32_t group);
int world_tree_list(struct env *env, const char *path, uint32_t max,
                    char ***names, uint32_t *n);
int world_tree_each(struct env *env, const char *path,
                    void (*each)(void *arg, const char *name), void *arg);
int world_tree_remove(struct env *env, const char *path);
int world_tree_clean(struct env *env, const char *path, const char *suffix);

#endif
