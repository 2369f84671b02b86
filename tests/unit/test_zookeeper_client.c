/*
 * test_zookeeper_client.c - what a client makes of a server that does what real
 * ones do not; what it makes of these is in tests/servers.
 */
#include "common/zookeeper_client.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/fake_zookeeper.h"
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define PATIENCE (8 * SECOND)
#define ROOT "/a/root"

static struct fake_zookeeper server;
static struct loop *loop;
static struct zookeeper *client;
static uint32_t n_connected;

static void changed(void *arg, enum zookeeper_state state)
{
    (void)arg;
    n_connected += state == ZOOKEEPER_IS_CONNECTED;
    loop_end(loop);
}

/* A client of the server; whether it gets anywhere is not waited for. */
static void start(struct fake_zookeeper manners)
{
    char hosts[32], root[] = ROOT;
    const struct zookeeper_options options = {
        .hosts = hosts, .root = root, .session_ns = 20 * SECOND};

    server = manners;
    fake_zookeeper_start(&server);
    snprintf(hosts, sizeof(hosts), "127.0.0.1:%d", server.port);
    loop = loop_new(env_posix());
    n_connected = 0;
    client = zookeeper_client_new(loop, &options, NULL, changed, NULL);
}

static void stop(void)
{
    fake_zookeeper_stop(&server);
    zookeeper_free(client);
    loop_free(loop);
}

/* Until the number is so high. */
static void await(const uint32_t *n, uint32_t least)
{
    int64_t until = loop_now(loop) + PATIENCE;

    while (*n < least && loop_now(loop) < until)
        loop_run_for(loop, until - loop_now(loop));
    assert_true(*n >= least);
}

/* -- answers --------------------------------------------------------------- */

struct got {
    uint32_t n;
    enum zookeeper_result result;
    char path[64]; /* "-": none */
};

static void take(void *arg, const struct zookeeper_answer *answer)
{
    struct got *got = arg;

    got->n++;
    got->result = answer->result;
    snprintf(got->path, sizeof(got->path), "%s",
             answer->path != NULL ? answer->path : "-");
    loop_end(loop);
}

/* What a server of such manners makes of /x. */
static struct got create_at(struct fake_zookeeper manners)
{
    struct got got = {0};

    start(manners);
    await(&n_connected, 1);
    zookeeper_create(client, "/x", "", 0, 0,
                     (struct zookeeper_then){take, &got});
    await(&got.n, 1);
    stop();
    return got;
}

static void a_node_that_was_made_where_it_should_be_is_known(void **state)
{
    struct got got =
        create_at((struct fake_zookeeper){.create_path = ROOT "/x7"});

    (void)state;
    assert_int_equal(got.result, ZOOKEEPER_OK);
    assert_string_equal(got.path, "/x7");
}

static void a_node_that_was_made_elsewhere_is_not_known(void **state)
{
    static const char *const paths[] = {"", "/", "/a", "/other/root/x",
                                        "/a/rootx"};
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct got got =
            create_at((struct fake_zookeeper){.create_path = paths[i]});

        assert_int_equal(got.result, ZOOKEEPER_UNKNOWN);
        assert_string_equal(got.path, "-");
    }
}

/* Above 0 are none; of those below, some are for later servers. */
static void an_error_that_no_server_has_leaves_a_write_unknown(void **state)
{
    static const struct {
        int error;
        enum zookeeper_result result;
    } cases[] = {
        {1, ZOOKEEPER_UNKNOWN},      {2, ZOOKEEPER_UNKNOWN},
        {3, ZOOKEEPER_UNKNOWN},      {4, ZOOKEEPER_UNKNOWN},
        {100000, ZOOKEEPER_UNKNOWN}, {INT32_MAX, ZOOKEEPER_UNKNOWN},
        {-1, ZOOKEEPER_UNKNOWN},     {-99, ZOOKEEPER_UNKNOWN},
        {-999, ZOOKEEPER_FAILED},    {INT32_MIN, ZOOKEEPER_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct got got =
            create_at((struct fake_zookeeper){.create_error = cases[i].error});

        if (got.result != cases[i].result)
            fail_msg("%d: %s", cases[i].error, zookeeper_says(got.result));
    }
}

/* It may be cut off from the others, for whom the session is over meanwhile. */
static void what_one_server_answers_alone_does_not_prolong_the_lease(
    void **state)
{
    int64_t until;

    (void)state;
    start((struct fake_zookeeper){.syncs = 1});
    await(&n_connected, 1);
    assert_true(zookeeper_may_act(client, loop_now(loop)));
    until = loop_now(loop) + PATIENCE;
    while (zookeeper_may_act(client, loop_now(loop)) && loop_now(loop) < until)
        loop_run_for(loop, SECOND / 10);
    assert_false(zookeeper_may_act(client, loop_now(loop)));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_was_made_where_it_should_be_is_known),
        cmocka_unit_test(a_node_that_was_made_elsewhere_is_not_known),
        cmocka_unit_test(
            what_one_server_answers_alone_does_not_prolong_the_lease),
        cmocka_unit_test(an_error_that_no_server_has_leaves_a_write_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
