/*
 * test_leader_hops.c - who is asked, and how often, when nimbuses say who
 * leads, whether that is so or not.
 */
#include "common/leader_client.h"
#include "common/rpc_server.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)

enum { NIMBUSES = 3 };

static struct nimbus {
    struct rpc_server *server;
    const struct nimbus *leader; /* itself: it does; NULL: it knows nobody */
    uint32_t asked;
} nimbuses[NIMBUSES];

static struct loop *loop;
static struct leader_client *client;

/* -- nimbuses -------------------------------------------------------------- */

static void ask(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct nimbus *n = arg;
    char text[RPC_ADDRESS_TEXT];

    (void)params;
    n->asked++;
    if (n->leader == n) {
        rpc_reply(call, NULL);
        return;
    }
    if (n->leader != NULL)
        rpc_address_text(rpc_server_address(n->leader->server), text);
    rpc_fail_with(call, RPC_NOT_LEADER, n->leader != NULL ? text : NULL,
                  n->leader != NULL ? "another one leads" : "nobody leads");
}

static const struct rpc_method methods[] = {{"ask", RPC_ANYBODY, ask}};

static void open_nimbus(struct nimbus *n)
{
    const struct rpc_server_options options = {
        .who = "nimbus", .methods = methods, .n_methods = 1, .arg = n};
    struct rpc_address address;

    assert_int_equal(rpc_address_parse("127.0.0.1:0", &address, NULL), 0);
    *n = (struct nimbus){.server =
                             rpc_server_new(loop, &address, &options, NULL)};
    assert_non_null(n->server);
}

static int setup(void **state)
{
    const struct leader_client_options options = {
        .me = {.role = TOKEN_READER, .insecure = true}};
    struct rpc_address seeds[NIMBUSES];

    (void)state;
    loop = loop_new(env_posix());
    for (int i = 0; i < NIMBUSES; i++) {
        open_nimbus(&nimbuses[i]);
        seeds[i] = *rpc_server_address(nimbuses[i].server);
    }
    client = leader_client_new(loop, &options);
    leader_client_seeds(client, seeds, NIMBUSES);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    leader_client_free(client);
    for (int i = 0; i < NIMBUSES; i++)
        rpc_server_free(nimbuses[i].server);
    loop_free(loop);
    return 0;
}

/* -- calls ----------------------------------------------------------------- */

struct told {
    uint32_t times;
    enum rpc_outcome outcome;
    char text[100];
};

static void end(void *arg, const struct rpc_result *result)
{
    struct told *told = arg;

    told->times++;
    told->outcome = result->outcome;
    snprintf(told->text, sizeof(told->text), "%s",
             result->text != NULL ? result->text : "");
    loop_end(loop);
}

static struct told call(int64_t timeout)
{
    struct told told = {0};

    leader_client_call(client, "ask", NULL, timeout, end, &told);
    assert_int_equal(told.times, 0); /* not from within it */
    while (told.times == 0)
        if (!loop_run_for(loop, 30000 * MS))
            fail_msg("it is not answered");
    assert_int_equal(told.times, 1);
    return told;
}

static uint32_t asked_in_all(void)
{
    uint32_t n = 0;

    for (int i = 0; i < NIMBUSES; i++)
        n += nimbuses[i].asked;
    return n;
}

/* -- who is asked ---------------------------------------------------------- */

static void who_does_not_lead_says_who_does_and_that_one_is_asked(void **state)
{
    (void)state;
    nimbuses[0].leader = &nimbuses[2];
    nimbuses[2].leader = &nimbuses[2];
    assert_int_equal(call(30000 * MS).outcome, RPC_OK);
    assert_int_equal(asked_in_all(), 2);
    assert_int_equal(call(30000 * MS).outcome, RPC_OK);
    assert_int_equal(nimbuses[2].asked, 2); /* and nobody else again */
}

static void who_knows_nobody_is_not_the_only_one_to_be_asked(void **state)
{
    (void)state;
    nimbuses[1].leader = &nimbuses[1];
    assert_int_equal(call(30000 * MS).outcome, RPC_OK);
    assert_int_equal(asked_in_all(), 2);
}

/* As it may be for a moment, when one takes over from the other: a crowd of
 * clients must not hold them up by asking without a pause. */
static void those_who_name_each_other_are_asked_with_pauses(void **state)
{
    (void)state;
    for (int i = 0; i < NIMBUSES; i++)
        nimbuses[i].leader = &nimbuses[(i + 1) % NIMBUSES];
    assert_int_not_equal(call(1000 * MS).outcome, RPC_OK);
    assert_true(asked_in_all() >= NIMBUSES);
    if (asked_in_all() > 50)
        fail_msg("they were asked %u times", asked_in_all());
}

/* The others may not have heard of it. */
static void who_was_named_and_knows_that_nobody_leads_is_believed(void **state)
{
    (void)state;
    nimbuses[0].leader = nimbuses[2].leader = &nimbuses[1];
    for (int64_t ms = 150; ms < 750; ms += 50)
        assert_string_equal(call(ms * MS).text, "nobody leads");
    assert_true(nimbuses[0].asked > 0 && nimbuses[2].asked > 0);
}

static void without_time_nobody_is_asked(void **state)
{
    (void)state;
    nimbuses[0].leader = &nimbuses[0];
    assert_int_equal(call(0).outcome, RPC_AWAY);
    assert_int_equal(call(-1).outcome, RPC_AWAY);
    assert_int_equal(asked_in_all(), 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(who_does_not_lead_says_who_does_and_that_one_is_asked),
        test(who_knows_nobody_is_not_the_only_one_to_be_asked),
        test(those_who_name_each_other_are_asked_with_pauses),
        test(who_was_named_and_knows_that_nobody_leads_is_believed),
        test(without_time_nobody_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
