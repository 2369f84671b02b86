/* world_files.c - whole files of a simulated world; see world_files.h. */
#include "simulator/world_files.h"
#include "simulator/world_handles.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fails(int error)
{
    errno = error;
    return -1;
}

/* -- replacing ------------------------------------------------------------- */

/* Beside the path, as env_file_is_temporary() knows it. */
static int make_temporary(struct env *env, const char *path,
                          char name[PATH_MAX])
{
    struct world_disk_place place;

    snprintf(name, PATH_MAX, "%s.%06u", path,
             ++world_of(env)->n_temporary % 1000000);
    if (world_disk_locate(world_disk_of(env), name, &place) != 0)
        return -1;
    return world_handle_of(env, world_disk_make(env, &place, WORLD_NODE_FILE),
                           false);
}

/* 0; -1 and errno: it is gone again. */
static int write_temporary(struct env *env, const char *path,
                           char name[PATH_MAX], const void *data, size_t size)
{
    int handle = make_temporary(env, path, name);
    struct world_node *node;

    if (handle < 0)
        return -1;
    node = world_of(env)->open[handle].node;
    world_disk_step(env);
    if (world_disk_append(env, node, data, size) != 0) {
        world_handle_close(env, handle);
        world_handle_remove(env, name);
        return fails(ENOSPC);
    }
    world_disk_step(env);
    node->safe = node->size;
    world_handle_close(env, handle);
    return 0;
}

/* It may be gone: see directory_clean(). */
static int rename_to(struct env *env, const char *from, const char *path)
{
    struct world_disk *d = world_disk_of(env);
    struct world_disk_place old, new;

    if (world_disk_locate(d, from, &old) != 0 ||
        world_disk_locate(d, path, &new) != 0)
        return -1;
    if (old.node == NULL)
        return fails(ENOENT);
    if (new.node != NULL &&new.node->kind == WORLD_NODE_DIRECTORY) {
        world_disk_put(d, &old, NULL);
        return fails(EISDIR);
    }
    world_disk_rename(d, &old, &new);
    world_disk_step(env);
    world_disk_sync_beside(d, path);
    return 0;
}

/* Others go on while the disk is at work. */
int world_file_replace(struct env *env, const char *path, const void *data,
                       size_t size)
{
    char temporary[PATH_MAX];
    int result;

    world_disk_step(env);
    if (write_temporary(env, path, temporary, data, size) != 0)
        return -1;
    world_point(env);
    result = rename_to(env, temporary, path);
    world_point(env);
    return result;
}

/* -- reading --------------------------------------------------------------- */

static int read_node(const struct world_node *node, size_t max, void **data,
                     size_t *size)
{
    if (node->size > max)
        return fails(EFBIG);
    *data = xmalloc(node->size + 1);
    memcpy(*data, node->data, node->size + 1);
    *size = node->size;
    return 0;
}

int world_file_read(struct env *env, const char *path, size_t max, void **data,
                    size_t *size)
{
    const struct world_node *node;

    world_disk_step(env);
    node = world_disk_find(world_disk_of(env), path);
    if (node == NULL)
        return -1;
    if (node->kind != WORLD_NODE_FILE)
        return fails(node->kind == WORLD_NODE_DIRECTORY ? EISDIR : ENXIO);
    return read_node(node, max, data, size);
}

int world_file_read_regular(struct env *env, const char *path, size_t max,
                            void **data, size_t *size)
{
    const struct world_node *node;

    world_disk_step(env);
    node = world_disk_find(world_disk_of(env), path);
    if (node == NULL)
        return -1;
    if (node->kind == WORLD_NODE_SOCKET)
        return fails(ENXIO);
    return node->kind == WORLD_NODE_FILE ? read_node(node, max, data, size)
                                         : fails(EINVAL);
}

int64_t world_file_written(struct env *env, const char *path)
{
    const struct world_node *node = world_disk_find(world_disk_of(env), path);

    return node != NULL ? node->written : -1;
}

/* -- appending ------------------------------------------------------------- */

/* A handle, so that nobody takes the file away meanwhile. */
static int open_or_make(struct env *env, struct world_disk_place *place,
                        const char *path, bool locks)
{
    if (world_disk_locate(world_disk_of(env), path, place) != 0)
        return -1;
    if (place->node == NULL)
        world_disk_make(env, place, WORLD_NODE_FILE);
    if (place->node->kind != WORLD_NODE_FILE)
        return fails(EISDIR);
    if (locks && place->node->locked)
        return fails(EWOULDBLOCK);
    return world_handle_of(env, place->node, locks);
}

static void cut_to_lines(struct world_node *node)
{
    const char *newline = memrchr(node->data, '\n', node->size);

    world_disk_cut(node,
                   newline == NULL ? 0 : (size_t)(newline - node->data) + 1);
}

static int append(struct env *env, struct world_node *node, const void *data,
                  size_t size, size_t max)
{
    size_t end;

    cut_to_lines(node);
    end = node->size;
    if (size > max || end > max - size)
        return fails(EOVERFLOW);
    if (world_disk_append(env, node, data, size) != 0) {
        world_disk_cut(node, end);
        return fails(ENOSPC);
    }
    world_disk_step(env);
    node->safe = node->size;
    return 0;
}

int world_file_append(struct env *env, const char *path, const void *data,
                      size_t size, size_t max)
{
    struct world_disk_place place;
    int handle, result;

    world_point(env);
    handle = open_or_make(env, &place, path, false);
    if (handle < 0)
        return -1;
    result = append(env, place.node, data, size, max);
    world_handle_close(env, handle);
    if (result == 0) {
        world_disk_step(env);
        world_disk_sync_beside(world_disk_of(env), path);
        world_point(env);
    }
    return result;
}

/* -- locks ----------------------------------------------------------------- */

int world_file_lock(struct env *env, const char *path)
{
    struct world_disk_place place;

    world_disk_step(env);
    return open_or_make(env, &place, path, true);
}

void world_file_unlock(struct env *env, int handle)
{
    world_handle_close(env, handle);
}
