/*
 * rpc_connection.c - moves bytes between a socket and its session; see
 * rpc_connection.h.
 *
 * What the session wants is looked at after each thing that was done with it:
 * whether it is to be read from, whether something is to be written, when time
 * does something (`settle`).
 */
#include "common/rpc_connection.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <string.h>

enum { PART_BYTES = 32 << 10 };

struct rpc_connection {
    struct loop *loop;
    int fd;
    struct rpc_session *session;
    const struct rpc_connection_ops *ops;
    void *arg;
    struct loop_watch readable, writable;
    struct loop_timer timer;
};

static void on_readable(void *arg);
static void on_writable(void *arg);
static void on_time(void *arg);

/* -- what is waited for ---------------------------------------------------- */

static bool has_output(const struct rpc_connection *c)
{
    size_t size;

    rpc_session_output(c->session, &size);
    return size > 0;
}

static void watch_reading(struct rpc_connection *c, bool wanted)
{
    if (!wanted)
        loop_watch_clear(&c->readable);
    else if (c->readable.event == NULL &&
             loop_watch_set(c->loop, &c->readable, c->fd, on_readable, c) != 0)
        rpc_session_end(c->session, strerror(errno));
}

static void watch_writing(struct rpc_connection *c, bool wanted)
{
    if (!wanted)
        loop_watch_clear(&c->writable);
    else if (c->writable.event == NULL &&
             loop_watch_set_writable(c->loop, &c->writable, c->fd, on_writable,
                                     c) != 0)
        rpc_session_end(c->session, strerror(errno));
}

static void settle(struct rpc_connection *c)
{
    int64_t due;

    watch_reading(c, rpc_session_wants_input(c->session));
    watch_writing(c, has_output(c));
    due = rpc_session_is_over(c->session) ? loop_now(c->loop)
                                          : rpc_session_due(c->session);
    if (c->timer.at == 0 || c->timer.at > due) /* earlier does no harm */
        loop_timer_set(c->loop, &c->timer, due, on_time, c);
}

/* -- what happens ---------------------------------------------------------- */

/* True if some of it was taken. */
static bool send_some(struct rpc_connection *c)
{
    struct env *env = loop_env(c->loop);
    size_t size;
    const void *data = rpc_session_output(c->session, &size);
    int64_t n = size > 0 ? env->ops->net_send(env, c->fd, data, size) : 0;

    if (n > 0)
        rpc_session_sent(c->session, (size_t)n, loop_now(c->loop));
    else if (n < 0 && errno != EAGAIN)
        rpc_session_end(c->session, strerror(errno));
    return n > 0;
}

/* Why somebody is refused goes out, if there is room for it. */
static void tell_over(struct rpc_connection *c,
                      const struct rpc_session_event *event)
{
    send_some(c);
    c->ops->over(c->arg, event->why, event->refused);
}

/* Tells what has come. */
static void pump(struct rpc_connection *c)
{
    struct rpc_session_event event;

    while (rpc_session_next(c->session, loop_now(c->loop), &event))
        switch (event.kind) {
        case RPC_SESSION_READY:
            c->ops->ready(c->arg);
            break;
        case RPC_SESSION_MESSAGE:
            c->ops->message(c->arg, &event.message);
            break;
        case RPC_SESSION_OVER:
            tell_over(c, &event);
            return; /* it is freed */
        }
    settle(c);
}

static void on_readable(void *arg)
{
    struct rpc_connection *c = arg;
    struct env *env = loop_env(c->loop);
    char part[PART_BYTES];
    int64_t n = env->ops->net_receive(env, c->fd, part, sizeof(part));

    if (n > 0)
        rpc_session_receive(c->session, part, (size_t)n, loop_now(c->loop));
    else if (n == 0)
        rpc_session_end(c->session, "it has closed the connection");
    else if (errno != EAGAIN)
        rpc_session_end(c->session, strerror(errno));
    pump(c);
}

static void on_writable(void *arg)
{
    struct rpc_connection *c = arg;

    if (send_some(c) && rpc_session_wants_input(c->session))
        c->ops->has_room(c->arg);
    pump(c);
}

static void on_time(void *arg)
{
    struct rpc_connection *c = arg;

    rpc_session_tick(c->session, loop_now(c->loop));
    pump(c);
}

/* -- for its owner --------------------------------------------------------- */

struct rpc_connection *rpc_connection_new(struct loop *loop, int fd,
                                          struct rpc_session *session,
                                          const struct rpc_connection_ops *ops,
                                          void *arg)
{
    struct rpc_connection *c = xcalloc(1, sizeof(*c));

    c->loop = loop;
    c->fd = fd;
    c->session = session;
    c->ops = ops;
    c->arg = arg;
    settle(c);
    return c;
}

void rpc_connection_free(struct rpc_connection *c)
{
    struct env *env;

    if (c == NULL)
        return;
    env = loop_env(c->loop);
    loop_watch_clear(&c->readable);
    loop_watch_clear(&c->writable);
    loop_timer_clear(&c->timer);
    if (rpc_session_is_over(c->session))
        env->ops->net_close_heard(env, c->fd);
    else
        env->ops->net_close(env, c->fd);
    rpc_session_free(c->session);
    free(c);
}

bool rpc_connection_send(struct rpc_connection *c, const struct pack *message)
{
    bool taken = rpc_session_send(c->session, message, loop_now(c->loop));

    settle(c);
    return taken;
}

bool rpc_connection_has_room(const struct rpc_connection *c)
{
    return rpc_session_wants_input(c->session);
}

const struct rpc_session *rpc_connection_session(const struct rpc_connection *c)
{
    return c->session;
}

void rpc_connection_end(struct rpc_connection *c, const char *why)
{
    rpc_session_end(c->session, why);
    settle(c);
}
