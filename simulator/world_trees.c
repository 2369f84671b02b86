/* world_trees.c - directories of a simulated world; see world_trees.h. */
#include "simulator/world_trees.h"
#include "common/env_file.h"
#include "simulator/world_disk.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A directory in a directory in …: as env_tree.c has it. */
#define DEPTH_MAX 64

static int fails(int error)
{
    errno = error;
    return -1;
}

/* -- making ---------------------------------------------------------------- */

/* It is there, or is made. */
static struct world_node *make_one(struct env *env, const char *path)
{
    struct world_disk *d = world_disk_of(env);
    struct world_disk_place place;

    world_disk_step(env);
    if (path[strspn(path, "/")] == '\0')
        return d->root;
    if (world_disk_locate(d, path, &place) != 0)
        return NULL;
    if (place.node == NULL)
        world_disk_make(env, &place, WORLD_NODE_DIRECTORY);
    if (place.node->kind == WORLD_NODE_DIRECTORY)
        return place.node;
    errno = ENOTDIR;
    return NULL;
}

int world_tree_make(struct env *env, const char *path)
{
    char part[PATH_MAX];
    size_t size = strlen(path);

    if (size >= sizeof(part))
        return fails(ENAMETOOLONG);
    for (size_t i = 1; i < size; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (make_one(env, part) == NULL)
            return -1;
    }
    return make_one(env, path) != NULL ? 0 : -1;
}

/* Everybody is user 0 here. */
int world_tree_private(struct env *env, const char *path)
{
    const struct world_node *node = make_one(env, path);

    if (node == NULL)
        return -1;
    return node->user == 0 ? 0 : fails(EPERM);
}

int world_tree_give(struct env *env, const char *path, uint32_t user,
                    uint32_t group)
{
    struct world_node *node = make_one(env, path);

    if (node == NULL)
        return -1;
    if (node->user != 0 && node->user != user)
        return fails(EPERM);
    node->user = user;
    node->group = group;
    return 0;
}

int world_tree_share(struct env *env, const char *path, uint32_t group)
{
    struct world_node *node = world_disk_find(world_disk_of(env), path);

    if (node == NULL)
        return -1;
    if (node->user != 0)
        return fails(EPERM);
    if (node->kind == WORLD_NODE_FILE)
        return fails(EINVAL);
    node->group = group;
    return 0;
}

/* -- looking --------------------------------------------------------------- */

/* NULL and errno. */
static struct world_node *directory_at(struct env *env, const char *path)
{
    struct world_disk *d = world_disk_of(env);
    struct world_node *node;

    if (d->lenient)
        return make_one(env, path);
    world_disk_step(env);
    node = world_disk_find(d, path);
    if (node != NULL && node->kind != WORLD_NODE_DIRECTORY) {
        errno = ENOTDIR;
        return NULL;
    }
    return node;
}

int world_tree_list(struct env *env, const char *path, uint32_t max,
                    char ***names, uint32_t *n)
{
    const struct world_node *node = directory_at(env, path);

    *names = NULL;
    *n = 0;
    if (node == NULL)
        return -1;
    for (const struct world_disk_name *name = node->names;
         name != NULL && *n < max; name = name->next) {
        *names = xreallocarray(*names, *n + 1, sizeof(**names));
        (*names)[(*n)++] = xstrdup(name->text);
    }
    return 0;
}

/* All are looked at before anybody does anything. */
int world_tree_each(struct env *env, const char *path,
                    void (*each)(void *arg, const char *name), void *arg)
{
    char **names;
    uint32_t n;

    if (world_tree_list(env, path, UINT32_MAX, &names, &n) != 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        if (names[i][0] != '.')
            each(arg, names[i]);
        free(names[i]);
    }
    free(names);
    return 0;
}

/* -- removing -------------------------------------------------------------- */

/* One name, the innermost first: the process may end between two of them, and
 * others may do something there. 1: there is more; -1 and errno. */
static int remove_one(struct env *env, const char *path)
{
    struct world_disk *d = world_disk_of(env);
    struct world_disk_place place;
    int depth = 0;

    if (world_disk_locate(d, path, &place) != 0)
        return errno == ENOENT ? 0 : -1;
    if (place.node == NULL)
        return 0;
    for (; place.node->names != NULL; depth++) {
        const struct world_disk_name *first = place.node->names;

        if (depth > DEPTH_MAX)
            return fails(ELOOP);
        place.directory = place.node;
        snprintf(place.name, sizeof(place.name), "%s", first->text);
        place.node = first->node;
    }
    world_disk_put(d, &place, NULL);
    return depth > 0;
}

int world_tree_remove(struct env *env, const char *path)
{
    int result;

    do {
        world_disk_step(env);
        result = remove_one(env, path);
    } while (result > 0);
    return result;
}

/* What file_replace() left. */
int world_tree_clean(struct env *env, const char *path, const char *suffix)
{
    struct world_node *node = directory_at(env, path);
    struct world_disk_name *name, *next;
    int n = 0;

    if (node == NULL)
        return -1;
    for (name = node->names; name != NULL; name = next) {
        struct world_disk_place place = {.directory = node, .node = name->node};

        next = name->next;
        if (!env_file_is_temporary(name->text, suffix) ||
            name->node->kind == WORLD_NODE_DIRECTORY)
            continue;
        snprintf(place.name, sizeof(place.name), "%s", name->text);
        world_disk_put(world_disk_of(env), &place, NULL);
        n++;
    }
    return n;
}
