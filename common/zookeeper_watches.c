/* zookeeper_watches.c - who waits for which node; see zookeeper_watches.h. */
#include "common/zookeeper_watches.h"
#include "topology-api/memory.h"
#include <string.h>

static struct zookeeper_spot *spot_of(struct zookeeper_watches *w,
                                      const char *path, bool of_children)
{
    struct zookeeper_spot *spot = w->spots;
    size_t size = strlen(path) + 1;

    while (spot != NULL &&
           (spot->of_children != of_children || strcmp(spot->path, path) != 0))
        spot = spot->next;
    if (spot != NULL)
        return spot;
    spot = xcalloc(1, sizeof(*spot) + size);
    memcpy(spot->path, path, size);
    spot->of_children = of_children;
    spot->id = ++w->last_id;
    spot->next = w->spots;
    w->spots = spot;
    return spot;
}

struct zookeeper_spot *zookeeper_watches_add(struct zookeeper_watches *w,
                                             const char *path, bool of_children,
                                             struct zookeeper_watch *watch)
{
    struct zookeeper_spot *spot = spot_of(w, path, of_children);

    zookeeper_watch_clear(watch);
    watch->next = spot->waiting;
    watch->link = &spot->waiting;
    if (watch->next != NULL)
        watch->next->link = &watch->next;
    spot->waiting = watch;
    return spot;
}

/* Who is called may wait again, at a new spot, or clear others that wait here:
 * so the list is looked at anew for each. */
static void call_and_free(struct zookeeper_spot *spot)
{
    while (spot->waiting != NULL) {
        struct zookeeper_watch *watch = spot->waiting;

        zookeeper_watch_clear(watch);
        watch->fn(watch->arg);
    }
    free(spot);
}

void zookeeper_watches_fire(struct zookeeper_watches *w, uint64_t id)
{
    struct zookeeper_spot **link = &w->spots, *spot;

    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    spot = *link;
    if (spot == NULL)
        return;
    *link = spot->next;
    call_and_free(spot);
}

void zookeeper_watches_fire_all(struct zookeeper_watches *w)
{
    struct zookeeper_spot *spots = w->spots;

    w->spots = NULL;
    while (spots != NULL) {
        struct zookeeper_spot *spot = spots;

        spots = spot->next;
        call_and_free(spot);
    }
}

void zookeeper_watches_clear(struct zookeeper_watches *w)
{
    while (w->spots != NULL) {
        struct zookeeper_spot *spot = w->spots;

        w->spots = spot->next;
        while (spot->waiting != NULL)
            zookeeper_watch_clear(spot->waiting);
        free(spot);
    }
}
