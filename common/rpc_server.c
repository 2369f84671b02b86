/*
 * rpc_server.c - accepts connections and hands their messages to methods; see
 * rpc_server.h.
 *
 * A link is in the list from accept until its connection is over, in the order
 * in which they came: so the first that has not joined has waited longest.
 */
#include "common/rpc_server.h"
#include "common/check.h"
#include "common/rpc_admission.h"
#include "common/rpc_connection.h"
#include "common/rpc_dispatch.h"
#include "common/rpc_frame.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <string.h>

enum { ACCEPTS_AT_ONCE = 64, CLIENTS_MAX = 1024, HOST_MAX = 512 };

/* However many clients there may be: each has up to RPC_FRAME_FIRST_MAX here,
 * and a descriptor, of which a daemon has need for its files, too. */
enum { UNPROVED_MAX = 1024 };

/* Until it is tried again, when the system had no descriptor left. */
static const int64_t accept_pause = 100000000;

struct rpc_link {
    struct rpc_link *next, **here;
    struct rpc_server *server;
    struct rpc_address from;
    struct rpc_connection *connection;
    struct rpc_dispatch calls;
    bool joined;
    void *data;
};

struct rpc_server {
    struct loop *loop;
    struct rpc_server_options options;
    struct rpc_gate gate;
    struct rpc_address address;
    int fd;
    struct loop_watch listening;
    struct loop_timer resume;
    struct rpc_link *first, **last;
};

/* -- links ----------------------------------------------------------------- */

static bool send_to_link(void *to, const struct pack *message)
{
    struct rpc_link *link = to;

    return rpc_connection_send(link->connection, message);
}

static void link_free(struct rpc_link *link)
{
    rpc_dispatch_close(&link->calls);
    rpc_connection_free(link->connection);
    *link->here = link->next;
    if (link->next != NULL)
        link->next->here = link->here;
    else
        link->server->last = link->here;
    free(link);
}

static void link_ready(void *arg)
{
    struct rpc_link *link = arg;
    const struct rpc_server_options *o = &link->server->options;

    link->joined = true;
    link->calls.peer =
        rpc_session_peer(rpc_connection_session(link->connection));
    if (o->joined != NULL)
        o->joined(o->arg, link);
}

static void link_message(void *arg, const struct rpc_message *message)
{
    struct rpc_link *link = arg;

    if (!rpc_dispatch(&link->calls, message))
        rpc_connection_end(link->connection,
                           "it answers what it was not asked");
}

static void link_has_room(void *arg)
{
    (void)arg;
}

static void refused(const struct rpc_server *s, const struct rpc_address *from,
                    const char *why)
{
    char text[RPC_ADDRESS_TEXT];

    if (s->options.refused == NULL)
        return;
    rpc_address_text(from, text);
    s->options.refused(s->options.arg, text, why);
}

static void link_over(void *arg, const char *why, bool was_refused)
{
    struct rpc_link *link = arg;
    const struct rpc_server_options *o = &link->server->options;

    (void)was_refused;
    if (!link->joined)
        refused(link->server, &link->from, why);
    else if (o->left != NULL)
        o->left(o->arg, link, why);
    link_free(link);
}

static const struct rpc_connection_ops link_ops = {
    .ready = link_ready,
    .message = link_message,
    .has_room = link_has_room,
    .over = link_over,
};

static struct rpc_session *session_for(struct rpc_server *s)
{
    struct rpc_nonce nonce;

    env_random(loop_env(s->loop), nonce.bytes, sizeof(nonce.bytes));
    return rpc_session_server(&s->gate, &nonce, &s->options.limits,
                              loop_now(s->loop));
}

static void link_new(struct rpc_server *s, int fd,
                     const struct rpc_address *from)
{
    struct rpc_link *link = xcalloc(1, sizeof(*link));

    link->server = s;
    link->from = *from;
    link->calls = (struct rpc_dispatch){
        .methods = s->options.methods,
        .n_methods = s->options.n_methods,
        .arg = s->options.methods_arg != NULL ? s->options.methods_arg
                                              : s->options.arg,
        .link = link,
        .calls_max = s->options.limits.calls_max,
        .send = send_to_link,
        .to = link,
    };
    link->here = s->last;
    *s->last = link;
    s->last = &link->next;
    link->connection =
        rpc_connection_new(s->loop, fd, session_for(s), &link_ops, link);
}

/* -- who is let in --------------------------------------------------------- */

static bool same_host(const struct rpc_link *link,
                      const struct rpc_address *from)
{
    return from->at.ss_family != AF_UNIX &&
           rpc_address_same_host(&link->from, from);
}

static struct rpc_places places_of(const struct rpc_server *s,
                                   const struct rpc_address *from)
{
    struct rpc_places p = {.max = s->options.clients_max,
                           .host_max = s->options.host_max,
                           .unproved_max = UNPROVED_MAX};

    for (const struct rpc_link *l = s->first; l != NULL; l = l->next) {
        p.taken++;
        p.unproved += !l->joined;
        p.host_taken += same_host(l, from);
        p.host_unproved += !l->joined && same_host(l, from);
    }
    return p;
}

/* The oldest that has proved nothing gives way; from: of that host. */
static void evict(struct rpc_server *s, const struct rpc_address *from)
{
    struct rpc_link *l = s->first;

    while (l->joined || (from != NULL && !same_host(l, from)))
        l = l->next;
    link_over(l, "it proved nothing while others waited", false);
}

/* Its hello may still be under way: then this may not arrive. */
static void turn_away(struct rpc_server *s, int fd,
                      const struct rpc_address *from, const char *why)
{
    struct env *env = loop_env(s->loop);
    struct rpc_bytes frame = {.data = NULL};
    struct pack refusal;

    pack_init(&refusal);
    rpc_handshake_refuse(&refusal, why);
    rpc_frame_write(&frame, refusal.buffer.data, (uint32_t)refusal.buffer.size);
    env->ops->net_send(env, fd, rpc_bytes_at(&frame), rpc_bytes_size(&frame));
    rpc_bytes_fini(&frame);
    pack_free(&refusal);
    env->ops->net_close_heard(env, fd);
    refused(s, from, why);
}

static void let_in(struct rpc_server *s, int fd, const struct rpc_address *from)
{
    const struct rpc_places places = places_of(s, from);

    switch (rpc_admission(&places)) {
    case RPC_SERVER_IS_FULL:
        turn_away(s, fd, from, "all places for clients are taken");
        return;
    case RPC_HOST_IS_FULL:
        turn_away(s, fd, from, "all places for clients of one host are taken");
        return;
    case RPC_ADMIT_FOR_ANY:
        evict(s, NULL);
        break;
    case RPC_ADMIT_FOR_HOST:
        evict(s, from);
        break;
    case RPC_ADMIT:
        break;
    }
    link_new(s, fd, from);
}

/* -- listening ------------------------------------------------------------- */

static void accept_some(void *arg);

static int listen_again(struct rpc_server *s)
{
    return loop_watch_set(s->loop, &s->listening, s->fd, accept_some, s);
}

static void resume(void *arg);

/* The connection stays in the queue, and would wake us at once. */
static void pause_listening(struct rpc_server *s)
{
    loop_watch_clear(&s->listening);
    loop_timer_set(s->loop, &s->resume, loop_now(s->loop) + accept_pause,
                   resume, s);
}

static void resume(void *arg)
{
    struct rpc_server *s = arg;

    if (listen_again(s) != 0)
        pause_listening(s);
}

/* The system has no more to give: then the next one fails, too. */
static bool is_short(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

static void accept_some(void *arg)
{
    struct rpc_server *s = arg;
    struct env *env = loop_env(s->loop);
    struct rpc_address from;

    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int fd = env->ops->net_accept(env, s->fd, &from);

        if (fd >= 0) {
            let_in(s, fd, &from);
        } else if (errno == EAGAIN) {
            return;
        } else if (is_short(errno)) {
            refused(s, &s->address, strerror(errno));
            pause_listening(s);
            return;
        }
    }
}

/* -- beginning and end ----------------------------------------------------- */

static void take_options(struct rpc_server *s,
                         const struct rpc_server_options *options)
{
    s->options = *options;
    s->options.limits = rpc_limits_of(&options->limits);
    if (s->options.clients_max == 0)
        s->options.clients_max = CLIENTS_MAX;
    if (s->options.host_max == 0)
        s->options.host_max = HOST_MAX;
    s->gate = (struct rpc_gate){options->who, options->token};
}

static void cannot_listen(const struct rpc_address *address, gale_err *error)
{
    char text[RPC_ADDRESS_TEXT];
    int saved = errno;

    rpc_address_text(address, text);
    error_set(error, "cannot listen at %s: %s", text,
              saved == EADDRINUSE ? "another process does; stop it or choose "
                                    "another address"
                                  : strerror(saved));
}

struct rpc_server *rpc_server_new(struct loop *loop,
                                  const struct rpc_address *address,
                                  const struct rpc_server_options *options,
                                  gale_err *error)
{
    struct rpc_server *s = xcalloc(1, sizeof(*s));
    struct env *env = loop_env(loop);

    s->loop = loop;
    s->address = *address;
    s->last = &s->first;
    take_options(s, options);
    s->fd = env->ops->net_listen(env, &s->address);
    if (s->fd < 0) {
        cannot_listen(address, error);
        free(s);
        return NULL;
    }
    resume(s);
    return s;
}

void rpc_server_free(struct rpc_server *s)
{
    struct env *env;

    if (s == NULL)
        return;
    env = loop_env(s->loop);
    while (s->first != NULL)
        link_free(s->first);
    loop_watch_clear(&s->listening);
    loop_timer_clear(&s->resume);
    env->ops->net_unlisten(env, s->fd, &s->address);
    free(s);
}

const struct rpc_address *rpc_server_address(const struct rpc_server *s)
{
    return &s->address;
}

uint32_t rpc_server_n_clients(const struct rpc_server *s)
{
    uint32_t n = 0;

    for (const struct rpc_link *l = s->first; l != NULL; l = l->next)
        n += l->joined;
    return n;
}

/* -- one client ------------------------------------------------------------ */

const struct rpc_peer *rpc_link_peer(const struct rpc_link *link)
{
    return link->calls.peer;
}

void *rpc_link_data(const struct rpc_link *link)
{
    return link->data;
}

void rpc_link_set_data(struct rpc_link *link, void *data)
{
    link->data = data;
}

void rpc_link_notify(struct rpc_link *link, const char *method,
                     const struct pack *params)
{
    struct pack message;

    pack_init(&message);
    rpc_message_notification(&message, method, params);
    if (!rpc_connection_send(link->connection, &message))
        rpc_connection_end(link->connection,
                           "a notification is longer than a frame may be");
    pack_free(&message);
}

void rpc_link_cut(struct rpc_link *link, const char *why)
{
    rpc_connection_end(link->connection, why);
}
