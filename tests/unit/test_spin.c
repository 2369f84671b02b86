/* test_spin.c - when looking on is worth it. */
#include "tests/support/cmocka_all.h"
#include "worker/spin.h"

/* As many tries as it is willing to make in vain. */
static uint32_t tries_in_vain(struct spin *s)
{
    uint32_t n = 0;

    for (; n < 100 && spin_is_worth_it(s, 0); n++)
        spin_tried(s, false);
    return n;
}

static void a_carrier_looks_on_at_first(void **state)
{
    struct spin s = {0};

    (void)state;
    assert_true(spin_is_worth_it(&s, 0));
}

static void after_some_tries_in_vain_it_sleeps_at_once(void **state)
{
    struct spin s = {0};

    (void)state;
    assert_int_equal(tries_in_vain(&s), SPIN_TRIES);
    assert_false(spin_is_worth_it(&s, 0));
}

static void a_try_that_paid_is_worth_as_many_again(void **state)
{
    struct spin s = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        spin_tried(&s, false);
        assert_true(spin_is_worth_it(&s, 0));
        spin_tried(&s, true);
    }
    assert_int_equal(tries_in_vain(&s), SPIN_TRIES);
}

static void a_short_sleep_is_worth_one_try(void **state)
{
    struct spin s = {0};

    (void)state;
    tries_in_vain(&s);
    spin_woken(&s, SPIN_SLEEP_NS - 1);
    assert_int_equal(tries_in_vain(&s), 1);
}

/* What came after it would not have been seen by a try, either. */
static void a_long_sleep_says_that_no_try_would_have_paid(void **state)
{
    struct spin s = {0};

    (void)state;
    tries_in_vain(&s);
    spin_woken(&s, SPIN_SLEEP_NS);
    spin_woken(&s, INT64_MAX);
    assert_false(spin_is_worth_it(&s, 0));
}

static void a_short_sleep_takes_no_tries_away(void **state)
{
    struct spin s = {0};

    (void)state;
    spin_woken(&s, 1);
    assert_int_equal(tries_in_vain(&s), SPIN_TRIES);
}

static void who_waits_for_a_cpu_a_fourth_of_the_time_tries_no_more_for_a_while(
    void **state)
{
    const int64_t now = 5 * SPIN_LOOK_NS;
    struct spin s = {.looked = now - SPIN_LOOK_NS, .waited = 1000};

    (void)state;
    spin_waited(&s, 1000 + SPIN_LOOK_NS / SPIN_WAITED + 1, now);
    assert_false(spin_is_worth_it(&s, now + SPIN_OFF_NS - 1));
    assert_true(spin_is_worth_it(&s, now + SPIN_OFF_NS));
}

/* As there always are some on a machine. */
static void who_waits_for_less_goes_on_trying(void **state)
{
    const int64_t now = 5 * SPIN_LOOK_NS;
    struct spin s = {.looked = now - SPIN_LOOK_NS, .waited = 1000};

    (void)state;
    spin_waited(&s, 1000 + SPIN_LOOK_NS / SPIN_WAITED, now);
    assert_true(spin_is_worth_it(&s, now));
}

static void how_it_waited_is_asked_now_and_then(void **state)
{
    struct spin s = {0};

    (void)state;
    spin_waited(&s, 0, 1000);
    assert_false(spin_asks_waited(&s, 1000 + SPIN_LOOK_NS - 1));
    assert_true(spin_asks_waited(&s, 1000 + SPIN_LOOK_NS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_carrier_looks_on_at_first),
        cmocka_unit_test(after_some_tries_in_vain_it_sleeps_at_once),
        cmocka_unit_test(a_try_that_paid_is_worth_as_many_again),
        cmocka_unit_test(a_short_sleep_is_worth_one_try),
        cmocka_unit_test(a_long_sleep_says_that_no_try_would_have_paid),
        cmocka_unit_test(a_short_sleep_takes_no_tries_away),
        cmocka_unit_test(
            who_waits_for_a_cpu_a_fourth_of_the_time_tries_no_more_for_a_while),
        cmocka_unit_test(who_waits_for_less_goes_on_trying),
        cmocka_unit_test(how_it_waited_is_asked_now_and_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
