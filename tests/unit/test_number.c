/* test_number.c - floating-point numbers as text in every locale. */
#include "common/number.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    double value;
    const char *text;
} numbers[] = {
    {0, "0"},
    {0.1, "0.1"},
    {-1234.5, "-1234.5"},
    {2.0 / 3, "0.6666666666666666"},
    {1e22, "1e+22"},
};

static void check_all(void)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char text[NUMBER_TEXT_SIZE], *end;

        number_write(numbers[i].value, text);
        assert_string_equal(text, numbers[i].text);
        assert_true(number_read(text, &end) == numbers[i].value);
        assert_int_equal(*end, 0);
    }
}

static void what_is_written_is_short_and_reads_back(void **state)
{
    (void)state;
    check_all();
}

static void reading_stops_where_the_number_ends(void **state)
{
    char *end;

    (void)state;
    assert_true(number_read("1.5,5", &end) == 1.5);
    assert_string_equal(end, ",5");
}

static void a_locale_with_a_comma_changes_nothing(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE",
                                        "nl_NL.UTF-8", "ru_RU.UTF-8"};
    const char *found = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !found; i++)
        found = setlocale(LC_ALL, names[i]);
    if (!found) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    assert_string_equal(localeconv()->decimal_point, ",");
    check_all();
    assert_string_equal(localeconv()->decimal_point, ","); /* left alone */
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_short_and_reads_back),
        cmocka_unit_test(reading_stops_where_the_number_ends),
        cmocka_unit_test(a_locale_with_a_comma_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
