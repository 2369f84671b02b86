/*
 * test_leader_client.c - how long a call waits for a nimbus that can be
 * reached: common/leader_client.c, over real sockets.
 */
#include "common/leader_client.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rpc_house.h"
#include <gale/abi.h>
#include <stdio.h>
#include <string.h>

#define FOR_EVER (INT64_C(1000000) * 1000000000)
#define AT_ONCE 1 /* patience, ns */
#define SOME_ATTEMPTS (INT64_C(350) * 1000000)

struct scene {
    struct house house;
    struct leader_client *client;
    char address[RPC_ADDRESS_TEXT]; /* of the house, also when it is closed */
    bool lost;                      /* a connection that was there */
    uint32_t answers;
    enum rpc_outcome outcome;
    char text[600];
};

static void changed(void *arg, bool up, const char *why)
{
    struct scene *s = arg;

    (void)why;
    s->lost = !up;
    loop_end(s->house.loop);
}

static void answered(void *arg, const struct rpc_result *result)
{
    struct scene *s = arg;

    s->answers++;
    s->outcome = result->outcome;
    snprintf(s->text, sizeof(s->text), "%s",
             result->text == NULL ? "" : result->text);
    loop_end(s->house.loop);
}

/* Where nobody listens any more. */
static void begin(struct scene *s, int64_t patience)
{
    struct leader_client_options options = {
        .arg = s, .changed = changed, .patience = patience};

    memset(s, 0, sizeof(*s));
    house_init(&s->house);
    house_open(&s->house, "127.0.0.1:0");
    rpc_address_text(rpc_server_address(s->house.server), s->address);
    options.me = house_client(&s->house, TOKEN_READER).me;
    house_close(&s->house);
    s->client = leader_client_new(s->house.loop, &options);
}

static void finish(struct scene *s)
{
    leader_client_free(s->client);
    house_fini(&s->house);
}

static void seeds(struct scene *s, const char *first, const char *second)
{
    struct rpc_address list[2];

    assert_int_equal(rpc_address_parse(first, &list[0], NULL), 0);
    assert_int_equal(rpc_address_parse(second, &list[1], NULL), 0);
    leader_client_seeds(s->client, list, 2);
}

static void ask(struct scene *s)
{
    leader_client_call(s->client, "echo", NULL, FOR_EVER, answered, s);
}

static void where_nobody_listens_a_call_ends_before_its_time(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, AT_ONCE);
    seeds(&s, s.address, s.address);
    ask(&s);
    house_wait(&s.house, s.answers > 0);
    assert_int_equal(s.outcome, RPC_AWAY);
    assert_non_null(strstr(s.text, "Connection refused"));
    assert_false(leader_client_was_answered(s.client));
    finish(&s);
}

static void one_nimbus_that_answers_is_enough(void **state)
{
    struct scene s;
    char gone[RPC_ADDRESS_TEXT];

    (void)state;
    begin(&s, AT_ONCE);
    snprintf(gone, sizeof(gone), "%s", s.address);
    house_open(&s.house, "127.0.0.1:0");
    rpc_address_text(rpc_server_address(s.house.server), s.address);
    seeds(&s, gone, s.address);
    ask(&s);
    house_wait(&s.house, s.answers > 0);
    assert_int_equal(s.outcome, RPC_OK);
    assert_true(leader_client_was_answered(s.client));
    finish(&s);
}

/* A nimbus that is started again: an answer was had before, or no patience was
 * asked for. */
static void otherwise_a_call_waits_for_a_nimbus_to_come(void **state)
{
    static const int64_t patiences[] = {0, AT_ONCE};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s;

        begin(&s, patiences[i]);
        seeds(&s, s.address, s.address);
        if (patiences[i] != 0) {
            house_open(&s.house, s.address);
            ask(&s);
            house_wait(&s.house, s.answers > 0);
            house_close(&s.house);
            house_wait(&s.house, s.lost);
        }
        s.answers = 0;
        ask(&s);
        loop_run_for(s.house.loop, SOME_ATTEMPTS);
        assert_int_equal(s.answers, 0);
        house_open(&s.house, s.address);
        house_wait(&s.house, s.answers > 0);
        assert_int_equal(s.outcome, RPC_OK);
        finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_nobody_listens_a_call_ends_before_its_time),
        cmocka_unit_test(one_nimbus_that_answers_is_enough),
        cmocka_unit_test(otherwise_a_call_waits_for_a_nimbus_to_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
