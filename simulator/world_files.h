/*
 * world_files.h - the disk of a simulated world: whole files in memory. What
 * the functions promise is said in env.h. Private to world.c.
 */
#ifndef GALE_WORLD_FILES_H
#define GALE_WORLD_FILES_H

#include "common/env.h"

struct world;

void world_files_fini(struct world *w);

int world_file_replace(struct env *env, const char *path, const void *data,
                       size_t size);
int world_file_read(struct env *env, const char *path, size_t max, void **data,
                    size_t *size);
int world_file_append(struct env *env, const char *path, const void *data,
                      size_t size, size_t max);
int world_directory_clean(struct env *env, const char *path,
                          const char *suffix);
int world_directory_make(struct env *env, const char *path);
int world_file_lock(struct env *env, const char *path);
void world_file_unlock(struct env *env, int handle);

#endif
