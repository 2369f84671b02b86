/*
 * test_text_buffer.c - text put together in a buffer of fixed size, and the
 * error that is made of it (error.c).
 */
#include "tests/support/cmocka_all.h"
#include "topology-api/model.h"
#include "topology-api/text_buffer.h"
#include <string.h>

static void texts_are_put_one_behind_the_other(void **state)
{
    struct text_buffer text;
    char data[16] = "before";

    (void)state;
    text_buffer_init(&text, data, sizeof(data));
    assert_string_equal(data, "");
    text_buffer_put(&text, "%d, ", 12);
    text_buffer_put(&text, "%s", "ab");
    assert_string_equal(data, "12, ab");
    assert_int_equal(text.n, 6);
    assert_false(text.full);
}

static void what_does_not_fit_is_marked_and_ends_the_text(void **state)
{
    static const struct {
        const char *put[2];
        size_t size;
        const char *text;
    } cases[] = {
        {{"abc", "def"}, 7, "abcdef"}, {{"abc", "def"}, 6, "ab…"},
        {{"abcdef", ""}, 4, "…"},      {{"abcdef", "g"}, 5, "a…"},
        {{"aä", "bö"}, 7, "aäbö"},     {{"aä", "bö"}, 6, "a…"},
        {{"ab", "ä€"}, 8, "abä€"},     {{"ab", "ä€"}, 7, "ab…"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_buffer text;
        char data[16];

        memset(data, 'x', sizeof(data));
        text_buffer_init(&text, data, cases[i].size);
        text_buffer_put(&text, "%s", cases[i].put[0]);
        text_buffer_put(&text, "%s", cases[i].put[1]);
        assert_string_equal(data, cases[i].text);
        assert_int_equal(text.n, strlen(cases[i].text));
        assert_int_equal(data[cases[i].size], 'x');
        text_buffer_put(&text, "%s", "");
        assert_string_equal(data, cases[i].text);
    }
}

static void an_error_is_set_and_returned(void **state)
{
    gale_err error;

    (void)state;
    assert_int_equal(error_set(&error, "%s has %d", "x", 3), -1);
    assert_string_equal(error.text, "x has 3");
    assert_int_equal(error_set(NULL, "%s", "nobody listens"), -1);
}

static void an_error_can_become_the_cause_of_itself(void **state)
{
    gale_err error;

    (void)state;
    error_set(&error, "no such file");
    error_set(&error, "cannot start: %s", error.text);
    assert_string_equal(error.text, "cannot start: no such file");
}

static void a_long_error_is_cut(void **state)
{
    char text[2000];
    gale_err error;

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set(&error, "%s", text);
    assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
    assert_string_equal(error.text + sizeof(error.text) - 5, "a…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_put_one_behind_the_other),
        cmocka_unit_test(what_does_not_fit_is_marked_and_ends_the_text),
        cmocka_unit_test(an_error_is_set_and_returned),
        cmocka_unit_test(an_error_can_become_the_cause_of_itself),
        cmocka_unit_test(a_long_error_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
