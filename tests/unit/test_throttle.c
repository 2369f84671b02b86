/* test_throttle.c - at most so many per interval. */
#include "common/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* 3 per 10 units of time. */
static void what_is_allowed(void **state)
{
    static const struct {
        int64_t now;
        bool allowed;
    } events[] = {
        {5, true},   {6, true},   {6, true},   {7, false},
        {14, false}, {15, true},  {15, true},  {24, true},
        {24, false}, {100, true}, {109, true}, {110, true},
    };
    struct throttle t;

    (void)state;
    throttle_init(&t, 3, 10);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        assert_int_equal(throttle_allow(&t, events[i].now), events[i].allowed);
}

static void what_is_cut_is_counted_until_it_is_taken(void **state)
{
    struct throttle t;

    (void)state;
    throttle_init(&t, 1, 10);
    assert_true(throttle_allow(&t, 0));
    assert_int_equal(throttle_take_cut(&t), 0);
    assert_false(throttle_allow(&t, 1));
    assert_false(throttle_allow(&t, 2));
    assert_true(throttle_allow(&t, 10)); /* a new interval forgets nothing */
    assert_int_equal(throttle_take_cut(&t), 2);
    assert_int_equal(throttle_take_cut(&t), 0);
}

static void none_per_interval_lets_nothing_through(void **state)
{
    struct throttle t;

    (void)state;
    throttle_init(&t, 0, 10);
    for (int64_t now = 0; now < 100; now += 7)
        assert_false(throttle_allow(&t, now));
    assert_int_equal(throttle_take_cut(&t), 15);
}

static void time_may_begin_anywhere(void **state)
{
    static const int64_t starts[] = {INT64_MIN, -1, 0, INT64_MAX - 1};

    (void)state;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct throttle t;

        throttle_init(&t, 1, 10);
        assert_true(throttle_allow(&t, starts[i]));
        assert_false(throttle_allow(&t, starts[i] + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_allowed),
        cmocka_unit_test(what_is_cut_is_counted_until_it_is_taken),
        cmocka_unit_test(none_per_interval_lets_nothing_through),
        cmocka_unit_test(time_may_begin_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
