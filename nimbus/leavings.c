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
    struct leaving *found; /* change is 0, … */
    struct leaving *again; /* … here, too: what could not be removed */
    uint32_t under_way;
    bool over;
};

/* A folder that is being removed. */
struct listing {
    struct leavings *l;
    char path[ZOOKEEPER_PATH_MAX];
};

static const struct zookeeper_then nobody = {NULL, NULL};

static void push(struct leaving **list, const char *id, uint64_t change)
{
    size_t size = strlen(id) + 1;
    struct leaving *w = xcalloc(1, sizeof(*w) + size);

    memcpy(w->id, id, size);
    w->change = change;
    w->next = *list;
    *list = w;
}

static void end(struct listing *listing, enum zookeeper_result result)
{
    struct leavings *l = listing->l;

    if (result != ZOOKEEPER_OK && result != ZOOKEEPER_NO_NODE && !l->over)
        push(&l->again, strrchr(listing->path, '/') + 1, 0);
    free(listing);
    l->under_way--;
    if (l->over && l->under_way == 0)
        free(l);
}

/* It is not, unless all that was in it has been. */
static void removed(void *arg, const struct zookeeper_answer *answer)
{
    end(arg, answer->result);
}

static void listed(void *arg, const struct zookeeper_answer *answer)
{
    struct listing *listing = arg;
    struct zookeeper *zookeeper = listing->l->zookeeper;
    char path[ZOOKEEPER_PATH_MAX * 2];

    if (answer->result != ZOOKEEPER_OK) {
        end(listing, answer->result);
        return;
    }
    for (uint32_t i = 0; i < answer->n_children; i++) {
        snprintf(path, sizeof(path), "%s/%s", listing->path,
                 answer->children[i]);
        zookeeper_delete(zookeeper, path, ZOOKEEPER_ANY, nobody);
    }
    zookeeper_delete(zookeeper, listing->path, ZOOKEEPER_ANY,
                     (struct zookeeper_then){removed, listing});
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
    forget(&l->again);
    l->over = true;
    if (l->under_way == 0)
        free(l);
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

void leavings_tick(struct leavings *l)
{
    struct leaving *again = l->again;

    l->again = NULL;
    for (struct leaving *w = again; w != NULL; w = w->next)
        remove_all(l, w->id);
    forget(&again);
}
