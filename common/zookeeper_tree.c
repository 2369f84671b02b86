/*
 * zookeeper_tree.c - the nodes of an ensemble in memory; see zookeeper_tree.h.
 *
 * Every write that is done leaves a note of how to undo it: a multi that fails
 * takes back what it did, the last first, and nobody has seen any of it.
 */
#include "common/zookeeper_tree.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a write did, and what was there before. */
struct done {
    enum zookeeper_kind kind;
    struct zookeeper_node *node;
    void *data;
    size_t size;
    struct zookeeper_stat stat;
};

/* -- nodes ----------------------------------------------------------------- */

const char *zookeeper_tree_name(const struct zookeeper_node *node)
{
    return strrchr(node->path, '/') + 1;
}

static void *copy_of(const void *data, size_t size)
{
    return xstrndup(data, size);
}

static struct zookeeper_node *node_new(const char *path, const void *data,
                                       size_t size)
{
    struct zookeeper_node *node = xcalloc(1, sizeof(*node));

    node->path = xstrdup(path);
    node->data = copy_of(data, size);
    node->size = size;
    return node;
}

static void node_free(struct zookeeper_node *node)
{
    for (int32_t i = 0; i < node->stat.n_children; i++)
        node_free(node->children[i]);
    free(node->children);
    free(node->data);
    free(node->path);
    free(node);
}

/* Where a child of this name is, or would be. */
static int32_t place_of(const struct zookeeper_node *parent, const char *name,
                        size_t size, bool *found)
{
    int32_t low = 0, high = parent->stat.n_children;

    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        const char *there = zookeeper_tree_name(parent->children[middle]);
        int order = strncmp(there, name, size);

        if (order == 0 && there[size] != '\0')
            order = 1;
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

static void put_child(struct zookeeper_node *parent,
                      struct zookeeper_node *child)
{
    const char *name = zookeeper_tree_name(child);
    int32_t n = parent->stat.n_children, at;
    bool found;

    at = place_of(parent, name, strlen(name), &found);
    check(!found);
    parent->children = xreallocarray(parent->children, (size_t)n + 1,
                                     sizeof(parent->children[0]));
    memmove(&parent->children[at + 1], &parent->children[at],
            (size_t)(n - at) * sizeof(parent->children[0]));
    parent->children[at] = child;
    parent->stat.n_children++;
    child->parent = parent;
}

static void take_child(struct zookeeper_node *child)
{
    struct zookeeper_node *parent = child->parent;
    const char *name = zookeeper_tree_name(child);
    int32_t at;
    bool found;

    at = place_of(parent, name, strlen(name), &found);
    check(found);
    parent->stat.n_children--;
    memmove(&parent->children[at], &parent->children[at + 1],
            (size_t)(parent->stat.n_children - at) *
                sizeof(parent->children[0]));
}

/* The node at the first size bytes of a path. */
static struct zookeeper_node *find(const struct zookeeper_tree *t,
                                   const char *path, size_t size)
{
    struct zookeeper_node *node = t->root;
    const char *end = path + size;

    while (node != NULL && path + 1 < end) {
        size_t n = 0;
        int32_t at;
        bool found;

        path++;
        while (path + n < end && path[n] != '/')
            n++;
        at = place_of(node, path, n, &found);
        node = found ? node->children[at] : NULL;
        path += n;
    }
    return node;
}

struct zookeeper_node *zookeeper_tree_find(const struct zookeeper_tree *t,
                                           const char *path)
{
    return find(t, path, strlen(path));
}

void zookeeper_tree_init(struct zookeeper_tree *t)
{
    memset(t, 0, sizeof(*t));
    t->root = node_new("/", NULL, 0);
}

void zookeeper_tree_fini(struct zookeeper_tree *t)
{
    node_free(t->root);
}

/* -- writes ---------------------------------------------------------------- */

static enum zookeeper_result do_create(struct zookeeper_tree *t,
                                       const struct zookeeper_write *w,
                                       int64_t session, struct done *done)
{
    size_t size = (size_t)(strrchr(w->path, '/') - w->path);
    struct zookeeper_node *parent = find(t, w->path, size), *node;
    char path[ZOOKEEPER_PATH_MAX + 16];

    if (parent == NULL)
        return ZOOKEEPER_NO_NODE;
    if (parent->stat.owner != 0)
        return ZOOKEEPER_NO_CHILDREN;
    snprintf(path, sizeof(path), "%s", w->path);
    if (w->flags & ZOOKEEPER_SEQUENCE)
        snprintf(path, sizeof(path), "%s%010u", w->path, parent->sequence);
    if (zookeeper_tree_find(t, path) != NULL)
        return ZOOKEEPER_NODE_EXISTS;
    node = node_new(path, w->data, w->size);
    node->stat = (struct zookeeper_stat){
        .owner = w->flags & ZOOKEEPER_EPHEMERAL ? session : 0,
        .created = t->zxid,
        .modified = t->zxid};
    parent->sequence++; /* with every child, and it never goes back */
    put_child(parent, node);
    done->node = node;
    return ZOOKEEPER_OK;
}

static enum zookeeper_result find_version(struct zookeeper_tree *t,
                                          const struct zookeeper_write *w,
                                          struct done *done)
{
    done->node = zookeeper_tree_find(t, w->path);
    if (done->node == NULL)
        return ZOOKEEPER_NO_NODE;
    if (w->version != ZOOKEEPER_ANY && w->version != done->node->stat.version)
        return ZOOKEEPER_BAD_VERSION;
    return ZOOKEEPER_OK;
}

static enum zookeeper_result do_delete(struct zookeeper_tree *t,
                                       const struct zookeeper_write *w,
                                       struct done *done)
{
    enum zookeeper_result result = find_version(t, w, done);

    if (result != ZOOKEEPER_OK)
        return result;
    if (done->node->stat.n_children > 0)
        return ZOOKEEPER_NOT_EMPTY;
    check(done->node != t->root);
    take_child(done->node);
    return ZOOKEEPER_OK;
}

static enum zookeeper_result do_set(struct zookeeper_tree *t,
                                    const struct zookeeper_write *w,
                                    struct done *done)
{
    enum zookeeper_result result = find_version(t, w, done);
    struct zookeeper_node *node = done->node;

    if (result != ZOOKEEPER_OK)
        return result;
    done->data = node->data;
    done->size = node->size;
    done->stat = node->stat;
    node->data = copy_of(w->data, w->size);
    node->size = w->size;
    node->stat.version++;
    node->stat.modified = t->zxid;
    return ZOOKEEPER_OK;
}

static enum zookeeper_result do_write(struct zookeeper_tree *t,
                                      const struct zookeeper_write *w,
                                      int64_t session, struct done *done)
{
    *done = (struct done){.kind = w->kind};
    switch (w->kind) {
    case ZOOKEEPER_CREATE:
        return do_create(t, w, session, done);
    case ZOOKEEPER_DELETE:
        return do_delete(t, w, done);
    case ZOOKEEPER_SET:
        return do_set(t, w, done);
    default:
        return find_version(t, w, done);
    }
}

static void undo(struct done *done)
{
    struct zookeeper_node *node = done->node;

    if (done->kind == ZOOKEEPER_CREATE) {
        take_child(node);
        node_free(node);
    } else if (done->kind == ZOOKEEPER_DELETE) {
        put_child(node->parent, node);
    } else if (done->kind == ZOOKEEPER_SET) {
        free(node->data);
        node->data = done->data;
        node->size = done->size;
        node->stat.version = done->stat.version;
        node->stat.modified = done->stat.modified;
    }
}

/* It stands: whoever is told of a write sees all of them. */
static void tell(struct zookeeper_tree *t, const struct done *done)
{
    if (done->kind != ZOOKEEPER_CHECK && t->changed != NULL)
        t->changed(t->arg, done->node->path, done->kind);
}

static void let_go(struct done *done)
{
    if (done->kind == ZOOKEEPER_DELETE)
        node_free(done->node);
    free(done->data);
}

static void show(const struct zookeeper_tree *t,
                 const struct zookeeper_write *writes, const struct done *done,
                 uint32_t n, int64_t session)
{
    const struct zookeeper_node **nodes;

    if (t->applied == NULL)
        return;
    nodes = xcalloc(n, sizeof(*nodes));
    for (uint32_t i = 0; i < n; i++)
        nodes[i] = done[i].node;
    t->applied(t->applied_arg,
               &(struct zookeeper_applied){.session = session,
                                           .at_its_end = t->ending,
                                           .n = n,
                                           .writes = writes,
                                           .nodes = nodes,
                                           .zxid = t->zxid});
    free(nodes);
}

static struct zookeeper_outcome stands(struct zookeeper_tree *t,
                                       struct done *done, uint32_t n)
{
    struct zookeeper_outcome outcome = {.result = ZOOKEEPER_OK};

    for (uint32_t i = 0; i < n; i++)
        tell(t, &done[i]);
    for (uint32_t i = 0; i < n; i++) {
        if (done[i].kind == ZOOKEEPER_CREATE || done[i].kind == ZOOKEEPER_SET)
            outcome.node = done[i].node;
        if (done[i].kind == ZOOKEEPER_DELETE && outcome.node == done[i].node)
            outcome.node = NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        let_go(&done[i]);
    return outcome;
}

struct zookeeper_outcome zookeeper_tree_write(
    struct zookeeper_tree *t, const struct zookeeper_write *writes, uint32_t n,
    int64_t session)
{
    struct done *done = xcalloc(n, sizeof(*done));
    struct zookeeper_outcome outcome = {.result = ZOOKEEPER_OK};

    t->zxid++;
    for (uint32_t i = 0; i < n && outcome.result == ZOOKEEPER_OK; i++) {
        outcome.result = do_write(t, &writes[i], session, &done[i]);
        outcome.failed = i;
    }
    if (outcome.result == ZOOKEEPER_OK) {
        show(t, writes, done, n, session);
        outcome = stands(t, done, n);
    } else {
        for (uint32_t i = outcome.failed; i > 0; i--)
            undo(&done[i - 1]);
    }
    free(done);
    return outcome;
}

/* -- sessions -------------------------------------------------------------- */

static struct zookeeper_node *ephemeral_of(struct zookeeper_node *node,
                                           int64_t session)
{
    if (node->stat.owner == session)
        return node;
    for (int32_t i = 0; i < node->stat.n_children; i++) {
        struct zookeeper_node *found = ephemeral_of(node->children[i], session);

        if (found != NULL)
            return found;
    }
    return NULL;
}

void zookeeper_tree_end_session(struct zookeeper_tree *t, int64_t session)
{
    struct zookeeper_node *node;

    t->ending = true;
    while ((node = ephemeral_of(t->root, session)) != NULL) {
        struct zookeeper_write gone = {.kind = ZOOKEEPER_DELETE,
                                       .path = node->path,
                                       .version = ZOOKEEPER_ANY};

        check(zookeeper_tree_write(t, &gone, 1, session).result ==
              ZOOKEEPER_OK);
    }
    t->ending = false;
}
