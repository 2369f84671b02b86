/* leavings.c - what a topology leaves behind; see leavings.h. */
#include "nimbus/leavings.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const folders[] = {"/errors", "/positions"};
#define N_FOLDERS 2u

struct leaving {
    struct leaving *next;
    uint64_t change;
    char id[];
};

struct leavings {
    struct zookeeper *zookeeper;
    struct leaving *waiting;
    struct leaving *found; /* change is 0 */
    uint32_t under_way;
    bool over;
};

/* A folder whose children are being listed. */
struct listing {
    struct leavings *l;
    char path[ZOOKEEPER_PATH_MAX];
};

static const struct zookeeper_then nobody = {NULL, NULL};

/* What cannot be removed now is removed by the next leader. */
static void listed(void *arg, const struct zookeeper_answer *answer)
{
    struct listing *listing = arg;
    struct leavings *l = listing->l;
    char path[ZOOKEEPER_PATH_MAX * 2];

    for (uint32_t i = 0; i < answer->n_children; i++) {
        snprintf(path, sizeof(path), "%s/%s", listing->path,
                 answer->children[i]);
        zookeeper_delete(l->zookeeper, path, ZOOKEEPER_ANY, nobody);
    }
    if (answer->result == ZOOKEEPER_OK)
        zookeeper_delete(l->zookeeper, listing->path, ZOOKEEPER_ANY, nobody);
    free(listing);
    l->under_way--;
    if (l->over && l->under_way == 0)
        free(l);
}

static void remove_all(struct leavings *l, const char *id)
{
    for (uint32_t i = 0; i < N_FOLDERS; i++) {
        struct listing *listing = xcalloc(1, sizeof(*listing));

        listing->l = l;
        snprintf(listing->path, sizeof(listing->path), "%s/%s", folders[i], id);
        l->under_way++;
        zookeeper_children(l->zookeeper, listing->path, NULL,
                           (struct zookeeper_then){listed, listing});
    }
}

struct leavings *leavings_new(struct zookeeper *zookeeper)
{
    struct leavings *l = xcalloc(1, sizeof(*l));

    l->zookeeper = zookeeper;
    return l;
}

static void forget(struct leaving **list)
{
    struct leaving *w;

    while ((w = *list) != NULL) {
        *list = w->next;
        free(w);
    }
}

void leavings_free(struct leavings *l)
{
    if (l == NULL)
        return;
    forget(&l->waiting);
    forget(&l->found);
    l->over = true;
    if (l->under_way == 0)
        free(l);
}

static void push(struct leaving **list, const char *id, uint64_t change)
{
    size_t size = strlen(id) + 1;
    struct leaving *w = xcalloc(1, sizeof(*w) + size);

    memcpy(w->id, id, size);
    w->change = change;
    w->next = *list;
    *list = w;
}

void leavings_add(struct leavings *l, const char *id, uint64_t change)
{
    push(&l->waiting, id, change);
}

void leavings_found(struct leavings *l, const char *id)
{
    push(&l->found, id, 0);
}

void leavings_sweep(struct leavings *l, bool (*keep)(void *arg, const char *id),
                    void *arg)
{
    for (struct leaving *w = l->found; w != NULL; w = w->next)
        if (!keep(arg, w->id))
            remove_all(l, w->id);
    forget(&l->found);
}

void leavings_durable(struct leavings *l, uint64_t change)
{
    struct leaving **link = &l->waiting, *w;

    while ((w = *link) != NULL) {
        if (w->change > change) {
            link = &w->next;
            continue;
        }
        *link = w->next;
        remove_all(l, w->id);
        free(w);
    }
}
