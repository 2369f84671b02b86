/* test_outage.c - what is said of a server that is away: outage.c. */
#include "connectors/outage.h"
#include "tests/support/cmocka_all.h"

static void the_first_failure_is_an_error_and_later_ones_are_said_ever_less(
    void **state)
{
    struct outage o = {0};

    (void)state;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(outage_count(&o), OUTAGE_ERROR);
        for (uint64_t n = 2; n <= 1000; n++) {
            bool doubled = n == 2 || n == 4 || n == 8 || n == 16 || n == 32 ||
                           n == 64 || n == 128 || n == 256 || n == 512;

            assert_int_equal(outage_count(&o),
                             doubled ? OUTAGE_WARNING : OUTAGE_NOTHING);
        }
        o.n = 0; /* as its end makes it */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_first_failure_is_an_error_and_later_ones_are_said_ever_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
