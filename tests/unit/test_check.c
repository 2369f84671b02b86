/* test_check.c - assertions that stay on. */
#include "common/check.h"
#include "tests/support/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void fails(void *arg)
{
    int *n = arg;

    check(*n == 1);
}

static void fails_with_text(void *arg)
{
    check_msg(arg == NULL, "it is %d", 7);
}

static void a_check_that_holds_does_nothing(void **state)
{
    int n = 0;

    (void)state;
    check(n++ == 0);
    check_msg(n++ == 1, "n is %d", n);
    assert_int_equal(n, 2); /* evaluated once each */
}

static void a_check_that_fails_names_file_line_and_expression(void **state)
{
    int n = 2;

    (void)state;
    assert_dies(fails, &n, "unit/test_check.c:15: *n == 1\n");
}

static void a_check_that_fails_says_its_text(void **state)
{
    (void)state;
    assert_dies(fails_with_text, state,
                "unit/test_check.c:20: arg == NULL: it is 7\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_that_holds_does_nothing),
        cmocka_unit_test(a_check_that_fails_names_file_line_and_expression),
        cmocka_unit_test(a_check_that_fails_says_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
