/* test_rpc_retry.c - pauses of a client whose server is away. */
#include "tests/support/cmocka_all.h"
#include "common/rpc_retry.h"
#include <stddef.h>

static const int64_t ms = 1000000, second = 1000000000;

static void a_pause_is_twice_as_long_as_the_last_up_to_five_seconds(
    void **state)
{
    static const int64_t pauses[] = {100,  200,  400,  800, 1600,
                                     3200, 5000, 5000, 5000};
    struct rpc_retry r = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++)
        assert_int_equal(rpc_retry_pause(&r, 0, false, 0), pauses[i] * ms);
}

static void it_may_be_shorter_for_a_server_that_is_near(void **state)
{
    static const struct {
        const char *name;
        int64_t last, pauses[5];
    } cases[] = {
        {"as long as the first", 100, {100, 100, 100, 100, 100}},
        {"twice that", 200, {100, 200, 200, 200, 200}},
        {"between two of them", 500, {100, 200, 400, 500, 500}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rpc_retry r = {.last = cases[i].last * ms};

        for (size_t k = 0; k < 5; k++)
            if (rpc_retry_pause(&r, second, false, 0) !=
                cases[i].pauses[k] * ms)
                fail_msg("%s: pause %zu", cases[i].name, k);
    }
}

static void chance_takes_a_quarter_of_it_at_most(void **state)
{
    static const uint64_t chances[] = {1, 12345678, UINT64_MAX, 25 * 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof(chances) / sizeof(chances[0]); i++) {
        struct rpc_retry r = {0};

        for (int64_t whole = 100 * ms; whole < 5 * second; whole *= 2) {
            int64_t pause = rpc_retry_pause(&r, 0, false, chances[i]);

            assert_true(pause <= whole && pause > whole / 4 * 3);
        }
    }
}

static void two_clients_do_not_come_at_once(void **state)
{
    struct rpc_retry a = {0}, b = {0};

    (void)state;
    assert_int_not_equal(rpc_retry_pause(&a, 0, false, 1),
                         rpc_retry_pause(&b, 0, false, UINT64_MAX));
}

static void what_has_lasted_begins_anew(void **state)
{
    struct rpc_retry r = {0};

    (void)state;
    for (int i = 0; i < 10; i++)
        rpc_retry_pause(&r, 0, false, 0);
    assert_int_equal(rpc_retry_pause(&r, 5 * second, false, 0), 100 * ms);
}

/* A server that lets us in and cuts us off each time. */
static void what_has_not_lasted_does_not(void **state)
{
    struct rpc_retry r = {0};

    (void)state;
    for (int i = 0; i < 10; i++)
        rpc_retry_pause(&r, second, false, 0);
    assert_int_equal(rpc_retry_pause(&r, second, false, 0), 5 * second);
}

static void what_is_hopeless_waits_longest_at_once(void **state)
{
    struct rpc_retry r = {0};

    (void)state;
    assert_int_equal(rpc_retry_pause(&r, 0, true, 0), 5 * second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_pause_is_twice_as_long_as_the_last_up_to_five_seconds),
        cmocka_unit_test(it_may_be_shorter_for_a_server_that_is_near),
        cmocka_unit_test(chance_takes_a_quarter_of_it_at_most),
        cmocka_unit_test(two_clients_do_not_come_at_once),
        cmocka_unit_test(what_has_lasted_begins_anew),
        cmocka_unit_test(what_has_not_lasted_does_not),
        cmocka_unit_test(what_is_hopeless_waits_longest_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
