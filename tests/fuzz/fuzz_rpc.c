/*
 * fuzz_rpc.c - what comes to a port of RPC: from anybody before the handshake,
 * and, after it, from a client or a server that has the token and no manners.
 *
 * The first byte says to whom, and whether there was a handshake. Nobody
 * without the token comes in; whatever a client sends, each of its calls is
 * answered at most once.
 */
#include "common/rpc_dispatch.h"
#include "common/rpc_session.h"
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>

enum { KEPT = 64 };

struct desk {
    struct rpc_session *session;
    struct rpc_dispatch dispatch;
    struct rpc_call *kept[KEPT];
    uint32_t n_kept;
    uint32_t n_answers;
    int64_t now;
};

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

static void later(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct desk *d = arg;

    (void)params;
    if (d->n_kept == KEPT)
        rpc_fail(call, RPC_BUSY, "enough");
    else
        d->kept[d->n_kept++] = call;
}

static const struct rpc_method methods[] = {
    {"echo", RPC_ANYBODY, echo},
    {"later", RPC_ANYBODY, later},
    {"admin", RPC_ROLE(TOKEN_ADMIN), echo},
};

static bool answer(void *to, const struct pack *message)
{
    struct desk *d = to;

    d->n_answers++;
    return rpc_session_send(d->session, message, d->now);
}

/* -- two ends -------------------------------------------------------------- */

static void carry(struct rpc_session *from, struct rpc_session *to)
{
    struct rpc_session_event event;
    size_t size;
    const void *data = rpc_session_output(from, &size);

    rpc_session_receive(to, data, size, 0);
    rpc_session_sent(from, size, 0);
    while (rpc_session_next(to, 0, &event))
        fuzz_must(event.kind == RPC_SESSION_READY);
}

static void shake_hands(struct rpc_session *client, struct rpc_session *server)
{
    for (int i = 0; i < 2; i++) {
        carry(client, server);
        carry(server, client);
    }
}

/* -- what comes ------------------------------------------------------------ */

static void take_events(struct desk *d, bool ready, bool server)
{
    struct rpc_session_event event;
    uint32_t n_requests = 0;

    while (rpc_session_next(d->session, d->now, &event)) {
        fuzz_must(event.kind != RPC_SESSION_READY);
        fuzz_must(event.kind != RPC_SESSION_MESSAGE || ready);
        if (event.kind == RPC_SESSION_OVER)
            fuzz_must(event.why[0] != '\0');
        else if (server) {
            n_requests++;
            if (!rpc_dispatch(&d->dispatch, &event.message))
                rpc_session_end(d->session, "it answers");
            fuzz_must(d->n_answers <= 2 * n_requests);
        }
    }
    d->n_answers = 0;
}

/* In parts of so many bytes; the peer takes what is sent to it, or not. */
static void take_bytes(struct desk *d, struct fuzz *f, bool ready, bool server)
{
    while (f->left > 0 && !rpc_session_is_over(d->session)) {
        uint64_t how = fuzz_number(f, 1);
        size_t part = how & 127u, n = part < f->left ? part : f->left, size;
        void *bytes = fuzz_bytes(f, n);

        rpc_session_receive(d->session, bytes, n, d->now);
        free(bytes);
        take_events(d, ready, server);
        rpc_session_output(d->session, &size);
        rpc_session_sent(d->session, how & 128u ? size : 0, d->now);
        d->now += 100000000;
        rpc_session_tick(d->session, d->now);
    }
    take_events(d, ready, server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct rpc_limits limits = {.frame_max = 1 << 16,
                                             .output_max = 1 << 18};
    static const struct rpc_nonce a = {{1}}, b = {{2}};
    static struct token token = {{{7}}};
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_identity me = {.role = TOKEN_READER};
    struct rpc_peer peer = {.role = TOKEN_READER};
    struct fuzz f = {data, size};
    uint64_t kind = fuzz_number(&f, 1);
    bool server = kind & 1, ready = kind & 2;
    struct desk d = {.now = 0};
    struct rpc_session *ends[2];

    me.key = token_role_key(&token, TOKEN_READER);
    ends[0] = rpc_session_client(&me, &a, &limits, 0);
    ends[1] = rpc_session_server(&gate, &b, &limits, 0);
    if (ready)
        shake_hands(ends[0], ends[1]);
    d.session = ends[server];
    d.dispatch = (struct rpc_dispatch){.methods = methods,
                                       .n_methods = 3,
                                       .arg = &d,
                                       .peer = &peer,
                                       .calls_max = 32,
                                       .send = answer,
                                       .to = &d};
    take_bytes(&d, &f, ready, server);
    for (uint32_t i = 0; i < d.n_kept; i++) {
        if (i == d.n_kept / 2)
            rpc_dispatch_close(&d.dispatch);
        rpc_reply(d.kept[i], NULL);
    }
    rpc_session_free(ends[0]);
    rpc_session_free(ends[1]);
    return 0;
}
