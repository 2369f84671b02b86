/* world_handles.c - files of a simulated world by handle; see
 * world_handles.h. */
#include "simulator/world_handles.h"
#include "simulator/world_files.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <string.h>

static int fails(int error)
{
    errno = error;
    return -1;
}

/* -- open and closed ------------------------------------------------------- */

static int handle_of(struct world *w, struct world_file *f)
{
    uint32_t i = 0;

    while (i < w->n_open && w->open[i] != NULL)
        i++;
    if (i == w->n_open)
        w->open = xreallocarray(w->open, ++w->n_open, sizeof(*w->open));
    w->open[i] = f;
    f->n_open++;
    return (int)i;
}

static struct world_file *file_of(struct env *env, int handle)
{
    return world_of(env)->open[handle];
}

int world_handle_create(struct env *env, const char *path)
{
    struct world *w = world_of(env);
    struct world_file *f;

    world_point(env);
    if (world_file_find(w, path) != NULL)
        return fails(EEXIST);
    f = world_file_make(w, path);
    f->data = xcalloc(1, 1);
    return handle_of(w, f);
}

int world_handle_open(struct env *env, const char *path, bool follow,
                      uint64_t *size)
{
    struct world_file *f = world_file_find(world_of(env), path);

    (void)follow; /* there are no links to follow */
    if (f == NULL || f->data == NULL)
        return fails(ENOENT);
    *size = f->size;
    return handle_of(world_of(env), f);
}

void world_handle_close(struct env *env, int handle)
{
    struct world_file *f = file_of(env, handle);

    world_of(env)->open[handle] = NULL;
    f->n_open--;
    if (f->path != NULL || f->n_open > 0)
        return;
    free(f->data);
    free(f);
}

/* -- reading, writing ------------------------------------------------------ */

int world_handle_write(struct env *env, int handle, const void *data,
                       size_t size)
{
    struct world_file *f = file_of(env, handle);

    f->data = xrealloc(f->data, f->size + size + 1);
    memcpy(f->data + f->size, data, size);
    f->size += size;
    f->data[f->size] = '\0';
    return 0;
}

int64_t world_handle_read(struct env *env, int handle, uint64_t offset,
                          void *to, size_t size)
{
    const struct world_file *f = file_of(env, handle);

    if (offset >= f->size)
        return 0;
    if (size > f->size - offset)
        size = f->size - offset;
    memcpy(to, f->data + offset, size);
    return (int64_t)size;
}

/* Others go on while the disk is at work. */
int world_handle_sync(struct env *env, int handle)
{
    (void)handle;
    world_point(env);
    return 0;
}

/* -- names ----------------------------------------------------------------- */

int world_handle_remove(struct env *env, const char *path)
{
    struct world_file *f = world_file_find(world_of(env), path);

    if (f == NULL)
        return fails(ENOENT);
    world_file_forget(world_of(env), f);
    return 0;
}

int world_handle_rename(struct env *env, const char *from, const char *to)
{
    struct world_file *f = world_file_find(world_of(env), from);

    if (f == NULL)
        return fails(ENOENT);
    if (strcmp(from, to) != 0) {
        world_handle_remove(env, to);
        world_file_name(world_of(env), f, to);
    }
    world_point(env);
    return 0;
}

/* A copy is the same as long as nobody writes. */
int world_handle_link(struct env *env, const char *from, const char *to)
{
    const struct world_file *f = world_file_find(world_of(env), from);
    struct world_file *copy;

    if (f == NULL || f->data == NULL)
        return fails(ENOENT);
    if (world_file_find(world_of(env), to) != NULL)
        return fails(EEXIST);
    copy = world_file_make(world_of(env), to);
    copy->data = xstrndup(f->data, f->size);
    copy->size = f->size;
    return 0;
}

int world_handle_each(struct env *env, const char *path,
                      void (*each)(void *arg, const char *name), void *arg)
{
    struct world_file *next;

    for (struct world_file *f = world_of(env)->files; f != NULL; f = next) {
        const char *name = world_file_in(path, f->path);

        next = f->next;
        if (name != NULL && strchr(name, '/') == NULL && *name != '.')
            each(arg, name);
    }
    return 0;
}
