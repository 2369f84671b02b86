/* test_recent_errors.c - the last errors of a task: which stay, in which order,
 * how often each came. */
#include "tests/support/cmocka_all.h"
#include "worker/recent_errors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct recent_errors e;

static int begin(void **state)
{
    (void)state;
    e = (struct recent_errors){.n = 0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    recent_errors_free(&e);
    return 0;
}

/* "TEXT TIME COUNT, …", the latest first. */
static void expect(const char *expected)
{
    char text[1000] = "";
    size_t n = 0;

    for (uint32_t i = 0; i < e.n; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %d %d",
                              i > 0 ? ", " : "", e.list[i].text,
                              (int)e.list[i].at_us, (int)e.list[i].count);
    assert_string_equal(text, expected);
}

static void the_latest_comes_first(void **state)
{
    (void)state;
    expect("");
    recent_errors_add(&e, "cold", 1, 1);
    recent_errors_add(&e, "hot", 2, 1);
    recent_errors_add(&e, "wet", 2, 1); /* after it, in the same microsecond */
    expect("wet 2 1, hot 2 1, cold 1 1");
}

static void the_same_is_counted_and_comes_first_again(void **state)
{
    (void)state;
    recent_errors_add(&e, "cold", 1, 1);
    recent_errors_add(&e, "hot", 2, 1);
    recent_errors_add(&e, "cold", 3, 1);
    recent_errors_add(&e, "cold", 3, 1);
    expect("cold 3 3, hot 2 1");
}

static void one_that_was_earlier_takes_its_place_behind(void **state)
{
    (void)state;
    recent_errors_add(&e, "cold", 5, 1);
    recent_errors_add(&e, "hot", 3, 1);
    recent_errors_add(&e, "wet", 4, 2);
    recent_errors_add(&e, "cold", 1, 1);
    expect("cold 5 2, wet 4 2, hot 3 1");
}

static void the_earliest_of_too_many_is_forgotten(void **state)
{
    char name[16];

    (void)state;
    for (int i = 1; i <= RECENT_ERRORS_MAX + 2; i++) {
        snprintf(name, sizeof(name), "e%d", i);
        recent_errors_add(&e, name, i, 1);
    }
    expect("e12 12 1, e11 11 1, e10 10 1, e9 9 1, e8 8 1, e7 7 1, e6 6 1, "
           "e5 5 1, e4 4 1, e3 3 1");
    recent_errors_add(&e, "too early", 2, 1);
    recent_errors_add(&e, "as late", 3, 1);
    assert_string_equal(e.list[RECENT_ERRORS_MAX - 1].text, "as late");
}

static void texts_are_copied_and_cut(void **state)
{
    char text[2 * RECENT_ERROR_BYTES];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    recent_errors_add(&e, text, 1, 1);
    recent_errors_add(&e, text, 2, 1); /* the same, as far as it is kept */
    assert_int_equal(e.n, 1);
    assert_int_equal(e.list[0].count, 2);
    assert_int_equal(strlen(e.list[0].text), RECENT_ERROR_BYTES - 1);
    text[0] = 'y';
    assert_int_equal(e.list[0].text[0], 'x');
}

static void those_of_tasks_go_among_each_other(void **state)
{
    struct recent_errors other = {.n = 0};

    (void)state;
    recent_errors_add(&e, "cold", 1, 1);
    recent_errors_add(&e, "hot", 4, 2);
    recent_errors_add(&other, "hot", 3, 5);
    recent_errors_add(&other, "wet", 6, 1);
    recent_errors_merge(&e, &other);
    expect("wet 6 1, hot 4 7, cold 1 1");
    recent_errors_free(&other);
    expect("wet 6 1, hot 4 7, cold 1 1");
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(the_latest_comes_first),
        test(the_same_is_counted_and_comes_first_again),
        test(one_that_was_earlier_takes_its_place_behind),
        test(the_earliest_of_too_many_is_forgotten),
        test(texts_are_copied_and_cut),
        test(those_of_tasks_go_among_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
