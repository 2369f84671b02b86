/* world_disk.c - names, files and what survives; see world_disk.h. */
#include "simulator/world_disk.h"
#include "common/check.h"
#include "simulator/world_machine_in.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Older ones are safe: no system waits for ever before it writes. */
#define CHANGES_MAX 4096

struct world_change {
    struct world_node *directory;
    char *name;
    struct world_node *was, *is; /* NULL: there was, there is none */
    bool with_next;              /* both, or neither */
};

struct world_disk *world_disk_of(struct env *env)
{
    return &world_machine_of(env)->disk;
}

/* -- nodes ----------------------------------------------------------------- */

static struct world_node *node_new(enum world_node_kind kind)
{
    struct world_node *node = xcalloc(1, sizeof(*node));

    node->kind = kind;
    node->data = xcalloc(1, 1);
    return node;
}

void world_disk_hold(struct world_node *node)
{
    if (node != NULL)
        node->refs++;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct world_disk_name *)a)->text,
                  ((const struct world_disk_name *)b)->text);
}

static void forget_name(struct world_node *directory,
                        struct world_disk_name *name)
{
    tdelete(name, &directory->by_text, by_text);
    *name->link = name->next;
    if (name->next != NULL)
        name->next->link = name->link;
    name->node->parent = NULL;
    world_disk_let_go(name->node);
    free(name->text);
    free(name);
}

void world_disk_let_go(struct world_node *node)
{
    if (node == NULL || --node->refs > 0)
        return;
    while (node->names != NULL)
        forget_name(node, node->names);
    free(node->data);
    free(node);
}

void world_disk_init(struct world_disk *d, bool lenient)
{
    *d = (struct world_disk){.lenient = lenient,
                             .root = node_new(WORLD_NODE_DIRECTORY)};
    world_disk_hold(d->root);
}

/* -- changes --------------------------------------------------------------- */

static void change_fini(struct world_change *c)
{
    world_disk_let_go(c->directory);
    world_disk_let_go(c->was);
    world_disk_let_go(c->is);
    free(c->name);
}

/* All with the ones that `drops` is set of, and their other halves. */
static void drop_changes(struct world_disk *d, bool *drops)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i + 1 < d->n_changes; i++)
        if (d->changes[i].with_next)
            drops[i] = drops[i + 1] = drops[i] || drops[i + 1];
    for (uint32_t i = 0; i < d->n_changes; i++)
        if (drops[i])
            change_fini(&d->changes[i]);
        else
            d->changes[n++] = d->changes[i];
    d->n_changes = n;
}

static void make_safe(struct world_disk *d, uint32_t n)
{
    bool *drops = xcalloc(d->n_changes, sizeof(*drops));

    memset(drops, true, n * sizeof(*drops));
    drop_changes(d, drops);
    free(drops);
}

static void note_change(struct world_disk *d,
                        const struct world_disk_place *place,
                        struct world_node *is, bool with_next)
{
    if (d->lenient)
        return;
    if (d->n_changes == CHANGES_MAX)
        make_safe(d, CHANGES_MAX / 2);
    d->changes =
        xreallocarray(d->changes, d->n_changes + 1, sizeof(*d->changes));
    d->changes[d->n_changes++] = (struct world_change){
        .directory = place->directory,
        .name = xstrdup(place->name),
        .was = place->node,
        .is = is,
        .with_next = with_next,
    };
    world_disk_hold(place->directory);
    world_disk_hold(place->node);
    world_disk_hold(is);
}

/* Whether it names the directory, or one that leads to it. */
static bool leads_to(const struct world_change *c,
                     const struct world_node *directory)
{
    for (; directory != NULL; directory = directory->parent)
        if (c->is == directory)
            return true;
    return false;
}

static void sync_names(struct world_disk *d, const struct world_node *directory)
{
    bool *drops = xcalloc(d->n_changes, sizeof(*drops));

    for (uint32_t i = 0; i < d->n_changes; i++) {
        const struct world_change *c = &d->changes[i];

        drops[i] |= c->directory == directory;
        if (!leads_to(c, directory))
            continue;
        for (uint32_t k = 0; k < d->n_changes; k++)
            drops[k] |= d->changes[k].directory == c->directory &&
                        strcmp(d->changes[k].name, c->name) == 0;
    }
    drop_changes(d, drops);
    free(drops);
}

void world_disk_fini(struct world_disk *d)
{
    make_safe(d, d->n_changes);
    free(d->changes);
    world_disk_let_go(d->root);
}

/* -- names ----------------------------------------------------------------- */

/* NULL: there is none. */
static struct world_disk_name *name_in(const struct world_node *directory,
                                       const char *text)
{
    const struct world_disk_name key = {.text = (char *)(uintptr_t)text};
    struct world_disk_name *const *found =
        tfind(&key, &directory->by_text, by_text);

    return found == NULL ? NULL : *found;
}

static void add_name(struct world_node *directory, const char *text,
                     struct world_node *node)
{
    struct world_disk_name *name = xcalloc(1, sizeof(*name));

    name->text = xstrdup(text);
    name->node = node;
    name->next = directory->names;
    name->link = &directory->names;
    if (name->next != NULL)
        name->next->link = &name->next;
    directory->names = name;
    memory_check(tsearch(name, &directory->by_text, by_text), 1, sizeof(*name));
    node->parent = directory;
}

static void put_name(struct world_node *directory, const char *text,
                     struct world_node *node)
{
    struct world_disk_name *name = name_in(directory, text);

    world_disk_hold(node);
    if (name != NULL)
        forget_name(directory, name);
    if (node != NULL)
        add_name(directory, text, node);
}

void world_disk_put(struct world_disk *d, struct world_disk_place *place,
                    struct world_node *node)
{
    note_change(d, place, node, false);
    put_name(place->directory, place->name, node);
    place->node = node;
}

void world_disk_rename(struct world_disk *d, struct world_disk_place *from,
                       struct world_disk_place *to)
{
    struct world_node *node = from->node;

    note_change(d, from, NULL, true);
    note_change(d, to, node, false);
    world_disk_hold(node);
    put_name(from->directory, from->name, NULL);
    put_name(to->directory, to->name, node);
    world_disk_let_go(node);
    from->node = NULL;
    to->node = node;
}

struct world_node *world_disk_make(struct env *env,
                                   struct world_disk_place *place,
                                   enum world_node_kind kind)
{
    struct world_node *node = node_new(kind);

    node->written = env->ops->wall_us(env);
    world_disk_put(world_disk_of(env), place, node);
    return node;
}

/* The next part of a path; false: there is none, or it is no name. */
static bool next_part(const char **at, char name[WORLD_NAME_MAX + 1])
{
    size_t size;

    *at += strspn(*at, "/");
    size = strcspn(*at, "/");
    if (size == 0 || size > WORLD_NAME_MAX)
        return false;
    memcpy(name, *at, size);
    name[size] = '\0';
    *at += size;
    *at += strspn(*at, "/");
    return true;
}

static int fails(int error)
{
    errno = error;
    return -1;
}

/* On to what the place holds; -1 and errno. */
static int descend(struct world_disk *d, struct world_disk_place *place)
{
    if (place->node == NULL && d->lenient)
        world_disk_put(d, place, node_new(WORLD_NODE_DIRECTORY));
    if (place->node == NULL)
        return fails(ENOENT);
    if (place->node->kind != WORLD_NODE_DIRECTORY)
        return fails(ENOTDIR);
    place->directory = place->node;
    return 0;
}

int world_disk_locate(struct world_disk *d, const char *path,
                      struct world_disk_place *place)
{
    const struct world_disk_name *name;

    *place = (struct world_disk_place){.node = d->root};
    if (*path == '\0')
        return fails(ENOENT);
    do {
        if (descend(d, place) != 0)
            return -1;
        if (!next_part(&path, place->name))
            return fails(*path == '\0' ? EISDIR : ENAMETOOLONG);
        name = name_in(place->directory, place->name);
        place->node = name != NULL ? name->node : NULL;
    } while (*path != '\0');
    return 0;
}

struct world_node *world_disk_find(struct world_disk *d, const char *path)
{
    struct world_disk_place place;

    if (*path != '\0' && path[strspn(path, "/")] == '\0')
        return d->root;
    if (world_disk_locate(d, path, &place) != 0)
        return NULL;
    if (place.node == NULL)
        errno = ENOENT;
    return place.node;
}

void world_disk_sync_beside(struct world_disk *d, const char *path)
{
    struct world_disk_place place;

    if (world_disk_locate(d, path, &place) == 0)
        sync_names(d, place.directory);
}

/* -- what is written ------------------------------------------------------- */

void world_disk_step(struct env *env)
{
    if (world_machine_of(env)->number > 0)
        world_point(env);
}

static void put_behind(struct env *env, struct world_node *node,
                       const void *data, size_t size)
{
    node->data = xrealloc(node->data, node->size + size + 1);
    memcpy(node->data + node->size, data, size);
    node->size += size;
    node->data[node->size] = '\0';
    node->written = env->ops->wall_us(env);
}

static bool is_full(struct env *env)
{
    const struct world_machine *m = world_machine_of(env);
    int64_t now = world_of(env)->now;

    return now >= m->full_from && now < m->full_until;
}

int world_disk_append(struct env *env, struct world_node *node,
                      const void *data, size_t size)
{
    size_t half = size / 2;

    if (size > 0 && is_full(env)) {
        put_behind(env, node, data, world_below(world_of(env), size));
        return fails(ENOSPC);
    }
    put_behind(env, node, data, half);
    world_disk_step(env);
    put_behind(env, node, (const char *)data + half, size - half);
    return 0;
}

void world_disk_cut(struct world_node *node, size_t size)
{
    check(size <= node->size);
    node->size = size;
    node->data[size] = '\0';
    if (node->safe > size)
        node->safe = size;
}

/* -- loss ------------------------------------------------------------------ */

static void lose_changes(struct world_disk *d, struct world *w)
{
    uint32_t kept = (uint32_t)world_below(w, d->n_changes + 1);

    if (kept > 0 && kept < d->n_changes && d->changes[kept - 1].with_next)
        kept++;
    while (d->n_changes > kept) {
        struct world_change *c = &d->changes[--d->n_changes];

        put_name(c->directory, c->name, c->was);
        change_fini(c);
    }
    make_safe(d, d->n_changes);
}

static void lose_data(struct world_node *node, struct world *w)
{
    for (struct world_disk_name *n = node->names; n != NULL; n = n->next)
        lose_data(n->node, w);
    if (node->size > node->safe)
        world_disk_cut(node, node->safe +
                                 world_below(w, node->size - node->safe + 1));
    node->safe = node->size;
}

void world_disk_lose_power(struct world_disk *d, struct world *w)
{
    lose_changes(d, w);
    lose_data(d->root, w);
}
