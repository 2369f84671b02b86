/* world_handles.c - files of a simulated world by handle; see
 * world_handles.h. */
#include "simulator/world_handles.h"
#include "common/check.h"
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

int world_handle_of(struct env *env, struct world_node *node, bool locks)
{
    struct world *w = world_of(env);
    uint32_t i = 0;

    while (i < w->n_open && w->open[i].node != NULL)
        i++;
    if (i == w->n_open)
        w->open = xreallocarray(w->open, ++w->n_open, sizeof(*w->open));
    w->open[i] = (struct world_handle){node, world_process_of(env), locks};
    world_disk_hold(node);
    node->locked |= locks;
    return (int)i;
}

static struct world_node *node_of(struct env *env, int handle)
{
    struct world *w = world_of(env);

    check(handle >= 0 && (uint32_t)handle < w->n_open);
    check(w->open[handle].node != NULL &&
          w->open[handle].process == world_process_of(env));
    return w->open[handle].node;
}

static void close_it(struct world_handle *h)
{
    if (h->locks)
        h->node->locked = false;
    world_disk_let_go(h->node);
    *h = (struct world_handle){.node = NULL};
}

void world_handle_close(struct env *env, int handle)
{
    check(node_of(env, handle) != NULL);
    close_it(&world_of(env)->open[handle]);
}

void world_handles_close(struct world_process *p)
{
    struct world *w = p->world;

    for (uint32_t i = 0; i < w->n_open; i++)
        if (w->open[i].node != NULL && w->open[i].process == p)
            close_it(&w->open[i]);
}

uint32_t world_handles_open(const struct world_process *p)
{
    const struct world *w = p->world;
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n_open; i++)
        n += w->open[i].node != NULL && w->open[i].process == p;
    return n;
}

int world_handle_create(struct env *env, const char *path)
{
    struct world_disk_place place;

    world_point(env);
    if (world_disk_locate(world_disk_of(env), path, &place) != 0)
        return -1;
    if (place.node != NULL)
        return fails(EEXIST);
    return world_handle_of(env, world_disk_make(env, &place, WORLD_NODE_FILE),
                           false);
}

int world_handle_open(struct env *env, const char *path, bool follow,
                      uint64_t *size)
{
    struct world_node *node;

    (void)follow; /* there are no links to follow */
    world_disk_step(env);
    node = world_disk_find(world_disk_of(env), path);
    if (node == NULL)
        return -1;
    if (node->kind != WORLD_NODE_FILE)
        return fails(node->kind == WORLD_NODE_DIRECTORY ? EISDIR : EINVAL);
    *size = node->size;
    return world_handle_of(env, node, false);
}

/* -- reading, writing ------------------------------------------------------ */

int world_handle_write(struct env *env, int handle, const void *data,
                       size_t size)
{
    world_disk_step(env);
    return world_disk_append(env, node_of(env, handle), data, size);
}

int64_t world_handle_read(struct env *env, int handle, uint64_t offset,
                          void *to, size_t size)
{
    const struct world_node *node = node_of(env, handle);

    if (offset > INT64_MAX - size)
        return fails(EINVAL);
    if (offset >= node->size)
        return 0;
    if (size > node->size - offset)
        size = node->size - offset;
    memcpy(to, node->data + offset, size);
    return (int64_t)size;
}

/* Who may read it, nobody asks here. */
int world_handle_show(struct env *env, int handle)
{
    world_disk_step(env);
    check(node_of(env, handle) != NULL);
    return 0;
}

/* Others go on while the disk is at work. */
int world_handle_sync(struct env *env, int handle)
{
    struct world_node *node = node_of(env, handle);

    world_point(env);
    node->safe = node->size;
    world_disk_step(env);
    return 0;
}

/* -- names ----------------------------------------------------------------- */

int world_handle_remove(struct env *env, const char *path)
{
    struct world_disk *d = world_disk_of(env);
    struct world_disk_place place;

    world_disk_step(env);
    if (world_disk_locate(d, path, &place) != 0)
        return -1;
    if (place.node == NULL)
        return fails(ENOENT);
    if (place.node->kind == WORLD_NODE_DIRECTORY)
        return fails(EISDIR);
    world_disk_put(d, &place, NULL);
    return 0;
}

/* 0; 1: nothing is to be done; -1 and errno. */
static int may_rename(const struct world_disk_place *from,
                      const struct world_disk_place *to)
{
    if (from->node == NULL)
        return fails(ENOENT);
    if (from->node == to->node)
        return 1;
    if (to->node == NULL)
        return 0;
    if (to->node->kind == WORLD_NODE_DIRECTORY) {
        if (from->node->kind != WORLD_NODE_DIRECTORY)
            return fails(EISDIR);
        return to->node->names != NULL ? fails(ENOTEMPTY) : 0;
    }
    return from->node->kind == WORLD_NODE_DIRECTORY ? fails(ENOTDIR) : 0;
}

int world_handle_rename(struct env *env, const char *from, const char *to)
{
    struct world_disk *d = world_disk_of(env);
    struct world_disk_place old, new;
    int may;

    world_disk_step(env);
    if (world_disk_locate(d, from, &old) != 0 ||
        world_disk_locate(d, to, &new) != 0)
        return -1;
    may = may_rename(&old, &new);
    if (may < 0)
        return -1;
    if (may == 0)
        world_disk_rename(d, &old, &new);
    world_point(env);
    world_disk_sync_beside(d, to);
    world_disk_step(env);
    return 0;
}

int world_handle_link(struct env *env, const char *from, const char *to)
{
    struct world_disk *d = world_disk_of(env);
    struct world_disk_place place;
    struct world_node *node;

    world_disk_step(env);
    node = world_disk_find(d, from);
    if (node == NULL || world_disk_locate(d, to, &place) != 0)
        return -1;
    if (node->kind == WORLD_NODE_DIRECTORY)
        return fails(EPERM);
    if (place.node != NULL)
        return fails(EEXIST);
    world_disk_put(d, &place, node);
    return 0;
}
