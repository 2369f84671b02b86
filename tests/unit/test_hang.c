/* test_hang.c - when a call has lasted for too long. */
#include "tests/support/cmocka_all.h"
#include "worker/hang.h"

enum { LIMIT = 1000 };

static void a_call_is_named_when_it_was_seen_for_that_long(void **state)
{
    struct hang_watch h = {0};

    (void)state;
    assert_int_equal(hang_look(&h, 7, 100, LIMIT), 0);
    assert_int_equal(hang_look(&h, 7, 1099, LIMIT), 0);
    assert_int_equal(hang_look(&h, 7, 1100, LIMIT), 1000);
}

static void it_is_named_again_at_twice_the_time(void **state)
{
    struct hang_watch h = {0};

    (void)state;
    hang_look(&h, 7, 0, LIMIT);
    assert_int_equal(hang_look(&h, 7, 1250, LIMIT), 1250);
    assert_int_equal(hang_look(&h, 7, 1999, LIMIT), 0);
    assert_int_equal(hang_look(&h, 7, 2000, LIMIT), 2000);
    assert_int_equal(hang_look(&h, 7, 3999, LIMIT), 0);
    assert_int_equal(hang_look(&h, 7, 4000, LIMIT), 4000);
}

static void many_short_calls_are_no_long_one(void **state)
{
    struct hang_watch h = {0};

    (void)state;
    for (int64_t now = 0; now < 100 * LIMIT; now += LIMIT)
        assert_int_equal(hang_look(&h, (uint64_t)(now + 1), now, LIMIT), 0);
}

static void nobody_who_rests_is_named(void **state)
{
    struct hang_watch h = {0};

    (void)state;
    for (int64_t now = 0; now < 100 * LIMIT; now += LIMIT)
        assert_int_equal(hang_look(&h, 0, now, LIMIT), 0);
    hang_look(&h, 7, 100 * LIMIT, LIMIT);
    hang_look(&h, 0, 100 * LIMIT + 1, LIMIT);
    assert_int_equal(hang_look(&h, 7, 102 * LIMIT, LIMIT), 0);
}

static void it_lasts_until_the_call_returns(void **state)
{
    struct hang_watch h = {0};

    (void)state;
    assert_int_equal(hang_lasts(&h, 5 * LIMIT, LIMIT), 0);
    hang_look(&h, 7, 0, LIMIT);
    assert_int_equal(hang_lasts(&h, 999, LIMIT), 0);
    hang_look(&h, 7, 1250, LIMIT);
    assert_int_equal(hang_lasts(&h, 1250, LIMIT), 1250);
    hang_look(&h, 7, 1500, LIMIT); /* not said again so soon */
    assert_int_equal(hang_lasts(&h, 1500, LIMIT), 1500);
    hang_look(&h, 8, 1750, LIMIT);
    assert_int_equal(hang_lasts(&h, 1750, LIMIT), 0);
}

static void without_a_limit_nothing_takes_too_long(void **state)
{
    struct hang_watch h = {0};

    (void)state;
    for (int64_t now = 0; now < 100 * LIMIT; now += LIMIT) {
        assert_int_equal(hang_look(&h, 7, now, 0), 0);
        assert_int_equal(hang_lasts(&h, now, 0), 0);
    }
    assert_int_equal(hang_lasts(&h, 100 * LIMIT, LIMIT), 100 * LIMIT);
}

static void it_is_looked_four_times_in_the_shorter_limit(void **state)
{
    (void)state;
    assert_int_equal(hang_period(40000000, 0), 10000000);
    assert_int_equal(hang_period(0, 40000000), 10000000);
    assert_int_equal(hang_period(80000000, 40000000), 10000000);
    assert_int_equal(hang_period(40000000, 80000000), 10000000);
    assert_int_equal(hang_period(1, 0), 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_named_when_it_was_seen_for_that_long),
        cmocka_unit_test(it_is_named_again_at_twice_the_time),
        cmocka_unit_test(many_short_calls_are_no_long_one),
        cmocka_unit_test(nobody_who_rests_is_named),
        cmocka_unit_test(it_lasts_until_the_call_returns),
        cmocka_unit_test(without_a_limit_nothing_takes_too_long),
        cmocka_unit_test(it_is_looked_four_times_in_the_shorter_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
