/*
 * world_files.h - whole files of a simulated world. What the functions promise
 * is said in env.h. Private to world*.c.
 */
#ifndef GALE_WORLD_FILES_H
#define GALE_WORLD_FILES_H

#include "common/env.h"

int world_file_replace(struct env *env, const char *path, const void *data,
                       size_t size);
int world_file_read(struct env *env, const char *path, size_t max, void **data,
                    size_t *size);
int world_file_read_regular(struct env *env, const char *path, size_t max,
                            void **data, size_t *size);
int world_file_append(struct env *env, const char *path, const void *data,
                      size_t size, size_t max);
int64_t world_file_written(struct env *env, const char *path);
int world_file_lock(struct env *env, const char *path);
void world_file_unlock(struct env *env, int handle);

#endif
