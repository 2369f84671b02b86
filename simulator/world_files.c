/* world_files.c - the disk of a simulated world; see world_files.h. */
#include "simulator/world_files.h"
#include "common/env_file.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct world_file *)a)->path,
                  ((const struct world_file *)b)->path);
}

struct world_file *world_file_find(struct world *w, const char *path)
{
    struct world_file key = {.path = (char *)(uintptr_t)path};
    struct world_file **found = tfind(&key, &w->files_by_path, by_path);

    return found == NULL ? NULL : *found;
}

void world_file_name(struct world *w, struct world_file *f, const char *path)
{
    if (f->path != NULL)
        tdelete(f, &w->files_by_path, by_path);
    free(f->path);
    f->path = xstrdup(path);
    memory_check(tsearch(f, &w->files_by_path, by_path), 1, sizeof(*f));
}

struct world_file *world_file_make(struct world *w, const char *path)
{
    struct world_file *f = world_file_find(w, path);

    if (f != NULL)
        return f;
    f = xcalloc(1, sizeof(*f));
    world_file_name(w, f, path);
    f->handle = w->files != NULL ? w->files->handle + 1 : 0;
    f->next = w->files;
    w->files = f;
    return f;
}

void world_file_forget(struct world *w, struct world_file *f)
{
    struct world_file **at = &w->files;

    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    tdelete(f, &w->files_by_path, by_path);
    free(f->path);
    f->path = NULL;
    if (f->n_open > 0)
        return; /* who closes it last frees it */
    free(f->data);
    free(f);
}

void world_files_fini(struct world *w)
{
    while (w->files != NULL)
        world_file_forget(w, w->files);
    free(w->open);
}

/* -- replacing ------------------------------------------------------------- */

/* Its name beside the path; the caller's to free. */
static char *write_temporary(struct world *w, const char *path,
                             const void *data, size_t size)
{
    struct world_file *f;
    char *name;

    if (asprintf(&name, "%s.%06u", path, ++w->n_temporary % 1000000) < 0)
        abort();
    f = world_file_make(w, name);
    f->data = xmalloc(size + 1);
    memcpy(f->data, data, size);
    f->data[size] = '\0';
    f->size = size;
    return name;
}

/* It may be gone: see world_directory_clean(). */
static int rename_to(struct world *w, const char *from, const char *path)
{
    struct world_file *f = world_file_find(w, from), *to;

    if (f == NULL) {
        errno = ENOENT;
        return -1;
    }
    to = world_file_make(w, path);
    free(to->data);
    to->data = f->data;
    to->size = f->size;
    f->data = NULL;
    world_file_forget(w, f);
    return 0;
}

/* Others go on while the disk is at work. */
int world_file_replace(struct env *env, const char *path, const void *data,
                       size_t size)
{
    char *temporary = write_temporary(world_of(env), path, data, size);
    int result;

    world_point(env);
    result = rename_to(world_of(env), temporary, path);
    free(temporary);
    world_point(env);
    return result;
}

const char *world_file_in(const char *directory, const char *path)
{
    size_t size = strlen(directory);

    return strncmp(path, directory, size) == 0 && path[size] == '/'
               ? path + size + 1
               : NULL;
}

int world_directory_clean(struct env *env, const char *path, const char *suffix)
{
    struct world_file *next;
    int n = 0;

    for (struct world_file *f = world_of(env)->files; f != NULL; f = next) {
        const char *name = world_file_in(path, f->path);

        next = f->next;
        if (name == NULL || strchr(name, '/') != NULL ||
            !env_file_is_temporary(name, suffix))
            continue;
        world_file_forget(world_of(env), f);
        n++;
    }
    return n;
}

/* -- reading, appending ---------------------------------------------------- */

int world_file_read(struct env *env, const char *path, size_t max, void **data,
                    size_t *size)
{
    const struct world_file *f = world_file_find(world_of(env), path);

    if (f == NULL || f->data == NULL || f->size > max) {
        errno = f == NULL || f->data == NULL ? ENOENT : EFBIG;
        return -1;
    }
    *data = xmalloc(f->size + 1);
    memcpy(*data, f->data, f->size + 1);
    *size = f->size;
    return 0;
}

int world_file_append(struct env *env, const char *path, const void *data,
                      size_t size, size_t max)
{
    struct world_file *f;

    world_point(env);
    f = world_file_make(world_of(env), path);
    if (size > max || f->size > max - size) {
        errno = EOVERFLOW;
        return -1;
    }
    f->data = xrealloc(f->data, f->size + size + 1);
    memcpy(f->data + f->size, data, size);
    f->size += size;
    f->data[f->size] = '\0';
    world_point(env);
    return 0;
}

int world_directory_make(struct env *env, const char *path)
{
    (void)env, (void)path;
    return 0;
}

int world_file_lock(struct env *env, const char *path)
{
    struct world_file *f = world_file_make(world_of(env), path);

    if (f->locked) {
        errno = EWOULDBLOCK;
        return -1;
    }
    f->locked = true;
    return f->handle;
}

void world_file_unlock(struct env *env, int handle)
{
    for (struct world_file *f = world_of(env)->files; f != NULL; f = f->next)
        if (f->handle == handle)
            f->locked = false;
}
