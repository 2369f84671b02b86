/* test_link_sum.c - sums that are equal only if each connection's counts
 * are. */
#include "tests/support/cmocka_all.h"
#include "common/link_sum.h"

static void equal_counts_give_equal_sums_whoever_adds_them_up(void **state)
{
    (void)state;
    assert_int_equal(link_sum(11, 0, 7) + link_sum(12, 1, 3),
                     link_sum(12, 1, 3) + link_sum(11, 0, 7));
}

/* One more here and one less there, of counts that are equal all together. */
static void what_is_missing_here_and_too_much_there_does_not_cancel(void **s)
{
    (void)s;
    for (uint64_t a = 1; a < 50; a++)
        for (uint64_t b = a + 1; b < 50; b++) {
            assert_true(link_sum(a, 0, 7) + link_sum(b, 0, 3) !=
                        link_sum(a, 0, 6) + link_sum(b, 0, 4));
            assert_true(link_sum(a, 0, 7) + link_sum(a, 1, 3) !=
                        link_sum(a, 0, 6) + link_sum(a, 1, 4));
        }
}

static void a_connection_that_only_one_side_has_lost_shows(void **state)
{
    (void)state;
    for (uint64_t connection = 0; connection < 1000; connection++)
        assert_true(link_sum(connection, 3, 0) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_counts_give_equal_sums_whoever_adds_them_up),
        cmocka_unit_test(
            what_is_missing_here_and_too_much_there_does_not_cancel),
        cmocka_unit_test(a_connection_that_only_one_side_has_lost_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
