/* test_back_off.c - the pause before the next try. */
#include "tests/support/cmocka_all.h"
#include "connectors/back_off.h"

static void it_doubles_up_to_the_most_and_begins_again_when_it_works(
    void **state)
{
    struct back_off b = {.first = 100, .most = 1000};
    static const int64_t expected[] = {100, 200, 400, 800, 1000, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(back_off_next(&b, 0), expected[i]);
    back_off_reset(&b);
    assert_int_equal(back_off_next(&b, 0), 100);
}

static void chance_takes_a_quarter_at_most(void **state)
{
    int64_t least = 1000, most = 0;

    (void)state;
    for (uint64_t chance = 0; chance < 1000; chance++) {
        struct back_off b = {.first = 100, .most = 1000};
        int64_t pause = back_off_next(&b, chance * 0x9e3779b97f4a7c15);

        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
    }
    assert_int_equal(least, 75);
    assert_int_equal(most, 100);
}

static void no_pause_is_too_large_or_nothing(void **state)
{
    struct back_off b = {.first = 1, .most = INT64_MAX};

    (void)state;
    for (int i = 0; i < 200; i++)
        assert_true(back_off_next(&b, UINT64_MAX) >= 1);
    assert_int_equal(b.last, INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            it_doubles_up_to_the_most_and_begins_again_when_it_works),
        cmocka_unit_test(chance_takes_a_quarter_at_most),
        cmocka_unit_test(no_pause_is_too_large_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
