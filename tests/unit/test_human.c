/*
 * test_human.c - numbers as people read them.
 */
#include "tests/support/cmocka_all.h"
#include "cli/human.h"
#include <math.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void counts_are_exact_below_a_million_and_short_above(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {12034, "12,034"},
        {999999, "999,999"},
        {1000000, "1.00 M"},
        {12345678, "12.3 M"},
        {999499999, "999 M"},
        {999500000, "1.00 G"},
        {UINT64_MAX, "18.4 E"},
    };
    char buffer[HUMAN_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(human_count(buffer, cases[i].n), cases[i].text);
}

static void a_number_that_is_none_is_a_dash(void **state)
{
    char buffer[HUMAN_MAX];

    (void)state;
    assert_string_equal(human_number(buffer, NAN), "-");
}

static void numbers_have_three_digits(void **state)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = {
        {0, "0"},
        {5, "5"},
        {0.5, "0.50"},
        {9.994, "9.99"},
        {9.996, "10.0"},
        {99.96, "100"},
        {1234, "1.23 k"},
        {999.7, "1.00 k"},
        {-1234, "-1.23 k"},
        {2.5e7, "25.0 M"},
        {1e30, "1000000000000 E"},
    };
    char buffer[HUMAN_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(human_number(buffer, cases[i].x), cases[i].text);
}

static void times_have_the_unit_that_fits(void **state)
{
    static const struct {
        double ns;
        const char *text;
    } cases[] = {
        {0, "0 ns"},         {999, "999 ns"},    {1000, "1.00 µs"},
        {45600, "45.6 µs"},  {1.5e6, "1.50 ms"}, {7.89e9, "7.89 s"},
        {1.234e11, "123 s"}, {1e13, "10000 s"},
    };
    char buffer[HUMAN_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(human_time(buffer, cases[i].ns), cases[i].text);
}

static void the_largest_number_stays_within_the_buffer(void **state)
{
    char buffer[HUMAN_MAX + 1];

    (void)state;
    buffer[HUMAN_MAX] = '#';
    human_number(buffer, 1.7e308);
    assert_int_equal(buffer[HUMAN_MAX], '#');
    assert_int_equal(buffer[HUMAN_MAX - 1], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_exact_below_a_million_and_short_above),
        cmocka_unit_test(a_number_that_is_none_is_a_dash),
        cmocka_unit_test(numbers_have_three_digits),
        cmocka_unit_test(times_have_the_unit_that_fits),
        cmocka_unit_test(the_largest_number_stays_within_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
