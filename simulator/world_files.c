/* world_files.c - the disk of a simulated world; see world_files.h. */
#include "simulator/world_files.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct world_file {
    struct world_file *next;
    char *path;
    char *data;
    size_t size;
    int handle; /* of its lock */
    bool locked;
};

static struct world_file *find(struct world *w, const char *path)
{
    struct world_file *f = w->files;

    while (f != NULL && strcmp(f->path, path) != 0)
        f = f->next;
    return f;
}

static struct world_file *find_or_make(struct world *w, const char *path)
{
    struct world_file *f = find(w, path);

    if (f != NULL)
        return f;
    f = xcalloc(1, sizeof(*f));
    f->path = xstrdup(path);
    f->handle = w->files != NULL ? w->files->handle + 1 : 0;
    f->next = w->files;
    w->files = f;
    return f;
}

void world_files_fini(struct world *w)
{
    struct world_file *f;

    while ((f = w->files) != NULL) {
        w->files = f->next;
        free(f->path);
        free(f->data);
        free(f);
    }
}

/* Others go on while the disk is at work. */
int world_file_replace(struct env *env, const char *path, const void *data,
                       size_t size)
{
    struct world_file *f;
    char *copy = xmalloc(size + 1);

    memcpy(copy, data, size);
    copy[size] = '\0';
    world_point(env);
    f = find_or_make(world_of(env), path);
    free(f->data);
    f->data = copy;
    f->size = size;
    world_point(env);
    return 0;
}

int world_file_read(struct env *env, const char *path, size_t max, void **data,
                    size_t *size)
{
    const struct world_file *f = find(world_of(env), path);

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
    f = find_or_make(world_of(env), path);
    if (size > max || f->size > max - size) {
        errno = EFBIG;
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
    struct world_file *f = find_or_make(world_of(env), path);

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
