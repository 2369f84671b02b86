/* test_values.c - deep copies of values, and values as text. */
#include "tests/support/cmocka_all.h"
#include "topology-api/values.h"
#include <math.h>
#include <stdlib.h>

static const gale_value words[] = {
    {GALE_STRING, 1, {.data = "a"}},
    {GALE_STRING, 2, {.data = "bc"}},
};

static void a_copy_shares_nothing(void **state)
{
    char text[] = "text";
    gale_value inner[] = {gale_string(text, 4), gale_bytes(text, 2)};
    gale_value outer[] = {gale_cstr("key"), gale_list(inner, 2)};
    gale_value copy = value_copy(gale_map(outer, 1));
    const gale_value *items = copy.as.items[1].as.items;

    (void)state;
    text[0] = '!';
    inner[0] = outer[0] = gale_nil();
    assert_int_equal(copy.kind, GALE_MAP);
    assert_int_equal(copy.size, 1);
    assert_string_equal(copy.as.items[0].as.data, "key");
    assert_int_equal(items[0].size, 4);
    assert_string_equal(items[0].as.data, "text"); /* with a NUL byte */
    assert_int_equal(items[1].kind, GALE_BYTES);
    assert_memory_equal(items[1].as.data, "te", 3);
    value_free(copy);
}

static void empty_text_and_lists_can_be_copied(void **state)
{
    gale_value text = value_copy(gale_string(NULL, 0));
    gale_value list = value_copy(gale_list(NULL, 0));

    (void)state;
    assert_string_equal(text.as.data, "");
    assert_int_equal(list.size, 0);
    value_free(text);
    value_free(list);
}

static void values_as_text_are_json(void **state)
{
    static const gale_value map[] = {
        {GALE_STRING, 1, {.data = "k"}},
        {GALE_LIST, 2, {.items = words}},
        {GALE_STRING, 1, {.data = "l"}},
        {GALE_NIL, 0, {.i = 0}},
    };
    const struct {
        gale_value value;
        const char *text;
    } cases[] = {
        {gale_nil(), "null"},
        {gale_bool(true), "true"},
        {gale_bool(false), "false"},
        {gale_int(INT64_MIN), "-9223372036854775808"},
        {gale_float(0.1), "0.1"},
        {gale_float(1), "1.0"},
        {gale_float(-1e300), "-1e+300"},
        {gale_float(1.0 / 3), "0.3333333333333333"},
        {gale_float(NAN), "nan"},
        {gale_float(-NAN), "nan"},
        {gale_cstr("plain"), "\"plain\""},
        {gale_cstr("a\"b\\c\n\t\x01\x7f"),
         "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\""},
        {gale_string("a\0b", 3), "\"a\\u0000b\""},
        {gale_cstr("\xc3\xa4\xe2\x82\xac"), "\"\xc3\xa4\xe2\x82\xac\""},
        {gale_cstr("\xff\xc3(\xe2\x82"), "\"\\ufffd\\ufffd(\\ufffd\\ufffd\""},
        {gale_bytes("\x00\xff", 2), "\"00ff\""},
        {gale_list(words, 2), "[\"a\", \"bc\"]"},
        {gale_list(NULL, 0), "[]"},
        {gale_map(map, 2), "{\"k\": [\"a\", \"bc\"], \"l\": null}"},
    };
    char buffer[128];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(value_text(cases[i].value, buffer, sizeof(buffer)),
                            cases[i].text);
}

static void a_text_that_does_not_fit_says_so(void **state)
{
    const struct {
        const char *value;
        size_t size;
        const char *text;
    } cases[] = {
        {"abcdef", 9, "\"abcdef\""},   {"abcdef", 8, "\"ab…\""},
        {"abcdef", 6, "\"…\""},        {"abcdef", 4, "…"},
        {"aäöü", 8, "\"a…\""},         {"aäöü", 9, "\"aä…\""},
        {"\n\n\n\n", 9, "\"\\n\\…\""},
    };
    char buffer[16];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(
            value_text(gale_cstr(cases[i].value), buffer, cases[i].size),
            cases[i].text);
}

static void what_cannot_be_kept_is_found(void **state)
{
    gale_value nested[VALUES_DEPTH_MAX + 2] = {gale_nil()};
    const struct {
        gale_value value;
        const char *defect;
    } cases[] = {
        {gale_nil(), NULL},
        {gale_list(words, 2), NULL},
        {gale_string(NULL, 0), NULL},
        {gale_string(NULL, 1), "a NULL pointer"},
        {gale_bytes(NULL, 1), "a NULL pointer"},
        {gale_list(NULL, 1), "a NULL pointer"},
        {gale_make_(GALE_UINT, 0, 0), "of a kind that is reserved"},
        {gale_make_(GALE_TIMESTAMP, 0, 0), "of a kind that is reserved"},
        {gale_make_(99, 0, 0), "of a kind that does not exist"},
        {gale_string("", VALUES_TEXT_MAX + 1), "a text of more than 16 MiB"},
        {gale_list(&nested[VALUES_DEPTH_MAX - 1], 1), NULL},
        {gale_list(&nested[VALUES_DEPTH_MAX], 1),
         "nested more than 16 levels deep"},
    };

    (void)state;
    for (uint32_t i = 1; i < VALUES_DEPTH_MAX + 2; i++)
        nested[i] = gale_list(&nested[i - 1], 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *defect = values_defect(cases[i].value);

        if (cases[i].defect == NULL)
            assert_null(defect);
        else
            assert_string_equal(defect, cases[i].defect);
    }
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(value_kind_name(GALE_INT), "an integer");
    assert_string_equal(value_kind_name(GALE_FLOAT), "a float");
    for (uint32_t kind = 0; kind <= GALE_TIMESTAMP; kind++)
        assert_true(value_kind_name(kind)[0] != '\0');
    assert_string_equal(value_kind_name(GALE_TIMESTAMP + 1),
                        "of an unknown kind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_shares_nothing),
        cmocka_unit_test(empty_text_and_lists_can_be_copied),
        cmocka_unit_test(values_as_text_are_json),
        cmocka_unit_test(a_text_that_does_not_fit_says_so),
        cmocka_unit_test(what_cannot_be_kept_is_found),
        cmocka_unit_test(every_kind_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
