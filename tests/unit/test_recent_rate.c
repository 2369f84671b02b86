/* test_recent_rate.c - how fast a counter grows that is told now and then. */
#include "tests/support/cmocka_all.h"
#include "cli/recent_rate.h"

#define S INT64_C(1000000000)

/* Values of looks that are so far apart, and the rate after each; -1: it is not
 * known yet. */
static void expect(int64_t apart_s, const int *values, const int *rates,
                   uint32_t n)
{
    struct recent_rate r = {.n = 0};

    for (uint32_t i = 0; i < n; i++) {
        recent_rate_see(&r, (1 + i * apart_s) * S, (uint64_t)values[i]);
        if ((r.known ? (int)r.per_second : -1) != rates[i])
            fail_msg("look %u: expected %d, found %d (%g)", i, rates[i],
                     r.known, r.per_second);
    }
}

static void looks_that_are_far_apart_show_what_came_in_between(void **state)
{
    static const int values[] = {10, 50, 50, 90, 170};
    static const int rates[] = {-1, 10, 10, 5, 20};

    (void)state;
    expect(4, values, rates, 5);
}

/* It is told every third second. */
static void a_look_each_second_shows_the_same_rate_all_the_time(void **state)
{
    static const int values[] = {0, 0, 30, 30, 30, 60, 60, 60, 90, 90};
    static const int rates[] = {-1, -1, -1, -1, -1, 10, 10, 10, 10, 10};

    (void)state;
    expect(1, values, rates, 10);
}

/* Two workers, of which each tells every third second. */
static void what_is_told_by_several_is_added_up(void **state)
{
    static const int values[] = {30, 60, 60, 90, 120, 120, 150, 180};
    static const int rates[] = {-1, -1, -1, 20, 20, 20, 20, 20};

    (void)state;
    expect(1, values, rates, 8);
}

static void what_stays_the_same_has_stopped(void **state)
{
    static const int values[] = {0, 30, 30, 30, 60, 60, 60, 60, 60, 60, 60};
    static const int rates[] = {-1, -1, -1, -1, 10, 10, 10, 10, 10, 0, 0};

    (void)state;
    expect(1, values, rates, 11);
}

static void what_begins_anew_is_not_known_for_a_while(void **state)
{
    static const int values[] = {0, 40, 8, 48};
    static const int rates[] = {-1, 10, -1, 10};

    (void)state;
    expect(4, values, rates, 4);
}

static void it_goes_on_for_ever(void **state)
{
    struct recent_rate r = {.n = 0};

    (void)state;
    for (int64_t i = 1; i < 1000; i++)
        recent_rate_see(&r, i * S, (uint64_t)(7 * i));
    assert_int_equal((int)r.per_second, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_that_are_far_apart_show_what_came_in_between),
        cmocka_unit_test(a_look_each_second_shows_the_same_rate_all_the_time),
        cmocka_unit_test(what_is_told_by_several_is_added_up),
        cmocka_unit_test(what_stays_the_same_has_stopped),
        cmocka_unit_test(what_begins_anew_is_not_known_for_a_while),
        cmocka_unit_test(it_goes_on_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
