/*
 * env_tree.h - directories of the real world: list one, make a private one,
 * remove one with all that is in it.
 *
 * Private to env_posix.c, whose table these functions fill; what they promise
 * is said in env.h.
 */
#ifndef GALE_ENV_TREE_H
#define GALE_ENV_TREE_H

#include "common/env.h"

int env_tree_private(struct env *env, const char *path);
int env_tree_list(struct env *env, const char *path, uint32_t max,
                  char ***names, uint32_t *n);
int env_tree_remove(struct env *env, const char *path);
int64_t env_tree_written(struct env *env, const char *path);

#endif
