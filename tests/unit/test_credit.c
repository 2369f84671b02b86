/* test_credit.c - how much may wait, from the cost of a tuple. */
#include "tests/support/cmocka_all.h"
#include "worker/credit.h"

enum { BYTES = 128 << 10, MS = 1000000 };

static void a_queue_holds_about_five_milliseconds_of_work(void **state)
{
    static const double costs[] = {1, 20, 300, 1000, 50000, 1e6};

    (void)state;
    for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++) {
        struct credit c = credit_for(costs[i], BYTES, 1);

        assert_int_equal(c.bytes, BYTES);
        assert_true(c.tuples * costs[i] <= 5.0 * MS);
        assert_true((c.tuples + 1) * costs[i] > 5.0 * MS);
    }
}

static void however_slow_a_few_tuples_may_wait(void **state)
{
    static const double costs[] = {2e6, 50e6, 1e12, 1e300};

    (void)state;
    for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++)
        assert_int_equal(credit_for(costs[i], BYTES, 1).tuples,
                         CREDIT_CALLS_MIN);
}

static void however_fast_the_number_of_tuples_is_finite(void **state)
{
    struct credit c = credit_for(1e-9, BYTES, 1);

    (void)state;
    assert_true(c.tuples >= 1000000);
    assert_true(c.tuples <= UINT32_MAX / 2);
}

static void an_unknown_cost_is_taken_for_a_slow_one(void **state)
{
    struct credit c = credit_for(0, BYTES, 1);

    (void)state;
    assert_int_equal(c.tuples, CREDIT_TUPLES_UNKNOWN);
    assert_true(c.each_tuple);
    assert_true(c.slice <= c.tuples);
}

static void shuffle_deals_slow_tuples_one_by_one(void **state)
{
    (void)state;
    assert_false(credit_for(CREDIT_SPREAD_NS, BYTES, 1).each_tuple);
    assert_true(credit_for(CREDIT_SPREAD_NS + 1, BYTES, 1).each_tuple);
}

static void a_slice_is_a_part_of_what_may_wait(void **state)
{
    static const double costs[] = {0, 0.1, 20, 1001, 20000, 1e6, 50e6, 1e12};

    (void)state;
    for (size_t i = 0; i < sizeof(costs) / sizeof(*costs); i++) {
        struct credit c = credit_for(costs[i], BYTES, 1);

        assert_true(c.slice >= 1);
        assert_true(c.slice <= c.tuples / 8 + 1);
    }
}

static void the_first_measurement_is_believed(void **state)
{
    struct credit_meter m = {0, 0};

    (void)state;
    assert_true(credit_measure(&m, 5000, 0, 10) == 500);
}

static void no_tuples_are_no_measurement(void **state)
{
    struct credit_meter m = {0, 0};

    (void)state;
    assert_true(credit_measure(&m, 0, 0, 0) == 0);
}

static void a_measured_cost_is_never_taken_for_an_unknown_one(void **state)
{
    struct credit_meter m = {0, 0};

    (void)state;
    assert_true(credit_measure(&m, 0, 0, 10) > 0);
}

static void waiting_for_room_downstream_counts_as_cost(void **state)
{
    struct credit_meter m = {0, 0};

    (void)state;
    assert_true(credit_measure(&m, 1000, 9000, 10) == 1000);
}

static void a_few_slow_tuples_show_at_once(void **state)
{
    struct credit_meter m = {0, 0};
    double cost = 0;

    (void)state;
    for (int i = 0; i < 64; i++) /* 20 ns tuples, thousands at a time */
        cost = credit_measure(&m, 4096 * 20, 0, 4096);
    assert_true(cost > 19 && cost < 21);
    for (int i = 0; i < 4; i++) /* 50 ms tuples, one at a time */
        cost = credit_measure(&m, 50 * MS, 0, 1);
    assert_true(credit_for(cost, BYTES, 1).each_tuple);
}

static void one_pause_does_not_make_a_fast_consumer_slow(void **state)
{
    struct credit_meter m = {0, 0};
    double cost = 0;

    (void)state;
    for (int i = 0; i < 64; i++)
        cost = credit_measure(&m, 256 * 20, 0, 256);
    cost = credit_measure(&m, 3 * MS, 0, 256);
    assert_false(credit_for(cost, BYTES, 1).each_tuple);
}

static void what_was_slow_is_forgotten(void **state)
{
    struct credit_meter m = {0, 0};
    double cost = 0;

    (void)state;
    for (int i = 0; i < 1000; i++)
        cost = credit_measure(&m, 50 * MS, 0, 1);
    assert_true(cost > 49.0 * MS);
    for (int i = 0; i < 64; i++)
        cost = credit_measure(&m, 4096 * 20, 0, 4096);
    assert_true(cost < 40);
}

static void who_takes_many_at_a_time_may_have_many_waiting(void **state)
{
    static const double costs[] = {0, 1e3, 1e6, 1e9};

    (void)state;
    for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        struct credit c = credit_for(costs[i], BYTES, 256);

        assert_true(c.tuples >= 256 * CREDIT_CALLS_MIN);
        assert_true(c.slice >= 256);
        assert_int_equal(c.bytes, BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_takes_many_at_a_time_may_have_many_waiting),
        cmocka_unit_test(a_queue_holds_about_five_milliseconds_of_work),
        cmocka_unit_test(however_slow_a_few_tuples_may_wait),
        cmocka_unit_test(however_fast_the_number_of_tuples_is_finite),
        cmocka_unit_test(an_unknown_cost_is_taken_for_a_slow_one),
        cmocka_unit_test(shuffle_deals_slow_tuples_one_by_one),
        cmocka_unit_test(a_slice_is_a_part_of_what_may_wait),
        cmocka_unit_test(the_first_measurement_is_believed),
        cmocka_unit_test(no_tuples_are_no_measurement),
        cmocka_unit_test(a_measured_cost_is_never_taken_for_an_unknown_one),
        cmocka_unit_test(waiting_for_room_downstream_counts_as_cost),
        cmocka_unit_test(a_few_slow_tuples_show_at_once),
        cmocka_unit_test(one_pause_does_not_make_a_fast_consumer_slow),
        cmocka_unit_test(what_was_slow_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
