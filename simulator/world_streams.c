/*
 * world_streams.c - what goes from one end of a stream to the other, in a
 * simulated world; see world_sockets.h.
 *
 * An end has what comes to it. When the other one is closed, it has no peer any
 * more, and what it sends is answered by a reset, as soon as a way leads there
 * and back.
 */
#include "common/check.h"
#include "simulator/world_watch.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_ONE_IN 8 /* sends and receives that take less than they could */
#define SENDING_GIVES_UP INT64_C(900000000000)

int64_t world_socket_there(const struct world_socket *s)
{
    if (world_socket_is_unix(s))
        return s->world->now;
    return world_net_due(s->world, s->here.machine, s->there.machine);
}

int64_t world_socket_back(const struct world_socket *s)
{
    if (world_socket_is_unix(s))
        return s->world->now;
    return world_net_due(s->world, s->there.machine, s->here.machine);
}

static bool way_is_silent(const struct world_socket *s)
{
    return !world_socket_is_unix(s) &&
           world_net_is_silent(s->world, s->here.machine, s->there.machine);
}

/* -- parts ----------------------------------------------------------------- */

static struct world_part *part_new(size_t size)
{
    struct world_part *p = xmalloc(sizeof(*p) + size);

    *p = (struct world_part){.size = size};
    return p;
}

/* It is under way to s. */
static void put_part(struct world_socket *s, struct world_part *p)
{
    int64_t due = world_socket_back(s);

    p->next = NULL;
    p->due = s->latest = due > s->latest ? due : s->latest;
    *s->parts_end = p;
    s->parts_end = &p->next;
    s->queued += p->size;
    world_watches_wake(s);
}

void world_socket_drop_parts(struct world_socket *s, int64_t after)
{
    struct world_part **link = &s->parts, *p;

    while (*link != NULL && (*link)->due <= after)
        link = &(*link)->next;
    s->parts_end = link;
    while ((p = *link) != NULL) {
        *link = p->next;
        s->queued -= p->size - p->from;
        free(p);
    }
    s->latest = s->latest < after ? s->latest : after;
}

static bool has_come(const struct world_socket *s)
{
    return s->parts != NULL && s->parts->due <= s->world->now;
}

/* Out of the first part, which stays if it is the end. */
static size_t take_some(struct world_socket *s, void *to, size_t size)
{
    struct world_part *p = s->parts;
    size_t left = p->size - p->from, n = size < left ? size : left;

    if (to != NULL)
        memcpy(to, p->data + p->from, n);
    p->from += n;
    s->queued -= n;
    if (p->from < p->size)
        return n;
    s->parts = p->next;
    if (s->parts == NULL)
        s->parts_end = &s->parts;
    free(p);
    return n;
}

/* What has come, up to so many bytes. */
static size_t take(struct world_socket *s, char *to, size_t size)
{
    size_t n = 0;

    while (n < size && has_come(s) && s->parts->size > 0)
        n += take_some(s, to != NULL ? to + n : NULL, size - n);
    if (n == 0 || s->peer == NULL)
        return n;
    if (way_is_silent(s))
        s->unheard += n;
    else
        world_watches_wake(s->peer);
    return n;
}

void world_socket_drain(struct world_socket *s, size_t max)
{
    take(s, NULL, max);
}

/* -- what goes wrong ------------------------------------------------------- */

bool world_socket_has_failed(const struct world_socket *s)
{
    return s->error_at <= s->world->now;
}

void world_socket_fail(struct world_socket *s, int error, int64_t at)
{
    if (at >= s->error_at)
        return;
    s->error = error;
    s->error_at = at;
    if (error != ETIMEDOUT)
        world_socket_drop_parts(s, at);
    world_watches_wake(s);
}

static void separate(struct world_socket *s)
{
    s->peer->peer = NULL;
    s->peer = NULL;
}

void world_socket_answer(struct world_socket *s)
{
    int64_t there = world_socket_there(s), back = world_socket_back(s);

    s->owes = there == INT64_MAX || back == INT64_MAX;
    if (!s->owes)
        world_socket_fail(s, ECONNRESET, there + (back - s->world->now));
}

/* Bytes are under way to it, or (come) were not read. */
static bool has_unread(const struct world_socket *s, bool come)
{
    const struct world_part *p = s->parts;

    while (p != NULL && p->size > 0 && (p->due <= s->world->now) != come)
        p = p->next;
    return p != NULL && p->size > 0;
}

void world_socket_end(struct world_socket *s)
{
    if (s->has_ended)
        return;
    s->has_ended = true;
    if (s->peer != NULL)
        put_part(s->peer, part_new(0));
}

void world_socket_hang_up(struct world_socket *s)
{
    struct world_socket *peer = s->peer;

    if (peer == NULL)
        return;
    if (has_unread(s, true)) {
        world_socket_fail(peer, ECONNRESET, world_socket_there(s));
        peer->owes = has_unread(s, false);
    } else {
        world_socket_end(s);
        if (has_unread(s, false))
            world_socket_answer(peer);
    }
    separate(s);
    world_watches_wake(peer);
}

void world_socket_vanish(struct world_socket *s)
{
    if (s->peer == NULL)
        return;
    world_socket_drop_parts(s->peer, s->world->now);
    s->peer->owes = has_unread(s, false);
    separate(s);
}

/* -- other ways ------------------------------------------------------------ */

/* It gives up if that lasts. */
static void wait_for_way(struct world_socket *s)
{
    if (s->peer != NULL && !world_socket_has_failed(s->peer) &&
        s->latest == INT64_MAX)
        world_socket_fail(s->peer, ETIMEDOUT, s->world->now + SENDING_GIVES_UP);
}

/* The sender has given up meanwhile: what he sent comes no more, and he does
 * not know the connection. */
static void forget_sender(struct world_socket *s)
{
    world_socket_drop_parts(s, s->world->now);
    separate(s);
}

static void hear_of_room(struct world_socket *s)
{
    if (s->unheard == 0 || s->peer == NULL || way_is_silent(s))
        return;
    s->unheard = 0;
    world_watches_wake(s->peer);
}

void world_socket_reschedule(struct world_socket *s)
{
    int64_t now = s->world->now;

    if (s->peer != NULL && s->peer->error == ETIMEDOUT &&
        world_socket_has_failed(s->peer))
        forget_sender(s);
    s->latest = s->latest < now ? s->latest : now;
    for (struct world_part *p = s->parts; p != NULL; p = p->next) {
        if (p->due > now)
            p->due = world_socket_back(s);
        p->due = p->due > s->latest ? p->due : s->latest;
        s->latest = p->due;
    }
    if (s->peer != NULL && s->peer->error == ETIMEDOUT)
        s->peer->error_at = INT64_MAX;
    wait_for_way(s);
    hear_of_room(s);
    if (s->owes)
        world_socket_answer(s);
    world_watches_wake(s);
}

/* -- mangling -------------------------------------------------------------- */

static struct world_part *lose(const struct world_part *p, size_t from,
                               size_t n)
{
    struct world_part *q = part_new(p->size - n);

    memcpy(q->data, p->data, from);
    memcpy(q->data + from, p->data + from + n, p->size - from - n);
    return q;
}

static struct world_part *twice(const struct world_part *p, size_t from,
                                size_t n)
{
    struct world_part *q = part_new(p->size + n);

    memcpy(q->data, p->data, from + n);
    memcpy(q->data + from + n, p->data + from, p->size - from);
    return q;
}

/* The n bytes at from, and all behind them up to the end. */
static struct world_part *swap(const struct world_part *p, size_t from,
                               size_t n)
{
    struct world_part *q = part_new(p->size);
    size_t rest = p->size - from - n;

    memcpy(q->data, p->data, from);
    memcpy(q->data + from, p->data + from + n, rest);
    memcpy(q->data + from + rest, p->data + from, n);
    return q;
}

static struct world_part *flip(const struct world_part *p, size_t at,
                               uint32_t bit)
{
    struct world_part *q = part_new(p->size);

    memcpy(q->data, p->data, p->size);
    q->data[at] = (char)(q->data[at] ^ (1 << bit));
    return q;
}

/* Of a part of 2 bytes or more: another one, which may be the same. All that
 * was sent at once is lost or doubled now and then: whole frames, perhaps. */
static struct world_part *mangle(struct world *w, const struct world_part *p,
                                 enum world_mangling how)
{
    size_t from = world_below(w, p->size - 1);
    size_t n = 1 + world_below(w, p->size - from - 1);

    if (how <= WORLD_NET_DOUBLES && world_below(w, 2) == 0) {
        from = 0;
        n = p->size;
    }
    switch (how) {
    case WORLD_NET_LOSES:
        return lose(p, from, n);
    case WORLD_NET_DOUBLES:
        return twice(p, from, n);
    case WORLD_NET_SWAPS:
        return swap(p, from, n);
    default:
        return flip(p, from, (uint32_t)world_below(w, 8));
    }
}

static struct world_part *perhaps_mangled(struct world_socket *s,
                                          struct world_part *p)
{
    enum world_mangling how;
    struct world_part *q;

    if (p->size < 2 || !world_net_mangles(s, &how))
        return p;
    q = mangle(s->world, p, how);
    if (q->size != p->size || memcmp(q->data, p->data, p->size) != 0)
        world_net_has_mangled(s);
    free(p);
    return q;
}

/* -- sending and receiving ------------------------------------------------- */

static int64_t fails(int error)
{
    errno = error;
    return -1;
}

/* Once; what it is afterwards is the caller's. */
static bool tells(struct world_socket *s)
{
    if (!world_socket_has_failed(s) || s->told)
        return false;
    s->told = true;
    errno = s->error;
    return true;
}

/* Less than could be, now and then. */
static size_t piece(struct world *w, size_t size)
{
    if (size > 1 && world_below(w, SHORT_ONE_IN) == 0)
        return 1 + world_below(w, size - 1);
    return size;
}

static size_t room_of(const struct world_socket *s)
{
    size_t room = s->world->sockets->room, used;

    if (s->peer == NULL)
        return room;
    used = s->peer->queued + s->peer->unheard;
    return used < room ? room - used : 0;
}

static int64_t send_some(struct world_socket *s, const void *data, size_t size)
{
    size_t room = room_of(s), n = piece(s->world, size < room ? size : room);
    struct world_part *p;

    if (room == 0)
        return fails(EAGAIN);
    if (s->peer == NULL) {
        world_socket_answer(s);
        return (int64_t)n;
    }
    p = part_new(n);
    memcpy(p->data, data, n);
    p = perhaps_mangled(s, p);
    if (p->size > 0)
        put_part(s->peer, p);
    else
        free(p); /* an end is something else */
    wait_for_way(s->peer);
    return (int64_t)n;
}

int64_t world_net_send(struct env *env, int fd, const void *data, size_t size)
{
    struct world *w = world_of(env);
    struct world_socket *s;

    world_point(env);
    s = world_socket_of(w, fd);
    if (s == NULL || tells(s))
        return -1;
    if (world_socket_has_failed(s) || s->has_ended || s->listens ||
        (s->peer == NULL && world_socket_is_unix(s)))
        return fails(EPIPE);
    if (s->there_at > w->now)
        return fails(EAGAIN);
    return send_some(s, data, size);
}

static int64_t receive_some(struct world_socket *s, void *data, size_t size)
{
    struct world *w = s->world;
    size_t n = take(s, data, piece(w, size));

    w->sockets->counts.bytes += n;
    world_note(w, WORLD_NOTE_NET, (uint64_t)s->fd, n);
    return (int64_t)n;
}

int64_t world_net_receive(struct env *env, int fd, void *data, size_t size)
{
    struct world *w = world_of(env);
    struct world_socket *s;

    world_point(env);
    s = world_socket_of(w, fd);
    if (s == NULL)
        return -1;
    check(!s->listens && size > 0);
    if (has_come(s))
        return receive_some(s, data, size);
    if (tells(s))
        return -1;
    return world_socket_has_failed(s) ? 0 : fails(EAGAIN);
}

int world_net_connected(struct env *env, int fd)
{
    struct world_socket *s = world_socket_of(world_of(env), fd);

    return s == NULL || tells(s) ? -1 : 0;
}
