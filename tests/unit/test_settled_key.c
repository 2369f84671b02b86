/* test_settled_key.c - up to which key a table can be read, beside a table in
 * which transactions end in any order. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "connectors/settled_key.h"

enum { KEYS = 200, SETTLE = 30, SEEDS = 2000 };

static void a_key_counts_some_time_after_it_was_the_largest(void **state)
{
    struct settled_key s = {.settle = 10};

    (void)state;
    assert_false(settled_key_look(&s, 7, 100));
    assert_false(settled_key_look(&s, 8, 109));
    assert_true(settled_key_look(&s, 9, 110));
    assert_int_equal(s.key, 7);
    assert_true(settled_key_look(&s, 9, 119));
    assert_int_equal(s.key, 7);
    assert_true(settled_key_look(&s, 9, 120));
    assert_int_equal(s.key, 9);
}

static void who_waits_for_nothing_has_it_at_once(void **state)
{
    struct settled_key s = {.settle = 0};

    (void)state;
    assert_true(settled_key_look(&s, 7, 100));
    assert_int_equal(s.key, 7);
}

/* Key k is taken at some time, and seen less than SETTLE later. */
static void play(uint64_t seed)
{
    struct settled_key s = {.settle = SETTLE};
    int64_t seen_at[KEYS], now = 0, largest, last = 0;
    struct random random;

    random_seed(&random, seed);
    for (int64_t k = 0; k < KEYS; k++) {
        now += (int64_t)random_below(&random, 5);
        seen_at[k] = now + (int64_t)random_below(&random, SETTLE);
    }
    for (int64_t t = 0; t < now + 4 * SETTLE;
         t += 1 + (int64_t)random_below(&random, 9)) {
        largest = -1;
        for (int64_t k = 0; k < KEYS; k++)
            largest = seen_at[k] <= t ? k : largest;
        if (largest < 0 || !settled_key_look(&s, largest, t))
            continue;
        for (int64_t k = 0; k <= s.key; k++)
            if (seen_at[k] > t)
                fail_msg("seed %llu: key %d is left out",
                         (unsigned long long)seed, (int)k);
        assert_true(s.key >= last);
        last = s.key;
    }
    assert_int_equal(last, KEYS - 1);
}

static void no_row_of_a_transaction_that_ends_in_time_is_left_out(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_counts_some_time_after_it_was_the_largest),
        cmocka_unit_test(who_waits_for_nothing_has_it_at_once),
        cmocka_unit_test(no_row_of_a_transaction_that_ends_in_time_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
