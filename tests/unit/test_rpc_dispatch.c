/* test_rpc_dispatch.c - from a request to its method, and the answer back. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "common/rpc_dispatch.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

/* -- a client that is none ------------------------------------------------- */

enum { CALLS_MAX = 8, FRAME_MAX = 1000 };

struct desk {
    struct rpc_dispatch d;
    struct rpc_peer peer;
    struct rpc_call *open[CALLS_MAX + 1]; /* of the method "later" */
    uint32_t n_open;
    int64_t param; /* of the last */
    uint32_t n_called;
    struct pack last; /* what was sent last */
    uint32_t n_sent;
};

static bool keep(void *to, const struct pack *message)
{
    struct desk *desk = to;

    if (message->buffer.size > FRAME_MAX)
        return false;
    pack_free(&desk->last);
    pack_init(&desk->last);
    pack_packed(&desk->last, message);
    desk->n_sent++;
    return true;
}

static void twice(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct desk *desk = arg;
    struct pack result;

    desk->n_called++;
    desk->param = unpack_int(params, -1);
    if (desk->param < 0) {
        rpc_fail_with(call, RPC_BAD_REQUEST, "x", "%d is no number of mine", 7);
        return;
    }
    pack_init(&result);
    pack_int(&result, 2 * desk->param);
    rpc_reply(call, &result);
    pack_free(&result);
}

static void later(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct desk *desk = arg;

    desk->param = unpack_int(params, -1);
    desk->open[desk->n_open++] = call;
}

static void much(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    static const char zeroes[FRAME_MAX];
    struct pack result;

    (void)arg, (void)params;
    pack_init(&result);
    pack_bytes(&result, zeroes, sizeof(zeroes));
    rpc_reply(call, &result);
    pack_free(&result);
}

static void complain(void *arg, struct rpc_call *call,
                     const msgpack_object *params)
{
    (void)arg, (void)params;
    rpc_fail(call, RPC_UNABLE, "%*s", 2 * FRAME_MAX, "no");
}

static const struct rpc_method methods[] = {
    {"twice", RPC_ANYBODY, twice},
    {"later", RPC_ROLE(TOKEN_ADMIN) | RPC_ROLE(TOKEN_WORKER), later},
    {"much", RPC_ANYBODY, much},
    {"complain", RPC_ANYBODY, complain},
    {"nobody", 0, twice},
};

static void desk_init(struct desk *desk, enum token_role role)
{
    *desk = (struct desk){.peer = {.role = role}};
    desk->d = (struct rpc_dispatch){
        .methods = methods,
        .n_methods = sizeof(methods) / sizeof(methods[0]),
        .arg = desk,
        .peer = &desk->peer,
        .calls_max = CALLS_MAX,
        .send = keep,
        .to = desk,
    };
    pack_init(&desk->last);
}

static void desk_fini(struct desk *desk)
{
    rpc_dispatch_close(&desk->d);
    pack_free(&desk->last);
}

static bool request(struct desk *desk, enum rpc_kind kind, uint32_t id,
                    const char *method, int64_t param)
{
    const msgpack_object object = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER,
                                   .via.u64 = (uint64_t)param};
    const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
    struct rpc_message m = {.kind = kind,
                            .id = id,
                            .method = gale_str_make(method, strlen(method)),
                            .params = param < 0 ? &nil : &object};

    return rpc_dispatch(&desk->d, &m);
}

static const struct pack_limits limits = {1 << 16, 1000};

static void assert_result(struct desk *desk, uint32_t id, int64_t result)
{
    struct unpacked u;
    struct rpc_message m;
    gale_err error;

    assert_int_equal(unpack(&u, desk->last.buffer.data, desk->last.buffer.size,
                            limits, "it", &error),
                     0);
    assert_null(rpc_message_read(u.root, &m));
    assert_false(m.failed);
    assert_int_equal(m.id, id);
    assert_int_equal(unpack_int(m.result, -1), result);
    unpacked_free(&u);
}

static void assert_failed(struct desk *desk, uint32_t id, enum rpc_error error,
                          const char *text)
{
    struct unpacked u;
    struct rpc_message m;
    gale_err e;

    assert_int_equal(unpack(&u, desk->last.buffer.data, desk->last.buffer.size,
                            limits, "it", &e),
                     0);
    assert_null(rpc_message_read(u.root, &m));
    assert_true(m.failed);
    assert_int_equal(m.id, id);
    assert_int_equal(m.error, error);
    assert_int_equal(m.text.size, strlen(text));
    assert_memory_equal(m.text.data, text, m.text.size);
    unpacked_free(&u);
}

/* -- tests ----------------------------------------------------------------- */

static void a_method_is_called_and_answers(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_READER);
    assert_true(request(&desk, RPC_REQUEST, 5, "twice", 21));
    assert_result(&desk, 5, 42);
    assert_int_equal(desk.d.n_calls, 0);
    desk_fini(&desk);
}

static void a_method_says_why_not(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_READER);
    assert_true(request(&desk, RPC_REQUEST, 5, "twice", -1));
    assert_failed(&desk, 5, RPC_BAD_REQUEST, "7 is no number of mine");
    desk_fini(&desk);
}

static void a_method_that_is_none_is_refused(void **state)
{
    static const char *const names[] = {"", "twic", "twices", "TWICE"};
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_ADMIN);
    for (uint32_t i = 0; i < 4; i++) {
        char expected[100];

        snprintf(expected, sizeof(expected),
                 "there is no method \"%s\": is the client of another version "
                 "of gale?",
                 names[i]);
        assert_true(request(&desk, RPC_REQUEST, i, names[i], 1));
        assert_failed(&desk, i, RPC_BAD_REQUEST, expected);
    }
    assert_int_equal(desk.n_called, 0);
    desk_fini(&desk);
}

static void a_role_calls_what_it_may_and_nothing_else(void **state)
{
    (void)state;
    for (uint32_t role = 0; role < TOKEN_N_ROLES; role++) {
        bool may = role == TOKEN_ADMIN || role == TOKEN_WORKER;
        struct desk desk;
        char expected[100];

        desk_init(&desk, (enum token_role)role);
        assert_true(request(&desk, RPC_REQUEST, 1, "later", 1));
        assert_int_equal(desk.n_open, may);
        if (may) {
            rpc_reply(desk.open[0], NULL);
        } else {
            snprintf(expected, sizeof(expected),
                     "the role %s may not call \"later\"",
                     token_role_name((enum token_role)role));
            assert_failed(&desk, 1, RPC_FORBIDDEN, expected);
        }
        /* No list of roles: nobody. */
        assert_true(request(&desk, RPC_REQUEST, 2, "nobody", 1));
        assert_int_equal(desk.n_called, 0);
        desk_fini(&desk);
    }
}

static void calls_may_be_answered_later_in_any_order(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_ADMIN);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(request(&desk, RPC_REQUEST, 10 + i, "later", i));
    assert_int_equal(desk.n_sent, 0);
    rpc_reply(desk.open[1], NULL);
    assert_result(&desk, 11, -1);
    rpc_fail(desk.open[2], RPC_NOT_FOUND, "none");
    assert_failed(&desk, 12, RPC_NOT_FOUND, "none");
    rpc_reply(desk.open[0], NULL);
    assert_result(&desk, 10, -1);
    assert_int_equal(desk.d.n_calls, 0);
    assert_null(desk.d.first);
    desk_fini(&desk);
}

static void what_is_answered_after_the_client_is_gone_is_dropped(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_ADMIN);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(request(&desk, RPC_REQUEST, i, "later", i));
    assert_ptr_equal(rpc_call_peer(desk.open[0]), &desk.peer);
    rpc_dispatch_close(&desk.d);
    assert_null(rpc_call_peer(desk.open[0]));
    assert_null(rpc_call_link(desk.open[0]));
    rpc_reply(desk.open[1], NULL);
    rpc_reply(desk.open[0], NULL);
    rpc_fail(desk.open[2], RPC_UNABLE, "too late");
    assert_int_equal(desk.n_sent, 0);
    desk_fini(&desk);
}

static void a_notification_is_called_and_not_answered(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_ADMIN);
    assert_true(request(&desk, RPC_NOTIFICATION, 0, "twice", 4));
    assert_int_equal(desk.param, 4);
    assert_true(request(&desk, RPC_NOTIFICATION, 0, "twice", -1));
    assert_true(request(&desk, RPC_NOTIFICATION, 0, "none", 4));
    assert_int_equal(desk.n_called, 2);
    assert_int_equal(desk.n_sent, 0);
    assert_int_equal(desk.d.n_calls, 0);
    desk_fini(&desk);
}

static void more_calls_than_are_allowed_are_refused_until_some_are_answered(
    void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_ADMIN);
    for (uint32_t i = 0; i < CALLS_MAX; i++)
        assert_true(request(&desk, RPC_REQUEST, i, "later", i));
    assert_true(request(&desk, RPC_REQUEST, 99, "later", 1));
    assert_failed(&desk, 99, RPC_BUSY,
                  "8 calls of this client are not answered yet, more are not "
                  "taken");
    assert_int_equal(desk.n_open, CALLS_MAX);
    rpc_reply(desk.open[3], NULL);
    assert_true(request(&desk, RPC_REQUEST, 100, "twice", 1));
    assert_result(&desk, 100, 2);
    for (uint32_t i = 0; i < CALLS_MAX; i++)
        if (i != 3)
            rpc_reply(desk.open[i], NULL);
    desk_fini(&desk);
}

static void an_answer_that_is_too_long_becomes_an_error(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_ADMIN);
    assert_true(request(&desk, RPC_REQUEST, 7, "much", 1));
    assert_failed(&desk, 7, RPC_UNABLE,
                  "the answer is longer than a frame may be: ask for less");
    assert_true(request(&desk, RPC_REQUEST, 8, "complain", 1));
    assert_failed(&desk, 8, RPC_UNABLE,
                  "(the reason is longer than a frame may be)");
    desk_fini(&desk);
}

static void a_client_answers_nothing(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, TOKEN_ADMIN);
    assert_false(request(&desk, RPC_RESPONSE, 7, "", 1));
    desk_fini(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_method_is_called_and_answers),
        cmocka_unit_test(a_method_says_why_not),
        cmocka_unit_test(a_method_that_is_none_is_refused),
        cmocka_unit_test(a_role_calls_what_it_may_and_nothing_else),
        cmocka_unit_test(calls_may_be_answered_later_in_any_order),
        cmocka_unit_test(what_is_answered_after_the_client_is_gone_is_dropped),
        cmocka_unit_test(a_notification_is_called_and_not_answered),
        cmocka_unit_test(
            more_calls_than_are_allowed_are_refused_until_some_are_answered),
        cmocka_unit_test(an_answer_that_is_too_long_becomes_an_error),
        cmocka_unit_test(a_client_answers_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
