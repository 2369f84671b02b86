/* test_random.c - the seeded generator. */
#include "common/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { DRAWS = 100000 };

static void the_same_seed_gives_the_same_numbers(void **state)
{
    struct random a, b;

    (void)state;
    random_seed(&a, 42);
    random_seed(&b, 42);
    for (int i = 0; i < 1000; i++)
        assert_true(random_next(&a) == random_next(&b));
}

static void numbers_are_the_same_on_every_machine(void **state)
{
    struct random r = {.state = 0};

    (void)state;
    /* The first values of splitmix64 from state 0. */
    assert_true(random_next(&r) == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(random_next(&r) == UINT64_C(0x6e789e6aa1b965f4));
    assert_true(random_next(&r) == UINT64_C(0x06c45d188009454f));
}

static void neighbouring_seeds_give_unrelated_numbers(void **state)
{
    struct random a, b;
    int different = 0;

    (void)state;
    random_seed(&a, 1);
    random_seed(&b, 2);
    for (int i = 0; i < 1000; i++)
        different += __builtin_popcountll(random_next(&a) ^ random_next(&b));
    assert_in_range(different, 31000, 33000); /* of 64 000 bits, half */
}

static void mix64_changes_half_of_the_bits_for_each_bit(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        int changed = 0;

        for (uint64_t x = 1; x <= 1000; x++)
            changed += __builtin_popcountll(mix64(x) ^
                                            mix64(x ^ (UINT64_C(1) << bit)));
        assert_in_range(changed, 31000, 33000);
    }
}

static void below_stays_below_and_is_even(void **state)
{
    static const uint64_t limits[] = {1, 2, 3, 7, 10, 1000};
    struct random r;

    (void)state;
    random_seed(&r, 7);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        uint64_t n = limits[i], *counts = calloc(n, sizeof(*counts));
        double expected = (double)DRAWS / (double)n;

        for (int draw = 0; draw < DRAWS; draw++) {
            uint64_t x = random_below(&r, n);

            assert_true(x < n);
            counts[x]++;
        }
        for (uint64_t x = 0; x < n; x++)
            assert_true(fabs((double)counts[x] - expected) <
                        6 * sqrt(expected) + 1);
        free(counts);
    }
}

static void below_reaches_the_ends_of_a_large_range(void **state)
{
    uint64_t low = UINT64_MAX, high = 0;
    struct random r;

    (void)state;
    random_seed(&r, 3);
    for (int draw = 0; draw < 1000; draw++) {
        uint64_t x = random_below(&r, UINT64_MAX);

        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    assert_true(low < UINT64_MAX / 50 && high > UINT64_MAX / 50 * 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(numbers_are_the_same_on_every_machine),
        cmocka_unit_test(neighbouring_seeds_give_unrelated_numbers),
        cmocka_unit_test(mix64_changes_half_of_the_bits_for_each_bit),
        cmocka_unit_test(below_stays_below_and_is_even),
        cmocka_unit_test(below_reaches_the_ends_of_a_large_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
