/*
 * world_files.h - the disk of a simulated world: whole files in memory. What
 * the functions promise is said in env.h. Private to world.c.
 */
#ifndef GALE_WORLD_FILES_H
#define GALE_WORLD_FILES_H

#include "common/env.h"

struct world;

struct world_file {
    struct world_file *next;
    char *path; /* NULL: it is removed, and still open */
    char *data;
    size_t size;
    int handle; /* of its lock */
    bool locked;
    uint32_t n_open;
};

/* NULL if there is none of this path. */
struct world_file *world_file_find(struct world *w, const char *path);
struct world_file *world_file_make(struct world *w, const char *path);
void world_file_forget(struct world *w, struct world_file *f);
/* From now on it has that path, which no other has. */
void world_file_name(struct world *w, struct world_file *f, const char *path);
/* What follows the directory in the path, or NULL. */
const char *world_file_in(const char *directory, const char *path);

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
