/* test_backoff.c - pauses of a spout that has nothing and says nothing. */
#include "tests/support/cmocka_all.h"
#include "worker/backoff.h"

enum { US = 1000, MS = 1000000 };

static void the_first_pause_is_short(void **state)
{
    (void)state;
    assert_int_equal(backoff_next(0), 50 * US);
}

static void pauses_become_longer_up_to_four_milliseconds(void **state)
{
    int64_t ns = 0, next;

    (void)state;
    while ((next = backoff_next(ns)) != ns) {
        assert_true(next > ns);
        ns = next;
    }
    assert_int_equal(ns, 4 * MS);
}

/* What comes after a gap of some milliseconds waits for two at most. */
static void for_some_milliseconds_it_is_asked_often(void **state)
{
    int64_t ns = 0, sum = 0;

    (void)state;
    while (sum < 8 * MS) {
        ns = backoff_next(ns);
        assert_true(ns <= 2 * MS);
        sum += ns;
    }
}

/* With 20 µs for each time it is woken, after the first tenth of a second. */
static void a_silent_spout_costs_less_than_a_hundredth_of_a_cpu(void **state)
{
    int64_t ns = 0, sum = 0, calls = 0;

    (void)state;
    for (; sum < 1000 * MS; calls++)
        sum += ns = backoff_next(ns);
    assert_true(calls * 20 * US < sum / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_pause_is_short),
        cmocka_unit_test(pauses_become_longer_up_to_four_milliseconds),
        cmocka_unit_test(for_some_milliseconds_it_is_asked_often),
        cmocka_unit_test(a_silent_spout_costs_less_than_a_hundredth_of_a_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
