/*
 * env_file.h - files of the real world: whole, bounded, durable.
 *
 * Private to env_posix.c, whose table these functions fill; what they promise
 * is said in env.h.
 */
#ifndef GALE_ENV_FILE_H
#define GALE_ENV_FILE_H

#include "common/env.h"

int env_file_replace(struct env *env, const char *path, const void *data,
                     size_t size);
int env_file_read_regular(struct env *env, const char *path, size_t max,
                          void **data, size_t *size);
int env_file_read(struct env *env, const char *path, size_t max, void **data,
                  size_t *size);
int env_file_append(struct env *env, const char *path, const void *data,
                    size_t size, size_t max);
int env_file_clean(struct env *env, const char *path, const char *suffix);
/* Whether file_replace() may have named its temporary file so; pure. */
bool env_file_is_temporary(const char *name, const char *suffix);
/* A rename is durable once the directory is. */
int env_file_sync_directory_of(const char *path);
int env_file_directory(struct env *env, const char *path);
int env_file_lock(struct env *env, const char *path);
void env_file_unlock(struct env *env, int handle);

#endif
