/* test_flux_mask.c - ${NAME} while YAML is read. */
#include "common/flux_mask.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define B "\xee\x80\x80\xee\x80\x81" /* a mask's beginning … */
#define E "\xee\x80\x82"             /* … and end */

static void masks_and_what_they_stand_for(void **state)
{
    static const struct {
        const char *text, *masked;
    } cases[] = {
        {"", ""},
        {"plain {a: 1} $", "plain {a: 1} $"},
        {"${a}", B "a" E},
        {"{x: ${a-B.c_1}}", "{x: " B "a-B.c_1" E "}"},
        {"$${a}${b}", "$" B "a" E B "b" E},
        {"${}", "${}"},
        {"${a b}", "${a b}"}, /* only in quotes */
        {"${a", "${a"},
        {"${${a}}", "${" B "a" E "}"},
        {"é${é}", "é${é}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t size;
        char *masked = flux_mask(cases[i].text, strlen(cases[i].text), &size);

        assert_string_equal(masked, cases[i].masked);
        assert_int_equal(size, strlen(masked));
        size = flux_unmask(masked, size);
        assert_string_equal(masked, cases[i].text);
        assert_int_equal(size, strlen(masked));
        free(masked);
    }
}

static void a_text_that_has_such_characters_is_not_masked(void **state)
{
    size_t size;

    (void)state;
    assert_null(flux_mask("${a}" E, 7, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_and_what_they_stand_for),
        cmocka_unit_test(a_text_that_has_such_characters_is_not_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
