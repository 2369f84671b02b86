/* world_sockets.c - descriptors of a simulated world: who listens, who calls,
 * whose they are; see world_sockets.h. */
#include "simulator/world_sockets.h"
#include "common/check.h"
#include "simulator/world_machine.h"
#include "simulator/world_process.h"
#include "simulator/world_watch.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CALLING_GIVES_UP INT64_C(127000000000)
#define HEARD_MAX (8u << 20)
#define FIRST_PORT 32768u /* of those that nobody asks for … */
#define N_PORTS 28232u    /* … so many */

/* A process that has had sockets. */
struct world_owner {
    struct world_owner *next;
    struct env *env;
    struct world_process_witness witness;
};

/* Of a Unix socket; it stays when its owner dies. */
struct world_name {
    struct world_name *next;
    struct world_place place;
};

static int fails(int error)
{
    errno = error;
    return -1;
}

bool world_socket_is_unix(const struct world_socket *s)
{
    return s->here.kind == PLACE_UNIX;
}

static uint32_t machine_of(struct env *env)
{
    return world_machine_number(world_machine_of(env));
}

/* -- all of them ----------------------------------------------------------- */

struct world_sockets *world_sockets(struct world *w)
{
    static const size_t rooms[] = {4096, 65536, 262144};
    static const uint32_t queues[] = {2, 16, 512}, late[] = {50, 1000, 100000};
    struct world_sockets *all;

    if (w->sockets != NULL)
        return w->sockets;
    all = w->sockets = xcalloc(1, sizeof(*all));
    all->lot = world_below(w, UINT64_MAX);
    all->late_one_in = late[world_below(w, 3)];
    all->room = rooms[world_below(w, 3)];
    all->queue_max = queues[world_below(w, 3)];
    return all;
}

struct world_socket *world_socket_of(struct world *w, int fd)
{
    const struct world_sockets *all = w->sockets;
    struct world_socket *s = NULL;

    if (all != NULL && fd >= WORLD_FD && fd - WORLD_FD < (int)all->n_table)
        s = all->table[fd - WORLD_FD];
    if (s == NULL)
        errno = EBADF;
    return s;
}

/* The lowest number that is free, as everywhere. */
static int give_number(struct world_socket *s)
{
    struct world_sockets *all = s->world->sockets;
    uint32_t i = 0;

    while (i < all->n_table && all->table[i] != NULL)
        i++;
    if (i == all->n_table)
        all->table = xrealloc(all->table, (size_t)++all->n_table *
                                              sizeof(struct world_socket *));
    all->table[i] = s;
    s->fd = WORLD_FD + (int)i;
    return s->fd;
}

static struct world_socket *socket_new(struct world *w, struct env *owner)
{
    struct world_sockets *all = world_sockets(w);
    struct world_socket *s = xcalloc(1, sizeof(*s));

    s->world = w;
    s->owner = owner;
    s->fd = -1;
    s->last = &s->first;
    s->parts_end = &s->parts;
    s->there_at = s->error_at = INT64_MAX;
    s->next = all->all;
    all->all = s;
    return s;
}

void world_socket_free(struct world_socket *s)
{
    struct world_sockets *all = s->world->sockets;
    struct world_socket **link = &all->all;

    check(s->peer == NULL && s->first == NULL);
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    if (s->fd >= 0)
        all->table[s->fd - WORLD_FD] = NULL;
    world_watches_drop(s);
    world_socket_drop_parts(s, INT64_MIN);
    free(s);
}

/* -- whose they are -------------------------------------------------------- */

/* Of a listener: nobody takes them any more. */
static void turn_away(struct world_socket *s)
{
    struct world_socket *one;

    while ((one = s->first) != NULL) {
        s->first = one->behind;
        if (one->peer != NULL)
            world_socket_fail(one->peer, ECONNRESET, world_socket_there(one));
        world_socket_vanish(one);
        world_socket_free(one);
    }
    s->last = &s->first;
}

static void close_socket(struct world_socket *s)
{
    turn_away(s);
    world_socket_hang_up(s);
    world_socket_free(s);
}

static struct world_socket *first_of(struct world *w, const struct env *owner)
{
    struct world_socket *s = w->sockets->all;

    while (s != NULL && (s->owner != owner || s->fd < 0))
        s = s->next;
    return s;
}

static void owner_turns(void *arg, enum world_process_turn turn)
{
    struct world_owner *o = arg;
    struct world *w = world_of(o->env);
    struct world_socket *s;

    if (turn != WORLD_PROCESS_ENDED)
        return;
    while ((s = first_of(w, o->env)) != NULL)
        close_socket(s);
}

static void take_owner(struct world *w, struct env *env)
{
    struct world_sockets *all = world_sockets(w);
    struct world_owner *o = all->owners;

    while (o != NULL && o->env != env)
        o = o->next;
    if (o != NULL)
        return;
    o = xcalloc(1, sizeof(*o));
    o->env = env;
    o->witness.turn = owner_turns;
    o->witness.arg = o;
    o->next = all->owners;
    all->owners = o;
    world_process_tell(world_process_of(env), &o->witness);
}

uint32_t world_net_open(struct env *env)
{
    struct world *w = world_of(env);
    uint32_t n = 0;

    for (struct world_socket *s = world_sockets(w)->all; s; s = s->next)
        n += s->owner == env && s->fd >= 0;
    return n;
}

void world_net_lose_power(struct world *w, uint32_t machine)
{
    for (struct world_socket *s = world_sockets(w)->all; s; s = s->next)
        if (s->here.machine == machine && s->there.machine != machine)
            world_socket_vanish(s);
}

void world_sockets_fini(struct world *w)
{
    struct world_sockets *all = w->sockets;
    struct world_owner *o;

    if (all == NULL)
        return;
    while (all->all != NULL)
        close_socket(all->all);
    while ((o = all->owners) != NULL) {
        all->owners = o->next;
        free(o);
    }
    for (struct world_name *n; (n = all->names) != NULL; free(n))
        all->names = n->next;
    world_net_fini(w);
    free(all->table);
    free(all);
    w->sockets = NULL;
}

struct world_socket *world_socket_bell(struct env *env)
{
    struct world_socket *s;

    take_owner(world_of(env), env);
    s = socket_new(world_of(env), env);
    s->bell = true;
    give_number(s);
    return s;
}

/* -- names of Unix sockets ------------------------------------------------- */

static struct world_name **name_at(struct world *w, const struct world_place *p)
{
    struct world_name **link = &w->sockets->names;

    while (*link != NULL && !world_places_overlap(&(*link)->place, p))
        link = &(*link)->next;
    return link;
}

/* A name that is no path goes with who listens there. */
static void name_add(struct world *w, const struct world_place *place)
{
    struct world_name **link = name_at(w, place);

    if (*link != NULL || place->path[0] == '@')
        return;
    *link = xcalloc(1, sizeof(**link));
    (*link)->place = *place;
}

const char *world_net_left(struct world *w)
{
    const struct world_name *name = world_sockets(w)->names;

    return name != NULL ? name->place.path : NULL;
}

static void name_remove(struct world *w, const struct world_place *place)
{
    struct world_name **link = name_at(w, place), *name = *link;

    if (name == NULL)
        return;
    *link = name->next;
    free(name);
}

/* -- listening ------------------------------------------------------------- */

static struct world_socket *listener_at(struct world *w,
                                        const struct world_place *called)
{
    struct world_socket *s = w->sockets->all;

    while (s != NULL && (!s->listens || !world_place_answers(&s->here, called)))
        s = s->next;
    return s;
}

static bool is_taken(struct world *w, const struct world_place *place)
{
    struct world_socket *s = w->sockets->all;

    while (s != NULL && (!s->listens || !world_places_overlap(&s->here, place)))
        s = s->next;
    return s != NULL;
}

static uint16_t any_port(struct world *w)
{
    return (uint16_t)(FIRST_PORT + world_below(w, N_PORTS));
}

/* 0, or why not. */
static int find_place(struct world *w, uint32_t machine,
                      struct world_place *place)
{
    bool any = place->kind != PLACE_UNIX && place->port == 0;

    if (place->machine != machine)
        return EADDRNOTAVAIL;
    if (!any)
        return is_taken(w, place) ? EADDRINUSE : 0;
    do
        place->port = any_port(w);
    while (is_taken(w, place));
    return 0;
}

int world_net_listen(struct env *env, struct rpc_address *address)
{
    struct world *w = world_of(env);
    struct world_place place;
    struct world_socket *s;
    int error;

    world_point(env);
    take_owner(w, env);
    if (!world_place_of(machine_of(env), address, &place))
        return fails(EADDRNOTAVAIL);
    error = find_place(w, machine_of(env), &place);
    if (error != 0)
        return fails(error);
    if (place.kind == PLACE_UNIX)
        name_add(w, &place);
    s = socket_new(w, env);
    s->listens = true;
    s->here = s->there = place;
    world_place_address(&place, address);
    return give_number(s);
}

void world_net_unlisten(struct env *env, int listener,
                        const struct rpc_address *address)
{
    struct world_place place;

    if (world_place_of(machine_of(env), address, &place) &&
        place.kind == PLACE_UNIX)
        name_remove(world_of(env), &place);
    world_net_close(env, listener);
}

/* Who has come, and is there; the queue is shorter then. */
static struct world_socket *next_caller(struct world_socket *listener)
{
    struct world_socket **link = &listener->first, *s;

    while ((s = *link) != NULL && s->there_at > s->world->now)
        link = &s->behind;
    if (s == NULL)
        return NULL;
    *link = s->behind;
    if (s->behind == NULL)
        listener->last = link;
    listener->n_waiting--;
    return s;
}

int world_net_accept(struct env *env, int listener, struct rpc_address *from)
{
    struct world *w = world_of(env);
    struct world_socket *l, *s;

    world_point(env);
    l = world_socket_of(w, listener);
    if (l == NULL)
        return -1;
    take_owner(w, env);
    s = next_caller(l);
    if (s == NULL)
        return fails(EAGAIN);
    s->owner = env;
    if (from != NULL)
        world_place_address(&s->there, from);
    world_sockets_call_again(w);
    return give_number(s);
}

/* All processes of a world are one user's. */
bool world_net_is_own(struct env *env, int fd)
{
    const struct world_socket *s = world_socket_of(world_of(env), fd);

    return s != NULL && world_socket_is_unix(s);
}

/* -- connecting ------------------------------------------------------------ */

static void join(struct world_socket *s, struct world_socket *listener,
                 int64_t there, int64_t answer)
{
    struct world_socket *other = socket_new(s->world, listener->owner);

    other->here = s->there;
    other->there = s->here;
    other->port = s->port;
    other->there_at = there;
    other->peer = s;
    s->peer = other;
    s->there_at = answer;
    s->error_at = INT64_MAX;
    *listener->last = other;
    listener->last = &other->behind;
    listener->n_waiting++;
    s->world->sockets->counts.connections++;
    world_watches_wake(listener);
    world_watches_wake(s);
}

/* 0: it was answered, or will be asked again; or why that is in vain, at once.
 */
static int call(struct world_socket *s)
{
    struct world *w = s->world;
    struct world_socket *listener = listener_at(w, &s->there);
    int64_t there = world_socket_there(s), back = world_socket_back(s);
    bool full =
        listener != NULL && listener->n_waiting >= w->sockets->queue_max;

    if (world_socket_is_unix(s) && listener == NULL)
        return *name_at(w, &s->there) != NULL ? ECONNREFUSED : ENOENT;
    if (world_socket_is_unix(s) && full)
        return EAGAIN;
    if (there == INT64_MAX || back == INT64_MAX || full)
        return 0;
    if (listener != NULL)
        join(s, listener, there, there + (back - w->now));
    else
        world_socket_fail(s, ECONNREFUSED, there + (back - w->now));
    return 0;
}

void world_sockets_call_again(struct world *w)
{
    for (struct world_socket *s = w->sockets->all; s != NULL; s = s->next)
        if (!s->listens && s->there_at == INT64_MAX && s->error == ETIMEDOUT &&
            !world_socket_has_failed(s))
            call(s);
}

/* Where the caller is, as who is called sees it. */
static void set_places(struct world_socket *s, uint32_t machine,
                       const struct world_place *called)
{
    s->there = *called;
    if (called->kind == PLACE_ANY)
        s->there.kind = PLACE_LOOPBACK;
    if (called->kind == PLACE_ANY_V6)
        s->there.kind = PLACE_LOOPBACK_V6;
    s->here = (struct world_place){.kind = s->there.kind, .machine = machine};
    if (s->there.kind != PLACE_UNIX)
        s->here.port = any_port(s->world);
    s->port = s->there.port;
}

int world_net_connect(struct env *env, const struct rpc_address *address)
{
    struct world *w = world_of(env);
    struct world_place place;
    struct world_socket *s;
    int error;

    world_point(env);
    take_owner(w, env);
    if (!world_place_of(machine_of(env), address, &place))
        return fails(ENETUNREACH);
    s = socket_new(w, env);
    set_places(s, machine_of(env), &place);
    world_socket_fail(s, ETIMEDOUT, w->now + CALLING_GIVES_UP);
    error = call(s);
    if (error == 0)
        return give_number(s);
    world_socket_free(s);
    return fails(error);
}

/* -- closing --------------------------------------------------------------- */

void world_net_close(struct env *env, int fd)
{
    struct world_socket *s;
    int saved = errno;

    world_point(env);
    s = world_socket_of(world_of(env), fd);
    check(s != NULL);
    close_socket(s);
    errno = saved;
}

void world_net_close_heard(struct env *env, int fd)
{
    struct world_socket *s = world_socket_of(world_of(env), fd);

    check(s != NULL);
    world_socket_end(s);
    world_socket_drain(s, HEARD_MAX);
    world_net_close(env, fd);
}
