/*
 * rpc_client.c - a connection that comes back, and the calls that go over it;
 * see rpc_client.h.
 */
#include "common/rpc_client.h"
#include "common/check.h"
#include "common/rpc_connection.h"
#include "common/rpc_questions.h"
#include "common/rpc_retry.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <string.h>

struct rpc_client {
    struct loop *loop;
    struct rpc_client_options options;
    char *name, *topology; /* of options.me, copied */
    char address[RPC_ADDRESS_TEXT];

    struct rpc_connection *connection; /* NULL: none */
    bool up;                           /* the server has proved who it is */
    int64_t since;                     /* when it did */
    struct rpc_retry retry;
    struct loop_timer again; /* connect */

    struct rpc_questions questions;
    struct loop_timer deadlines;
    uint32_t frame_max;
};

/* -- calls ----------------------------------------------------------------- */

static void on_deadline(void *arg);

static void settle(struct rpc_client *c)
{
    int64_t due = rpc_questions_due(&c->questions);

    if (due == INT64_MAX)
        loop_timer_clear(&c->deadlines);
    else if (c->deadlines.at == 0 || c->deadlines.at > due)
        loop_timer_set(c->loop, &c->deadlines, due, on_deadline, c);
}

static void on_deadline(void *arg)
{
    struct rpc_client *c = arg;

    rpc_questions_expire(&c->questions, loop_now(c->loop));
    settle(c);
}

/* As much as there is room for: the rest follows. */
static void send_questions(struct rpc_client *c)
{
    struct pack message;

    while (c->up && rpc_connection_has_room(c->connection) &&
           rpc_questions_send(&c->questions, &message)) {
        check(rpc_connection_send(c->connection, &message));
        pack_free(&message);
    }
}

void rpc_client_call(struct rpc_client *c, const char *method,
                     const struct pack *params, int64_t timeout,
                     void (*fn)(void *arg, const struct rpc_result *result),
                     void *arg)
{
    rpc_questions_ask(&c->questions, method, params, c->frame_max,
                      loop_now(c->loop) + timeout, fn, arg);
    send_questions(c);
    settle(c);
}

void rpc_client_forget(struct rpc_client *c, const void *arg)
{
    rpc_questions_forget(&c->questions, arg);
}

bool rpc_client_notify(struct rpc_client *c, const char *method,
                       const struct pack *params)
{
    struct pack message;
    bool sent;

    if (!c->up)
        return false;
    pack_init(&message);
    rpc_message_notification(&message, method, params);
    sent = rpc_connection_send(c->connection, &message);
    pack_free(&message);
    return sent;
}

/* -- the connection -------------------------------------------------------- */

static void try_again(void *arg);

static void changed(struct rpc_client *c, const char *why)
{
    if (c->options.changed != NULL)
        c->options.changed(c->options.arg, c->up, why);
}

static void ready(void *arg)
{
    struct rpc_client *c = arg;

    c->up = true;
    c->since = loop_now(c->loop);
    changed(c, "");
    send_questions(c);
}

static void message(void *arg, const struct rpc_message *m)
{
    struct rpc_client *c = arg;

    if (m->kind == RPC_RESPONSE)
        rpc_questions_answer(&c->questions, m);
    else if (m->kind == RPC_REQUEST)
        rpc_connection_end(c->connection, "it calls methods of its client");
    else if (c->options.notified != NULL)
        c->options.notified(c->options.arg, m->method, m->params);
}

static void has_room(void *arg)
{
    send_questions(arg);
}

static void retry_later(struct rpc_client *c, bool hopeless)
{
    struct env *env = loop_env(c->loop);
    int64_t now = loop_now(c->loop), lasted = c->up ? now - c->since : 0;
    int64_t pause =
        rpc_retry_pause(&c->retry, lasted, hopeless, env->ops->entropy(env));

    loop_timer_set(c->loop, &c->again, now + pause, try_again, c);
}

/* An attempt has failed, or the connection is lost. */
static void fell(struct rpc_client *c, const char *reason, bool refused)
{
    gale_err why;

    error_set(&why, "%s: %s", c->address, reason);
    rpc_connection_free(c->connection);
    c->connection = NULL;
    retry_later(c, refused);
    c->up = false;
    rpc_questions_lose(&c->questions, why.text);
    if (refused || c->options.impatient)
        rpc_questions_give_up(&c->questions, refused, why.text);
    settle(c);
    changed(c, why.text);
}

static void over(void *arg, const char *why, bool refused)
{
    gale_err kept;

    error_set(&kept, "%s", why); /* is the connection's */
    fell(arg, kept.text, refused);
}

static const struct rpc_connection_ops ops = {
    .ready = ready,
    .message = message,
    .has_room = has_room,
    .over = over,
};

static struct rpc_session *session_new(const struct rpc_client *c)
{
    struct rpc_nonce nonce;

    env_random(loop_env(c->loop), nonce.bytes, sizeof(nonce.bytes));
    return rpc_session_client(&c->options.me, &nonce, &c->options.limits,
                              loop_now(c->loop));
}

static void try_again(void *arg)
{
    struct rpc_client *c = arg;
    struct env *env = loop_env(c->loop);
    int fd = env->ops->net_connect(env, &c->options.address);

    if (fd < 0) {
        fell(c, strerror(errno), false);
        return;
    }
    c->connection = rpc_connection_new(c->loop, fd, session_new(c), &ops, c);
}

/* -- beginning and end ----------------------------------------------------- */

static char *copy_of(const char *text)
{
    return text != NULL ? xstrdup(text) : NULL;
}

static void take_options(struct rpc_client *c,
                         const struct rpc_client_options *options)
{
    c->options = *options;
    c->name = copy_of(options->me.name);
    c->topology = copy_of(options->me.worker.topology);
    c->options.me.name = c->name;
    c->options.me.worker.topology = c->topology;
    rpc_address_text(&options->address, c->address);
}

struct rpc_client *rpc_client_new(struct loop *loop,
                                  const struct rpc_client_options *options)
{
    struct rpc_client *c = xcalloc(1, sizeof(*c));

    c->loop = loop;
    c->retry.last = options->pause_max;
    take_options(c, options);
    c->frame_max = rpc_limits_of(&options->limits).frame_max;
    rpc_questions_init(&c->questions);
    loop_timer_set(loop, &c->again, loop_now(loop), try_again, c);
    return c;
}

void rpc_client_free(struct rpc_client *c)
{
    if (c == NULL)
        return;
    loop_timer_clear(&c->again);
    loop_timer_clear(&c->deadlines);
    rpc_connection_free(c->connection);
    rpc_questions_fini(&c->questions);
    free(c->name);
    free(c->topology);
    digest_wipe(&c->options.me.key, sizeof(c->options.me.key));
    free(c);
}

bool rpc_client_is_up(const struct rpc_client *c)
{
    return c->up;
}
