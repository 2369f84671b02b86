/* test_names.c - which names are allowed, and which known one was meant. */
#include "tests/support/cmocka_all.h"
#include "topology-api/names.h"
#include <stdio.h>

static void names_follow_the_rule(void **state)
{
    char longest[NAMES_MAX + 1], too_long[NAMES_MAX + 2];
    const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"a", true},         {"a.b_c-9", true}, {"_a", true},   {"-", true},
        {longest, true},     {too_long, false}, {"", false},    {NULL, false},
        {"__acker", false},  {"__", false},     {"a b", false}, {"a/b", false},
        {"\xc3\xa4", false}, {"a\n", false},    {"a:b", false},
    };

    (void)state;
    memset(longest, 'a', NAMES_MAX);
    memset(too_long, 'a', NAMES_MAX + 1);
    longest[NAMES_MAX] = too_long[NAMES_MAX + 1] = '\0';
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (names_valid(cases[i].name) != cases[i].valid)
            fail_msg("case %zu", i);
}

static void a_bad_name_is_shown_escaped(void **state)
{
    gale_err error;

    (void)state;
    assert_int_equal(names_check("a field", "ok", &error), 0);
    assert_int_equal(names_check("a field", "a\x1b[2J", &error), -1);
    assert_string_equal(error.text,
                        "a field \"a\\u001b[2J\" is no valid name; expected "
                        "1 to 255 letters, digits, '.', '_' and '-', not "
                        "beginning with \"__\"");
    assert_int_equal(names_check("a field", NULL, &error), -1);
    assert_non_null(strstr(error.text, "a field has no name (NULL)"));
}

static void the_nearest_known_name_is_offered_if_it_is_close(void **state)
{
    static const char *const known[] = {
        "split", "count", "print", "wordcount", "topology.max.spout.pending",
        "ab"};
    static const struct {
        const char *wanted;
        const char *hint;
    } cases[] = {
        {"spilt", "; did you mean \"split\"?"},  /* swapped */
        {"splt", "; did you mean \"split\"?"},   /* left out */
        {"countt", "; did you mean \"count\"?"}, /* added */
        {"cound", "; did you mean \"count\"?"},  /* changed */
        {"PRINT", "; did you mean \"print\"?"},  /* another case */
        {"word_count", "; did you mean \"wordcount\"?"},
        {"topology.max.spout.pendng",
         "; did you mean \"topology.max.spout.pending\"?"},
        {"filter", ""},
        {"a", ""}, /* with one letter, everything short would be close */
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct names_nearest nearest;

        names_start(&nearest, cases[i].wanted);
        for (size_t j = 0; j < sizeof(known) / sizeof(known[0]); j++)
            names_consider(&nearest, known[j]);
        assert_string_equal(names_hint(&nearest), cases[i].hint);
    }
}

static void of_two_close_names_the_closer_wins_whatever_the_order(void **state)
{
    static const char *const orders[2][2] = {{"abcdef", "abcdxf"},
                                             {"abcdxf", "abcdef"}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct names_nearest nearest;

        names_start(&nearest, "abcdeg");
        names_consider(&nearest, orders[i][0]);
        names_consider(&nearest, orders[i][1]);
        assert_string_equal(nearest.best, "abcdef");
    }
}

static void names_that_are_too_long_are_never_close(void **state)
{
    char name[NAMES_MAX + 2];
    struct names_nearest nearest;

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    names_start(&nearest, name);
    names_consider(&nearest, name + 1);
    assert_string_equal(names_hint(&nearest), "");
    names_start(&nearest, name + 2);
    names_consider(&nearest, name);
    assert_string_equal(names_hint(&nearest), "");
    names_consider(&nearest, name + 1);
    assert_string_equal(nearest.best, name + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_the_rule),
        cmocka_unit_test(a_bad_name_is_shown_escaped),
        cmocka_unit_test(the_nearest_known_name_is_offered_if_it_is_close),
        cmocka_unit_test(of_two_close_names_the_closer_wins_whatever_the_order),
        cmocka_unit_test(names_that_are_too_long_are_never_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
