/* link_socket.c - watched until it is closed; see link_socket.h. */
#include "worker/link_socket.h"
#include "common/check.h"
#include "worker/executor.h"

static struct carrier *carrier_of(const struct link_socket *s)
{
    return s->executor->carrier;
}

static void is_ready(struct carrier_watch *watch, uint32_t events)
{
    struct link_socket *s = (struct link_socket *)(void *)watch;

    s->armed = 0;
    s->ready |= events;
    carrier_schedule(s->executor, carrier_of(s));
}

void link_socket_init(struct link_socket *s, struct executor *e)
{
    *s = (struct link_socket){{is_ready}, e, -1, 0, 0};
}

void link_socket_use(struct link_socket *s, int fd)
{
    check(s->fd < 0 && fd >= 0);
    s->fd = fd;
    s->armed = s->ready = 0;
    carrier_of(s)->n_watched++;
}

bool link_socket_await(struct link_socket *s, uint32_t events)
{
    if (s->armed == events)
        return true;
    if (carrier_watch_fd(carrier_of(s), s->fd, events, &s->watch) != 0)
        return false;
    s->armed = events;
    return true;
}

uint32_t link_socket_take(struct link_socket *s)
{
    uint32_t ready = s->ready;

    s->ready = 0;
    return ready;
}

int link_socket_release(struct link_socket *s)
{
    struct carrier *c = carrier_of(s);
    int fd = s->fd;

    check(fd >= 0 && c->n_watched > 0);
    carrier_unwatch_fd(c, fd, &s->watch);
    c->n_watched--;
    s->fd = -1;
    return fd;
}

void link_socket_close(struct link_socket *s)
{
    struct env *env = carrier_of(s)->env;

    if (s->fd >= 0)
        env->ops->net_close(env, link_socket_release(s));
}
