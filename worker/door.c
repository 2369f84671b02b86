/* door.c - who calls, and is it the one that it says; see door.h. */
#include "worker/door.h"
#include "common/check.h"
#include "common/log.h"
#include "common/rpc_address.h"
#include "topology-api/memory.h"
#include "worker/link.h"
#include "worker/links.h"
#include "worker/worker.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

struct guest {
    struct guest *next;
    enum transport by;
    struct link_socket socket;
    struct greeting greeting;
    uint32_t n; /* bytes of its next message that have come */
    uint8_t bytes[GREETING_MAX];
    int64_t give_up;
};

struct door {
    struct executor executor; /* first */
    struct links *links;
    struct link_socket tcp, near; /* at which it listens; near: a Unix socket */
    uint16_t port;
    bool open;
    struct guest *guests;
    uint32_t n_guests;
    int64_t look_at; /* not before that, for the system had no descriptor left;
                        0: at any time */
    struct timer timer;
    struct throttle throttle;
};

enum stay { STAYS, GOES };

static struct worker *worker_of(const struct door *d)
{
    return d->executor.worker;
}

static struct env *env_of(const struct door *d)
{
    return worker_of(d)->env;
}

static void say(struct door *d, const char *what, const char *why)
{
    if (throttle_allow(&d->throttle, d->executor.carrier->now))
        log_warn(worker_of(d)->log, "door", "%s%s", what, why);
}

/* -- guests ---------------------------------------------------------------- */

static bool send_all(struct door *d, struct guest *g,
                     const struct greeting_out *out)
{
    struct env *env = env_of(d);

    return out->size == 0 ||
           env->ops->net_send(env, g->socket.fd, out->bytes, out->size) ==
               (int64_t)out->size;
}

/* Its connection goes to the link. */
static void hand_over(struct door *d, struct guest *g)
{
    const struct greeting_name *peer = &g->greeting.peer;
    struct link_note *note = link_note_new(LINK_TAKEN);

    note->fd = link_socket_release(&g->socket);
    note->by = g->by;
    note->incarnation = peer->incarnation;
    note->number = greeting_number(&g->greeting);
    note->place.birth = peer->birth;
    link_tell(links_to(d->links, peer->number), note, d->executor.carrier);
}

/* Only those with lower numbers call. */
static bool expect(struct door *d, struct guest *g)
{
    uint32_t number;

    if (!greeting_caller(&g->greeting, g->bytes, &number) ||
        number >= worker_of(d)->plan->me)
        return false;
    greeting_expect(&g->greeting,
                    atomic_load(&links_to(d->links, number)->birth));
    return true;
}

static enum stay take_message(struct door *d, struct guest *g)
{
    struct greeting_out out;
    gale_err error;
    enum greeting_result result;

    g->n = 0;
    if (g->greeting.turn == GREETING_AWAITS_HELLO && !expect(d, g)) {
        say(d, "somebody called who is no worker of this topology", "");
        return GOES;
    }
    result = greeting_take(&g->greeting, g->bytes, &out, &error);
    if (result == GREETING_WRONG)
        say(d, "refused: ", error.text);
    if (result == GREETING_REPLACED)
        links_replaced(d->links, g->greeting.peer.number);
    if (!send_all(d, g, &out))
        return GOES;
    if (result == GREETING_IS_DONE)
        hand_over(d, g);
    return result == GREETING_GOES_ON ? STAYS : GOES;
}

static enum stay hear(struct door *d, struct guest *g)
{
    struct env *env = env_of(d);
    enum stay stay = STAYS;

    while (stay == STAYS) {
        uint32_t wants = greeting_wants(&g->greeting);
        int64_t n = env->ops->net_receive(env, g->socket.fd, g->bytes + g->n,
                                          wants - g->n);

        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            return GOES;
        g->n += (uint32_t)n;
        if (g->n == wants)
            stay = take_message(d, g);
    }
    return stay;
}

static enum stay attend(struct door *d, struct guest *g)
{
    if (d->executor.carrier->now >= g->give_up)
        return GOES;
    if (link_socket_take(&g->socket) == 0)
        return STAYS;
    if (hear(d, g) == GOES)
        return GOES;
    return link_socket_await(&g->socket, POLLIN) ? STAYS : GOES;
}

static void remove_guest(struct door *d, struct guest **link)
{
    struct guest *g = *link;

    *link = g->next;
    link_socket_close(&g->socket);
    digest_wipe(&g->greeting, sizeof(g->greeting));
    free(g);
    d->n_guests--;
}

static void attend_all(struct door *d)
{
    struct guest **link = &d->guests;

    while (*link != NULL) {
        if (attend(d, *link) == GOES)
            remove_guest(d, link);
        else
            link = &(*link)->next;
    }
}

/* -- at the door ----------------------------------------------------------- */

static void let_in(struct door *d, int fd, enum transport by)
{
    struct guest *g = xcalloc(1, sizeof(*g));
    struct greeting_name me = links_me(d->links);
    uint8_t nonce[GREETING_NONCE];

    g->by = by;
    links_nonce(d->links, nonce);
    greeting_await(&g->greeting, &worker_of(d)->plan->key, &me, nonce);
    link_socket_init(&g->socket, &d->executor);
    link_socket_use(&g->socket, fd);
    g->socket.ready = POLLIN; /* it may have spoken already */
    g->give_up = d->executor.carrier->now + DOOR_GREETING_NS;
    g->next = d->guests;
    d->guests = g;
    d->n_guests++;
}

/* The last of the list has been greeted for longest. */
static void make_room(struct door *d)
{
    struct guest **link = &d->guests;

    if (d->n_guests < DOOR_GUESTS)
        return;
    while ((*link)->next != NULL)
        link = &(*link)->next;
    remove_guest(d, link);
    say(d, "somebody proved nothing while others waited", "");
}

/* Who waits stays in the queue, and would wake us at once. */
static void rest(struct door *d)
{
    say(d, "cannot take a connection: ", strerror(errno));
    d->look_at = d->executor.carrier->now + DOOR_PAUSE_NS;
}

static void take_in(struct door *d, int fd, bool is_near)
{
    struct env *env = env_of(d);

    if (is_near && !env->ops->net_is_own(env, fd)) {
        say(d, "a process of another user called", "");
        env->ops->net_close(env, fd);
        return;
    }
    make_room(d);
    let_in(d, fd, is_near ? TRANSPORT_UNIX : TRANSPORT_TCP);
}

/* Those who wait there; of many, the rest when these were heard. */
static void look_out(struct door *d, struct link_socket *at)
{
    struct env *env = env_of(d);
    uint32_t n = 0;
    int fd = 0;

    if (at->fd < 0)
        return;
    while (n < DOOR_GUESTS / 2 &&
           (fd = env->ops->net_accept(env, at->fd, NULL)) >= 0) {
        take_in(d, fd, at == &d->near);
        n++;
    }
    if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED)
        rest(d);
    else
        link_socket_await(at, POLLIN);
}

static int64_t next_due(const struct door *d)
{
    int64_t due = d->look_at > 0 ? d->look_at : INT64_MAX;

    for (const struct guest *g = d->guests; g != NULL; g = g->next)
        due = g->give_up < due ? g->give_up : due;
    return due;
}

static enum run_result door_run(struct executor *e)
{
    struct door *d = (struct door *)(void *)e;
    struct inbox_node *n;

    while ((n = inbox_pop(&e->control)) != NULL) {
        d->open = true;
        message_free((struct message *)(void *)n);
    }
    link_socket_take(&d->tcp);
    link_socket_take(&d->near);
    attend_all(d);
    if (d->open && e->carrier->now >= d->look_at) {
        d->look_at = 0;
        look_out(d, &d->near);
        if (d->look_at == 0)
            look_out(d, &d->tcp);
        attend_all(d); /* those who have come just now */
    }
    if (next_due(d) != INT64_MAX)
        timers_change(&e->carrier->timers, &d->timer, next_due(d));
    return RUN_IDLE;
}

static void is_due(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct door, timer);
    struct door *d = (struct door *)(void *)at;

    (void)now;
    carrier_schedule(&d->executor, d->executor.carrier);
}

/* -- life ------------------------------------------------------------------ */

static int listen_far(struct door *d, gale_err *error)
{
    const struct plan *p = worker_of(d)->plan;
    const struct plan_worker *me = &p->workers[p->me];
    struct rpc_address at;
    int fd = -1;

    if (rpc_address_of(me->host, me->port, &at, error) == 0)
        fd = env_of(d)->ops->net_listen(env_of(d), &at);
    else
        errno = EINVAL;
    if (fd < 0)
        return error_set(error, "worker %u of %s cannot listen at %s:%u: %s",
                         p->me, p->topology, me->host, me->port,
                         strerror(errno));
    d->port = rpc_address_port(&at);
    link_socket_use(&d->tcp, fd);
    return 0;
}

/* Where there is no such socket to be had, TCP does. */
static int listen_near(struct door *d, gale_err *error)
{
    const struct worker *w = worker_of(d);
    struct rpc_address at;
    int fd;

    transport_unix_address(w->plan, w->plan->me, d->port, &at);
    fd = env_of(d)->ops->net_listen(env_of(d), &at);
    if (fd >= 0)
        link_socket_use(&d->near, fd);
    else if (!transport_takes_tcp(w->config.transport))
        return error_set(error,
                         "worker %u of %s cannot listen at a Unix "
                         "socket: %s",
                         w->plan->me, w->plan->topology, strerror(errno));
    else
        log_warn(w->log, "door", "no Unix socket for workers of this host: %s",
                 strerror(errno));
    return 0;
}

int door_listen(struct door *d, gale_err *error)
{
    if (listen_far(d, error) != 0)
        return -1;
    return transport_takes_unix(worker_of(d)->config.transport)
               ? listen_near(d, error)
               : 0;
}

uint16_t door_port(const struct door *d)
{
    return d->port;
}

void door_open(struct door *d)
{
    struct message *m = xcalloc(1, sizeof(*m));

    m->kind = MESSAGE_NOTE;
    executor_tell(&d->executor, m, NULL);
}

struct door *door_new(struct links *links, struct worker *w, struct carrier *c)
{
    size_t size = (sizeof(struct door) + 63) & ~(size_t)63;
    struct door *d = memory_check(aligned_alloc(64, size), 1, size);

    memset(d, 0, sizeof(*d));
    executor_init(&d->executor, w, NULL, c, door_run);
    d->links = links;
    link_socket_init(&d->tcp, &d->executor);
    link_socket_init(&d->near, &d->executor);
    d->timer.fire = is_due;
    throttle_init(&d->throttle, w->config.errors_max,
                  w->config.errors_interval_ns);
    return d;
}

void door_share(struct door *d)
{
    executor_share(&d->executor);
}

void door_free(struct door *d)
{
    while (d->guests != NULL)
        remove_guest(d, &d->guests);
    link_socket_close(&d->tcp);
    link_socket_close(&d->near);
    timers_remove(&d->executor.carrier->timers, &d->timer);
    executor_fini(&d->executor);
    free(d);
}
