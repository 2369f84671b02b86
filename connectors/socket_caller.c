/* socket_caller.c - who connects to a server, and again when it was away. */
#include "connectors/socket_caller.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    FIRST_PAUSE_MS = 100,
    MOST_PAUSE_MS = 10000,
    MS = 1000000, /* ns */
};

void socket_caller_init(struct socket_caller *c,
                        const struct socket_address *address, const char *shown,
                        int epoll, uint64_t key)
{
    *c = (struct socket_caller){.address = *address,
                                .shown = shown,
                                .epoll = epoll,
                                .key = key,
                                .pause = {FIRST_PAUSE_MS, MOST_PAUSE_MS, 0},
                                .fd = -1};
}

void socket_caller_fini(struct socket_caller *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

void socket_caller_rest(struct socket_caller *c, gale_task *task)
{
    c->state = SOCKET_RESTS;
    c->due = gale_now(task) + MS * back_off_next(&c->pause, gale_random(task));
}

void socket_caller_heard(struct socket_caller *c)
{
    back_off_reset(&c->pause);
}

static void fails(struct socket_caller *c, gale_task *task, const char *why)
{
    outage_fails(&c->away, task,
                 "cannot connect to %s: %s; it is tried again, less and less "
                 "often, at last every 10 s",
                 c->shown, why);
    socket_caller_rest(c, task);
}

/* To the target, or to the first behind it that can be tried at all. */
static void try_targets(struct socket_caller *c, gale_task *task, int error)
{
    struct epoll_event event = {.events = EPOLLOUT, .data.u64 = c->key};

    for (; c->target < c->targets.n; c->target++) {
        c->fd = socket_connect(&c->targets, c->target);
        if (c->fd >= 0 && !epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->fd, &event)) {
            c->state = SOCKET_CONNECTS;
            return;
        }
        error = errno;
        socket_caller_fini(c);
    }
    fails(c, task, strerror(error));
}

int socket_caller_decided(struct socket_caller *c, gale_task *task)
{
    int fd = c->fd, error = socket_connected(fd);

    c->fd = -1;
    epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL);
    if (error == 0) {
        c->state = SOCKET_CONNECTED;
        outage_ends(&c->away, task, "connected to %s", c->shown);
        return fd;
    }
    close(fd);
    c->target++;
    try_targets(c, task, error);
    return -1;
}

static gale_result look_up(void *arg)
{
    struct socket_caller *c = arg;

    c->not_found = socket_lookup(&c->address, &c->targets);
    return GALE_OK;
}

static void has_looked_up(gale_task *task, gale_result result, void *arg)
{
    struct socket_caller *c = arg;

    (void)result;
    c->target = 0;
    if (c->not_found != NULL)
        fails(c, task, c->not_found);
    else
        try_targets(c, task, ENOENT);
}

/* Names are looked up each time: a server may have moved. */
gale_result socket_caller_call(struct socket_caller *c, gale_task *task)
{
    gale_result result;

    if (c->state != SOCKET_RESTS || gale_now(task) < c->due)
        return GALE_OK;
    c->state = SOCKET_LOOKS_UP;
    result = gale_async(task, look_up, has_looked_up, c);
    if (result == GALE_RETRY)
        socket_caller_rest(c, task);
    return result == GALE_FATAL ? result : GALE_OK;
}
