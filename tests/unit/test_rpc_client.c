/*
 * test_rpc_client.c - calls over real sockets: what they end with, whatever the
 * server does.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/rpc_house.h"
#include "topology-api/memory.h"
#include <gale/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t ms = 1000000, long_enough = INT64_C(30000000000);

/* -- a call and its end ---------------------------------------------------- */

struct told {
    struct house *house;
    uint32_t times;
    enum rpc_outcome outcome;
    enum rpc_error code;
    int64_t value;
    size_t size;    /* of a value that is a text or bytes */
    char bytes[32]; /* the first of it */
    char text[600], detail[64];
};

static void copy(char *to, size_t room, const char *text)
{
    snprintf(to, room, "%s", text != NULL ? text : "(none)");
}

static void end(void *arg, const struct rpc_result *result)
{
    struct told *told = arg;
    gale_str bytes = unpack_str(result->value);

    told->times++;
    told->outcome = result->outcome;
    told->code = result->code;
    told->value = unpack_int(result->value, -1);
    told->size = bytes.size;
    snprintf(told->bytes, sizeof(told->bytes), "%.*s",
             bytes.size < 31 ? (int)bytes.size : 31, bytes.data);
    copy(told->text, sizeof(told->text), result->text);
    copy(told->detail, sizeof(told->detail), result->detail);
    loop_end(told->house->loop);
}

static void call(struct house *h, struct rpc_client *client, const char *method,
                 int64_t number, int64_t timeout, struct told *told)
{
    struct pack params;

    *told = (struct told){.house = h};
    pack_init(&params);
    pack_int(&params, number);
    rpc_client_call(client, method, &params, timeout, end, told);
    pack_free(&params);
    assert_int_equal(told->times, 0); /* not from within */
}

static struct told called(struct house *h, struct rpc_client *client,
                          const char *method)
{
    struct told told;

    call(h, client, method, 21, long_enough, &told);
    house_wait(h, told.times > 0);
    assert_int_equal(told.times, 1);
    return told;
}

static void assert_in(const char *text, const char *expected)
{
    if (strstr(text, expected) == NULL)
        fail_msg("\"%s\" is not in: %s", expected, text);
}

/* -- a server that is there ------------------------------------------------ */

static void a_call_is_answered_or_refused(void **state)
{
    struct rpc_client *client;
    struct told told;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    client = house_visit(&h, TOKEN_READER);
    told = called(&h, client, "echo");
    assert_int_equal(told.outcome, RPC_OK);
    assert_int_equal(told.value, 21);
    told = called(&h, client, "fail");
    assert_int_equal(told.outcome, RPC_REFUSED);
    assert_int_equal(told.code, RPC_NOT_LEADER);
    assert_string_equal(told.text, "another leads");
    assert_string_equal(told.detail, "10.0.0.1:6627");
    told = called(&h, client, "unheard of");
    assert_int_equal(told.outcome, RPC_REFUSED);
    assert_int_equal(told.code, RPC_BAD_REQUEST);
    assert_in(told.text, "there is no method \"unheard of\"");
    told = called(&h, client, "admin");
    assert_int_equal(told.outcome, RPC_REFUSED);
    assert_int_equal(told.code, RPC_FORBIDDEN);
    assert_string_equal(told.text, "the role reader may not call \"admin\"");
    rpc_client_free(client);
    house_fini(&h);
}

static void the_server_knows_the_role(void **state)
{
    static const enum token_role roles[] = {TOKEN_READER, TOKEN_SUPERVISOR,
                                            TOKEN_SUBMITTER, TOKEN_ADMIN};
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        struct rpc_client *client = house_visit(&h, roles[i]);

        assert_string_equal(called(&h, client, "role").bytes,
                            token_role_name(roles[i]));
        rpc_client_free(client);
    }
    house_fini(&h);
}

/* As a supervisor serves its workers. */
static void a_worker_comes_by_a_unix_socket_with_its_own_key(void **state)
{
    char directory[] = "/tmp/gale-test-XXXXXX", path[64];
    struct rpc_client_options options;
    struct rpc_client *client;
    struct house h;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    house_init(&h);
    house_open(&h, path);
    options = house_client(&h, TOKEN_WORKER);
    options.me.worker = (struct token_worker){"words-1-17", 2, 40};
    options.me.key = token_worker_key(&h.token, &options.me.worker);
    client = rpc_client_new(h.loop, &options);
    assert_string_equal(called(&h, client, "role").bytes, "worker");
    assert_string_equal(rpc_link_peer(h.link)->topology, "words-1-17");
    assert_int_equal(rpc_link_peer(h.link)->number, 2);
    assert_int_equal(rpc_link_peer(h.link)->birth, 40);
    rpc_client_free(client);
    house_fini(&h);
    assert_int_equal(rmdir(directory), 0);
}

static void without_a_token_on_both_sides_every_role_is_granted(void **state)
{
    struct rpc_client_options options;
    struct rpc_client *client;
    struct house h;

    (void)state;
    house_init(&h);
    h.options.token = NULL;
    house_open(&h, "127.0.0.1:0");
    options = house_client(&h, TOKEN_ADMIN);
    options.me.insecure = true;
    client = rpc_client_new(h.loop, &options);
    assert_string_equal(called(&h, client, "role").bytes, "admin");
    rpc_client_free(client);
    house_fini(&h);
}

static void ten_thousand_calls_are_answered_in_any_order(void **state)
{
    static struct told told[HOUSE_CALLS];
    static struct house h;
    struct rpc_client *client;
    uint32_t done = 0;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    client = house_visit(&h, TOKEN_ADMIN);
    for (uint32_t i = 0; i < HOUSE_CALLS; i++)
        call(&h, client, "later", i, long_enough, &told[i]);
    house_wait(&h, h.n_calls == HOUSE_CALLS);
    for (uint32_t i = 0; i < HOUSE_CALLS; i++)
        house_answer(&h, i * 7919 % HOUSE_CALLS);
    while (done < HOUSE_CALLS) {
        house_wait(&h, told[done].times == 1);
        assert_int_equal(told[done].outcome, RPC_OK);
        assert_int_equal(told[done].value, 2 * done);
        done++;
    }
    rpc_client_free(client);
    house_fini(&h);
}

static void a_large_call_is_answered_as_largely(void **state)
{
    const size_t size = 8 << 20;
    char *bytes = xcalloc(1, size);
    struct rpc_client *client;
    struct told told = {NULL};
    struct pack params;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    client = house_visit(&h, TOKEN_ADMIN);
    told.house = &h;
    pack_init(&params);
    memset(bytes, 'x', size);
    pack_bytes(&params, bytes, size - 100);
    rpc_client_call(client, "echo", &params, long_enough, end, &told);
    pack_free(&params);
    house_wait(&h, told.times == 1);
    assert_int_equal(told.outcome, RPC_OK);
    assert_int_equal(told.size, size - 100);
    /* A bit more is refused here, and the connection stays. */
    told.times = 0;
    pack_init(&params);
    pack_bytes(&params, bytes, size);
    rpc_client_call(client, "echo", &params, long_enough, end, &told);
    pack_free(&params);
    house_wait(&h, told.times == 1);
    assert_int_equal(told.outcome, RPC_REFUSED);
    assert_string_equal(told.text, "the request is longer than a frame may be");
    assert_int_equal(h.left, 0);
    free(bytes);
    rpc_client_free(client);
    house_fini(&h);
}

/* -- a server that is not there, or no longer ------------------------------ */

static char up_and_down[600];
static uint32_t n_changes;

static void changed(void *arg, bool up, const char *why)
{
    struct house *h = arg;

    n_changes++;
    snprintf(up_and_down, sizeof(up_and_down), "%s%s",
             up ? "up" : "down: ", why);
    loop_end(h->loop);
}

static void where_nobody_listens_an_impatient_call_ends_at_once(void **state)
{
    struct rpc_client_options options;
    struct rpc_client *client;
    char expected[200], address[RPC_ADDRESS_TEXT];
    struct told told;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    options = house_client(&h, TOKEN_READER);
    options.impatient = true;
    rpc_address_text(&options.address, address);
    house_close(&h);
    client = rpc_client_new(h.loop, &options);
    told = called(&h, client, "echo");
    assert_int_equal(told.outcome, RPC_AWAY);
    snprintf(expected, sizeof(expected), "%s: Connection refused", address);
    assert_string_equal(told.text, expected);
    assert_false(rpc_client_notify(client, "echo", NULL));
    rpc_client_free(client);
    house_fini(&h);
}

static void a_patient_call_waits_for_the_server(void **state)
{
    struct rpc_client_options options;
    char address[RPC_ADDRESS_TEXT];
    struct rpc_client *client;
    struct told told;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    options = house_client(&h, TOKEN_READER);
    options.arg = &h;
    options.changed = changed;
    rpc_address_text(&options.address, address);
    house_close(&h);
    n_changes = 0;
    client = rpc_client_new(h.loop, &options);
    call(&h, client, "echo", 21, long_enough, &told);
    house_wait(&h, n_changes == 2); /* it has tried twice */
    assert_in(up_and_down, "Connection refused");
    assert_int_equal(told.times, 0);
    house_open(&h, address);
    house_wait(&h, told.times == 1);
    assert_int_equal(told.outcome, RPC_OK);
    assert_string_equal(up_and_down, "up");
    rpc_client_free(client);
    house_fini(&h);
}

static void a_call_that_is_never_sent_ends_in_time(void **state)
{
    struct rpc_client_options options;
    struct rpc_client *client;
    struct told told;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    options = house_client(&h, TOKEN_READER);
    house_close(&h);
    client = rpc_client_new(h.loop, &options);
    call(&h, client, "echo", 21, 50 * ms, &told);
    house_wait(&h, told.times == 1);
    assert_int_equal(told.outcome, RPC_AWAY);
    assert_string_equal(told.text, "there was no connection in time");
    rpc_client_free(client);
    house_fini(&h);
}

static void a_call_that_is_not_answered_ends_in_time(void **state)
{
    struct rpc_client *client;
    struct told told;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    client = house_visit(&h, TOKEN_READER);
    call(&h, client, "later", 21, 50 * ms, &told);
    house_wait(&h, told.times == 1);
    assert_int_equal(told.outcome, RPC_TIMED_OUT);
    /* The answer that comes afterwards is that of no other call. */
    house_wait(&h, h.n_calls == 1);
    house_answer(&h, 0);
    told = called(&h, client, "echo");
    assert_int_equal(told.value, 21);
    rpc_client_free(client);
    house_fini(&h);
}

static void a_call_whose_server_dies_is_in_doubt(void **state)
{
    struct rpc_client *client;
    struct told told;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    client = house_visit(&h, TOKEN_READER);
    call(&h, client, "later", 21, long_enough, &told);
    house_wait(&h, h.n_calls == 1);
    house_close(&h);
    house_wait(&h, told.times == 1);
    assert_int_equal(told.outcome, RPC_UNKNOWN);
    assert_in(told.text, ": it has closed the connection");
    rpc_client_free(client);
    house_fini(&h);
}

static void after_a_restart_of_the_server_the_client_is_back(void **state)
{
    char address[RPC_ADDRESS_TEXT];
    struct rpc_client *client;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    client = house_visit(&h, TOKEN_READER);
    rpc_address_text(rpc_server_address(h.server), address);
    for (int i = 0; i < 3; i++) {
        house_close(&h);
        house_wait(&h, !rpc_client_is_up(client));
        house_open(&h, address);
        assert_int_equal(called(&h, client, "echo").value, 21);
    }
    rpc_client_free(client);
    house_fini(&h);
}

/* -- a server that does not want us ---------------------------------------- */

static void assert_refused(struct house *h,
                           const struct rpc_client_options *options,
                           const char *expected)
{
    struct rpc_client *client = rpc_client_new(h->loop, options);
    struct told told = called(h, client, "admin");

    assert_int_equal(told.outcome, RPC_REFUSED);
    assert_int_equal(told.code, RPC_FORBIDDEN);
    assert_in(told.text, expected);
    assert_int_equal(h->joined, 0);
    rpc_client_free(client);
}

/* Patient or not: it would be the same for ever. */
static void a_refused_handshake_refuses_the_calls_with_its_sentence(
    void **state)
{
    struct rpc_client_options options;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    options = house_client(&h, TOKEN_ADMIN);
    options.me.key.bytes[5] ^= 1;
    assert_refused(&h, &options,
                   "the client has another cluster token than "
                   "this nimbus");
    options = house_client(&h, TOKEN_READER);
    options.me.role = TOKEN_ADMIN;
    assert_refused(&h, &options, "its proof of the role admin does not fit");
    options.me.insecure = true;
    assert_refused(&h, &options, "lets nobody in without the cluster's token");
    house_fini(&h);
}

static void nothing_is_sent_to_who_proves_nothing(void **state)
{
    struct rpc_client_options options;
    struct house h;

    (void)state;
    house_init(&h);
    h.options.token = NULL;
    house_open(&h, "127.0.0.1:0");
    options = house_client(&h, TOKEN_ADMIN);
    assert_refused(&h, &options, "has gale.insecure set and proves nothing");
    house_fini(&h);
}

/* -- what comes by itself -------------------------------------------------- */

static char notes[100];

static void notified(void *arg, gale_str method, const msgpack_object *params)
{
    struct house *h = arg;
    size_t n = strlen(notes);

    snprintf(notes + n, sizeof(notes) - n, "%.*s %lld;", (int)method.size,
             method.data, (long long)unpack_int(params, -1));
    loop_end(h->loop);
}

static void a_client_is_notified_in_order(void **state)
{
    struct rpc_client_options options;
    struct rpc_client *client;
    struct pack params;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    options = house_client(&h, TOKEN_SUPERVISOR);
    options.arg = &h;
    options.notified = notified;
    client = rpc_client_new(h.loop, &options);
    house_wait(&h, h.link != NULL);
    pack_init(&params);
    pack_int(&params, 7);
    notes[0] = '\0';
    rpc_link_notify(h.link, "start", &params);
    rpc_link_notify(h.link, "stop", NULL);
    house_wait(&h, strlen(notes) > 10);
    assert_string_equal(notes, "start 7;stop -1;");
    pack_free(&params);
    rpc_client_free(client);
    house_fini(&h);
}

/* -- the end of a client --------------------------------------------------- */

static void who_is_forgotten_or_freed_is_told_nothing(void **state)
{
    struct told forgotten, freed, other;
    struct rpc_client *client;
    struct house h;

    (void)state;
    house_init(&h);
    house_open(&h, "127.0.0.1:0");
    client = house_visit(&h, TOKEN_READER);
    call(&h, client, "later", 1, long_enough, &forgotten);
    call(&h, client, "later", 2, long_enough, &freed);
    call(&h, client, "echo", 3, long_enough, &other);
    rpc_client_forget(client, &forgotten);
    house_wait(&h, h.n_calls == 2);
    house_answer(&h, 0);
    house_wait(&h, other.times == 1);
    other = called(&h, client, "echo");
    rpc_client_free(client);
    house_wait(&h, h.left == 1);
    assert_int_equal(forgotten.times, 0);
    assert_int_equal(freed.times, 0);
    house_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_answered_or_refused),
        cmocka_unit_test(the_server_knows_the_role),
        cmocka_unit_test(a_worker_comes_by_a_unix_socket_with_its_own_key),
        cmocka_unit_test(without_a_token_on_both_sides_every_role_is_granted),
        cmocka_unit_test(ten_thousand_calls_are_answered_in_any_order),
        cmocka_unit_test(a_large_call_is_answered_as_largely),
        cmocka_unit_test(where_nobody_listens_an_impatient_call_ends_at_once),
        cmocka_unit_test(a_patient_call_waits_for_the_server),
        cmocka_unit_test(a_call_that_is_never_sent_ends_in_time),
        cmocka_unit_test(a_call_that_is_not_answered_ends_in_time),
        cmocka_unit_test(a_call_whose_server_dies_is_in_doubt),
        cmocka_unit_test(after_a_restart_of_the_server_the_client_is_back),
        cmocka_unit_test(
            a_refused_handshake_refuses_the_calls_with_its_sentence),
        cmocka_unit_test(nothing_is_sent_to_who_proves_nothing),
        cmocka_unit_test(a_client_is_notified_in_order),
        cmocka_unit_test(who_is_forgotten_or_freed_is_told_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
