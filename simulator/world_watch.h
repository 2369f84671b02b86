/*
 * world_watch.h - who looks at a descriptor of a simulated world: a waiter, or
 * a loop. Private to world*.c.
 */
#ifndef GALE_WORLD_WATCH_H
#define GALE_WORLD_WATCH_H

#include "simulator/world_sockets.h"

struct world_watch {
    struct world_watch *next; /* of who looks; his own */
    struct world_watch *beside;
    struct world_socket *socket; /* NULL: it is closed */
    int fd;
    uint32_t events;     /* that are looked for; 0: none, for now */
    const void *sleeper; /* what he waits for, in world_wait() */
    void *data;
};

/* fd and sleeper are set. 0, or -1 and EBADF. */
int world_watch_begin(struct world *w, struct world_watch *watch);
void world_watch_end(struct world_watch *watch);

/* What has come of its events, also POLLERR and POLLHUP. */
uint32_t world_watch_events(const struct world_watch *watch);
/* When that may change, if nobody does anything; or `until`, if that is
 * earlier. */
int64_t world_watch_due(const struct world_watch *watch, int64_t until);

/* Something has changed: who looks at it looks again. */
void world_watches_wake(const struct world_socket *s);
/* The socket is closed. */
void world_watches_drop(struct world_socket *s);

#endif
