/* test_long_runs.c - who is slow, so that the others may run longer, too. */
#include "tests/support/cmocka_all.h"
#include "worker/long_runs.h"

enum { US = 1000, MS = 1000000, QUICK = 10 * US, RUNS = 1000 };

static int64_t longest, slow, other;

static int begin(void **state)
{
    (void)state;
    longest = slow = other = 0;
    return 0;
}

/* As a carrier does it. */
static void run(int64_t *mean, int64_t ns)
{
    longest = long_runs_longest(longest, *mean, ns);
    *mean = long_runs_mean(*mean, ns);
}

static void quick_runs_make_none_longer(void **state)
{
    (void)state;
    for (int i = 0; i < RUNS; i++)
        run(&other, QUICK);
    assert_int_equal(longest, 0);
    assert_in_range(other, QUICK / 2, QUICK);
}

/* Also if they take most of the time, on a busy machine. */
static void accidents_make_none_longer(void **state)
{
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        run(&other, i % 20 == 0 ? 20 * MS : QUICK);
        assert_int_equal(longest, 0);
    }
}

static void nor_do_accidents_of_many_in_a_row(void **state)
{
    static int64_t many[RUNS];

    (void)state;
    for (int i = 0; i < RUNS; i++) {
        run(&many[i], 5 * MS);
        assert_int_equal(longest, 0);
    }
}

/* The number of calls until this is known. */
static int calls_until_slow(int64_t ns)
{
    int calls = 0;

    for (; longest == 0 && calls < RUNS; calls++)
        run(&slow, ns);
    return calls;
}

static void after_some_calls_a_bolt_is_known_as_slow(void **state)
{
    static const struct {
        int64_t ns;
        int calls;
    } table[] = {{50 * MS, 4}, {5 * MS, 4}, {2 * MS, 4}, {MS, 5}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        begin(state);
        assert_int_equal(calls_until_slow(table[i].ns), table[i].calls);
        assert_int_equal(longest, table[i].ns);
    }
}

/* One run in five takes 50 ms. */
static void a_slow_executor_may_be_quick_in_between(void **state)
{
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        run(&slow, i % 5 == 0 ? 50 * MS : QUICK);
        if (i > 50)
            assert_in_range(longest, 10 * MS, 50 * MS);
    }
}

static void it_is_forgotten_after_runs_of_others(void **state)
{
    (void)state;
    calls_until_slow(50 * MS);
    for (int i = 0; i < RUNS; i++)
        run(&other, QUICK);
    assert_int_equal(longest, 0);
}

static void who_was_slow_once_is_so_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < RUNS; i++)
        run(&slow, 50 * MS);
    for (int i = 0; i < RUNS; i++)
        run(&slow, QUICK);
    run(&slow, 50 * MS);
    assert_int_equal(longest, 0);
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(quick_runs_make_none_longer),
        TEST(accidents_make_none_longer),
        TEST(nor_do_accidents_of_many_in_a_row),
        TEST(after_some_calls_a_bolt_is_known_as_slow),
        TEST(a_slow_executor_may_be_quick_in_between),
        TEST(it_is_forgotten_after_runs_of_others),
        TEST(who_was_slow_once_is_so_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
