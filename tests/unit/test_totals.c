/*
 * test_totals.c - the counters of all components, added up.
 */
#include "tests/support/cmocka_all.h"
#include "cli/totals.h"
#include "tests/support/fake_local.h"

static void messages_are_those_of_spouts_and_tuples_those_of_bolts(void **state)
{
    gale_local l = fake_local();
    struct totals totals = totals_of(&l);

    (void)state;
    assert_int_equal(totals.executed, 12345678);
    assert_int_equal(totals.acked, 900);
    assert_int_equal(totals.failed, 60);
    assert_int_equal(totals.timed_out, 20);
    assert_int_equal(totals.pending, 40);
    assert_int_equal(totals.p99, 4500000);
}

static void without_bolts_what_spouts_emit_counts(void **state)
{
    gale_local l = fake_local();

    (void)state;
    l.n_components = 1;
    assert_int_equal(totals_of(&l).executed, 1000);
}

static void the_slowest_spout_gives_the_latency(void **state)
{
    const gale_component_stats spouts[] = {
        {.spout = true, .acked = 1, .complete = {.n = 1, .p99 = 7}},
        {.spout = true, .acked = 2, .complete = {.n = 1, .p99 = 9}},
        {.spout = true, .acked = 4, .complete = {.n = 1, .p99 = 8}},
    };
    gale_local l = {spouts, 3, NULL, 0, ""};

    (void)state;
    assert_int_equal(totals_of(&l).p99, 9);
    assert_int_equal(totals_of(&l).acked, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            messages_are_those_of_spouts_and_tuples_those_of_bolts),
        cmocka_unit_test(without_bolts_what_spouts_emit_counts),
        cmocka_unit_test(the_slowest_spout_gives_the_latency),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
