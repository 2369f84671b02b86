/* world_watch.c - what a descriptor of a simulated world says, and when; see
 * world_watch.h. */
#include "simulator/world_watch.h"
#include "simulator/world_bells.h"
#include <errno.h>
#include <poll.h>

int world_watch_begin(struct world *w, struct world_watch *watch)
{
    struct world_socket *s = world_socket_of(w, watch->fd);

    if (s == NULL)
        return -1;
    watch->socket = s;
    watch->beside = s->watches;
    s->watches = watch;
    return 0;
}

void world_watch_end(struct world_watch *watch)
{
    struct world_watch **link;

    if (watch->socket == NULL)
        return;
    link = &watch->socket->watches;
    while (*link != watch)
        link = &(*link)->beside;
    *link = watch->beside;
    watch->socket = NULL;
}

void world_watches_wake(const struct world_socket *s)
{
    for (struct world_watch *o = s->watches; o != NULL; o = o->beside)
        world_wake(s->world, o->sleeper);
}

void world_watches_drop(struct world_socket *s)
{
    while (s->watches != NULL)
        world_watch_end(s->watches);
}

/* -- what it says ---------------------------------------------------------- */

static bool has_come(const struct world_socket *listener)
{
    for (struct world_socket *s = listener->first; s != NULL; s = s->behind)
        if (s->there_at <= s->world->now)
            return true;
    return false;
}

/* As Linux: not as soon as there is room for a byte. */
static bool has_room(const struct world_socket *s)
{
    size_t room = s->world->sockets->room;
    size_t used = s->peer != NULL ? s->peer->queued + s->peer->unheard : 0;

    return used < room && room - used >= used / 2;
}

static uint32_t events_of(const struct world_socket *s)
{
    int64_t now = s->world->now;
    bool readable = s->parts != NULL && s->parts->due <= now;
    bool at_end = readable && s->parts->size == 0;

    if (s->bell)
        return world_bell_rings(s) ? POLLIN : 0;
    if (s->listens)
        return has_come(s) ? POLLIN : 0;
    if (world_socket_has_failed(s))
        return POLLIN | POLLOUT | POLLHUP | (s->told ? 0 : POLLERR);
    if (s->there_at > now)
        return 0;
    return (readable ? POLLIN : 0) | (has_room(s) ? POLLOUT : 0) |
           (at_end && s->has_ended ? POLLHUP : 0);
}

uint32_t world_watch_events(const struct world_watch *watch)
{
    if (watch->socket == NULL || watch->events == 0)
        return 0;
    return events_of(watch->socket) & (watch->events | POLLERR | POLLHUP);
}

static int64_t sooner(int64_t at, int64_t until, int64_t now)
{
    return at > now && at < until ? at : until;
}

int64_t world_watch_due(const struct world_watch *watch, int64_t until)
{
    const struct world_socket *s = watch->socket;
    int64_t now;

    if (s == NULL || watch->events == 0)
        return until;
    now = s->world->now;
    for (struct world_socket *o = s->first; o != NULL; o = o->behind)
        until = sooner(o->there_at, until, now);
    if (s->listens)
        return until;
    until = sooner(s->there_at, until, now);
    until = sooner(s->error_at, until, now);
    return s->parts != NULL ? sooner(s->parts->due, until, now) : until;
}
