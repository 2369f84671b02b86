/* test_json_read.c - JSON as values, and what is wrong with it. */
#include "tests/support/cmocka_all.h"
#include "cli/json_read.h"
#include "common/json.h"
#include "topology-api/values.h"
#include <stdlib.h>
#include <string.h>

static void what_is_read_is_what_stands_there(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "[1,-9223372036854775808,9223372036854775807]",
        "[0.5,-1e+300,1e+20]",
        "[true,false,null]",
        "[\"a\",\"\",\"\\u0000b\",\"\\\"\\\\\\n\"]",
        "{\"b\":[{\"c\":{}}],\"a\":1}",
        "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", /* 16 levels */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        gale_value value;
        struct json j;
        char *again;

        assert_int_equal(json_read(texts[i], strlen(texts[i]), &value, NULL),
                         0);
        json_to_memory(&j);
        json_value(&j, value);
        again = json_take(&j);
        assert_string_equal(again, texts[i]);
        value_free(value);
        free(again);
    }
}

static void what_is_wrong_is_said_and_the_value_is_as_it_was(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "column 0: '[' or '{' expected near end of file"},
        {"7", "column 1: '[' or '{' expected near '7'"},
        {"[1", "column 2: ']' expected near end of file"},
        {"[1]]", "column 4: end of file expected near ']'"},
        {"[9223372036854775808]", "too big integer"},
        {"[1e309]", "real number overflow"},
        {"[\"\xff\"]", "unable to decode byte 0xff"},
        {"{\"a\":1,\"a\":2}", "duplicate object key"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", /* 17 levels */
         "column 1: a value that is nested more than 16 levels deep"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_value value = gale_int(5);
        gale_err error = {""};

        assert_int_equal(
            json_read(cases[i].text, strlen(cases[i].text), &value, &error),
            -1);
        if (strstr(error.text, cases[i].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        assert_int_equal(value.kind, GALE_INT);
        assert_int_equal(value.as.i, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_stands_there),
        cmocka_unit_test(what_is_wrong_is_said_and_the_value_is_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
