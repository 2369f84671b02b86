/* rpc_house.c - a server of RPC for tests; see rpc_house.h. */
#include "tests/support/rpc_house.h"
#include "tests/support/cmocka_all.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

/* -- methods --------------------------------------------------------------- */

static void echo(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct pack result;

    (void)arg;
    pack_init(&result);
    pack_object(&result, params);
    rpc_reply(call, &result);
    pack_free(&result);
}

static void refuse(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    (void)arg, (void)params;
    rpc_fail_with(call, RPC_NOT_LEADER, "10.0.0.1:6627", "another leads");
}

static void later(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct house *h = arg;

    assert_true(h->n_calls < HOUSE_CALLS);
    h->numbers[h->n_calls] = unpack_int(params, -1);
    h->calls[h->n_calls++] = call;
    loop_end(h->loop);
}

static void role(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct pack result;

    (void)arg, (void)params;
    pack_init(&result);
    pack_text(&result, token_role_name(rpc_call_peer(call)->role));
    rpc_reply(call, &result);
    pack_free(&result);
}

static const struct rpc_method methods[] = {
    {"echo", RPC_ANYBODY, echo},
    {"fail", RPC_ANYBODY, refuse},
    {"later", RPC_ANYBODY, later},
    {"role", RPC_ANYBODY, role},
    {"admin", RPC_ROLE(TOKEN_ADMIN), echo},
};

/* -- what happens ---------------------------------------------------------- */

static void joined(void *arg, struct rpc_link *link)
{
    struct house *h = arg;

    h->joined++;
    h->link = link;
    loop_end(h->loop);
}

static void left(void *arg, struct rpc_link *link, const char *why)
{
    struct house *h = arg;

    h->left++;
    if (h->link == link)
        h->link = NULL;
    snprintf(h->why_left, sizeof(h->why_left), "%s", why);
    loop_end(h->loop);
}

static void refused(void *arg, const char *from, const char *why)
{
    struct house *h = arg;

    assert_true(from[0] != '\0');
    h->refused++;
    snprintf(h->why_refused, sizeof(h->why_refused), "%s", why);
    loop_end(h->loop);
}

/* -- beginning and end ----------------------------------------------------- */

void house_init(struct house *h)
{
    memset(h, 0, sizeof(*h));
    h->loop = loop_new(env_posix());
    assert_non_null(h->loop);
    h->token = token_make(env_posix());
    h->options = (struct rpc_server_options){
        .who = "nimbus",
        .token = &h->token,
        .methods = methods,
        .n_methods = sizeof(methods) / sizeof(methods[0]),
        .arg = h,
        .joined = joined,
        .left = left,
        .refused = refused,
    };
}

void house_open(struct house *h, const char *address)
{
    struct rpc_address at;
    gale_err error = {""};

    if (rpc_address_parse(address, &at, &error) == 0)
        h->server = rpc_server_new(h->loop, &at, &h->options, &error);
    if (h->server == NULL)
        fail_msg("%s", error.text);
}

void house_close(struct house *h)
{
    rpc_server_free(h->server);
    h->server = NULL;
    h->link = NULL;
}

void house_fini(struct house *h)
{
    house_close(h);
    for (uint32_t i = 0; i < h->n_calls; i++)
        if (h->calls[i] != NULL)
            rpc_reply(h->calls[i], NULL);
    loop_free(h->loop);
}

void house_answer(struct house *h, uint32_t call)
{
    struct pack result;

    pack_init(&result);
    pack_int(&result, 2 * h->numbers[call]);
    rpc_reply(h->calls[call], &result);
    h->calls[call] = NULL;
    pack_free(&result);
}

struct rpc_client_options house_client(const struct house *h,
                                       enum token_role its_role)
{
    return (struct rpc_client_options){
        .address = *rpc_server_address(h->server),
        .me = {.role = its_role,
               .name = "test",
               .key = token_role_key(&h->token, its_role)}};
}

static void look_again(void *arg, bool up, const char *why)
{
    struct house *h = arg;

    (void)up, (void)why;
    loop_end(h->loop);
}

struct rpc_client *house_visit(struct house *h, enum token_role its_role)
{
    struct rpc_client_options options = house_client(h, its_role);
    struct rpc_client *client;

    options.arg = h;
    options.changed = look_again;
    client = rpc_client_new(h->loop, &options);
    house_wait(h, rpc_client_is_up(client));
    return client;
}

/* -- a peer that does what it likes ---------------------------------------- */

static void take(void *arg)
{
    struct raw *r = arg;
    char more[4096];
    struct env *env = loop_env(r->house->loop);
    int64_t n = env->ops->net_receive(env, r->fd, more, sizeof(more));
    size_t room = sizeof(r->got) - r->n_got, size = n > 0 ? (size_t)n : 0;

    if (size > room)
        size = room;
    memcpy(r->got + r->n_got, more, size);
    r->n_got += size;
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        r->closed = true;
        loop_watch_clear(&r->readable);
    }
    loop_end(r->house->loop);
}

void raw_open(struct raw *r, struct house *h)
{
    *r = (struct raw){.house = h};
    r->fd = env_posix()->ops->net_connect(env_posix(),
                                          rpc_server_address(h->server));
    assert_true(r->fd >= 0);
    assert_int_equal(loop_watch_set(h->loop, &r->readable, r->fd, take, r), 0);
}

void raw_send(struct raw *r, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0 && !r->closed) {
        struct pollfd ready = {.fd = r->fd, .events = POLLOUT};
        int64_t n;

        assert_int_equal(poll(&ready, 1, 30000), 1);
        n = env_posix()->ops->net_send(env_posix(), r->fd, at, size);
        if (n < 0 && errno != EAGAIN)
            return; /* the server has had enough */
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
}

void raw_close(struct raw *r)
{
    loop_watch_clear(&r->readable);
    env_posix()->ops->net_close(env_posix(), r->fd);
}

bool raw_heard(const struct raw *r, const char *text)
{
    return memmem(r->got, r->n_got, text, strlen(text)) != NULL;
}
