/*
 * env_memory.h - memory of the real world that two processes share, and how one
 * gives it to the other: what env_ops says of it.
 */
#ifndef GALE_ENV_MEMORY_H
#define GALE_ENV_MEMORY_H

#include "common/env.h"

int env_memory_new(struct env *env, size_t size);
void *env_memory_map(struct env *env, int memory, size_t size);
void env_memory_unmap(struct env *env, void *at, size_t size);
int64_t env_memory_send(struct env *env, int fd, const void *data, size_t size,
                        int memory);
int64_t env_memory_receive(struct env *env, int fd, void *data, size_t size,
                           int *memory);

#endif
