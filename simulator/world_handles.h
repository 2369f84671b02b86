/*
 * world_handles.h - files of a simulated world by handle. What the functions
 * promise is said in env.h. Private to world*.c.
 */
#ifndef GALE_WORLD_HANDLES_H
#define GALE_WORLD_HANDLES_H

#include "simulator/world_disk.h"

struct world_process;

/* An open file, or a locked one; free: `node` is NULL. */
struct world_handle {
    struct world_node *node;
    struct world_process *process;
    bool locks;
};

/* A handle of the env's process. */
int world_handle_of(struct env *env, struct world_node *node, bool locks);
/* How many a process has. */
uint32_t world_handles_open(const struct world_process *p);
/* All that a process has. */
void world_handles_close(struct world_process *p);

int world_handle_create(struct env *env, const char *path);
int world_handle_open(struct env *env, const char *path, bool follow,
                      uint64_t *size);
int world_handle_write(struct env *env, int handle, const void *data,
                       size_t size);
int64_t world_handle_read(struct env *env, int handle, uint64_t offset,
                          void *to, size_t size);
int world_handle_show(struct env *env, int handle);
int world_handle_sync(struct env *env, int handle);
void world_handle_close(struct env *env, int handle);
int world_handle_rename(struct env *env, const char *from, const char *to);
int world_handle_link(struct env *env, const char *from, const char *to);
int world_handle_remove(struct env *env, const char *path);

#endif
