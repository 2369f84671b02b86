/*
 * env_handle.h - files of the real world by handle: written and read piece by
 * piece.
 *
 * Private to env_posix.c, whose table these functions fill; what they promise
 * is said in env.h.
 */
#ifndef GALE_ENV_HANDLE_H
#define GALE_ENV_HANDLE_H

#include "common/env.h"

int env_handle_create(struct env *env, const char *path);
int env_handle_open(struct env *env, const char *path, bool follow,
                    uint64_t *size);
int env_handle_write(struct env *env, int handle, const void *data,
                     size_t size);
int64_t env_handle_read(struct env *env, int handle, uint64_t offset, void *to,
                        size_t size);
int env_handle_sync(struct env *env, int handle);
void env_handle_close(struct env *env, int handle);
int env_handle_rename(struct env *env, const char *from, const char *to);
int env_handle_link(struct env *env, const char *from, const char *to);
int env_handle_remove(struct env *env, const char *path);
int env_handle_each(struct env *env, const char *path,
                    void (*each)(void *arg, const char *name), void *arg);

#endif
