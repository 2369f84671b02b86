/* test_config_scalar.c - what an unquoted word means. */
#include "common/config_scalar.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void assert_same(const char *text, gale_value found, gale_value expected)
{
    bool same = found.kind == expected.kind;

    if (same && found.kind == GALE_FLOAT)
        same = found.as.f == expected.as.f ||
               (isnan(found.as.f) && isnan(expected.as.f));
    else if (same && found.kind != GALE_NIL && found.kind != GALE_STRING)
        same = found.as.i == expected.as.i;
    if (!same)
        fail_msg("\"%s\" became kind %u, %lld, expected kind %u, %lld", text,
                 found.kind, (long long)found.as.i, expected.kind,
                 (long long)expected.as.i);
}

/* Words of a YAML file; those that stay strings are in the next test. */
static void yaml_words_mean_what_storm_reads_in_them(void **state)
{
    const struct {
        const char *text;
        gale_value value;
    } words[] = {
        {"", gale_nil()},
        {"~", gale_nil()},
        {"null", gale_nil()},
        {"Null", gale_nil()},
        {"NULL", gale_nil()},
        {"true", gale_bool(true)},
        {"Yes", gale_bool(true)},
        {"ON", gale_bool(true)},
        {"false", gale_bool(false)},
        {"no", gale_bool(false)},
        {"Off", gale_bool(false)},
        {"0", gale_int(0)},
        {"-0", gale_int(0)},
        {"+7", gale_int(7)},
        {"-12", gale_int(-12)},
        {"10_000", gale_int(10000)},
        {"-1_0_0", gale_int(-100)},
        {"1_", gale_int(1)},
        {"9223372036854775807", gale_int(INT64_MAX)},
        {"-9223372036854775808", gale_int(INT64_MIN)},
        {"9223372036854775808", gale_float(9223372036854775808.0)},
        {"-9223372036854775809", gale_float(-9223372036854775808.0)},
        {"0x1F", gale_int(31)},
        {"-0x10", gale_int(-16)},
        {"0x7fffffffffffffff", gale_int(INT64_MAX)},
        {"0xffffffffffffffffff", gale_float(INFINITY)},
        {"0b101", gale_int(5)},
        {"0o17", gale_int(15)},
        {"0600", gale_int(384)}, /* octal in YAML 1.1 */
        {"1.5", gale_float(1.5)},
        {"-.5", gale_float(-0.5)},
        {"1.", gale_float(1)},
        {"1e3", gale_float(1000)},
        {"+1.5E-1", gale_float(0.15)},
        {"1_000.5", gale_float(1000.5)},
        {".inf", gale_float(INFINITY)},
        {"-.INF", gale_float(-INFINITY)},
        {"+.Inf", gale_float(INFINITY)},
        {".nan", gale_float(NAN)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_same(words[i].text,
                    config_scalar_yaml(words[i].text, strlen(words[i].text)),
                    words[i].value);
}

static void other_yaml_words_are_strings(void **state)
{
    static const char *const words[] = {
        "four",      "tRUE",       "y",       "nul",     "-",   "+",   ".",
        "-.",        "..",         "1.2.3",   "0.0.0.0", "08",  "0x",  "0b2",
        "0xg",       "1e",         "1e+",     "e5",      ".e5", "_1",  "0_x1",
        "1:30",      "2001-01-01", "12 34",   "1,5",     "--1", "inf", "nan",
        ".infinity", "0o8",        "1_000_x", "_"};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        gale_value value = config_scalar_yaml(words[i], strlen(words[i]));

        assert_same(words[i], value, gale_cstr(words[i]));
    }
}

static void a_string_borrows_the_text(void **state)
{
    const char text[] = "four";
    gale_value value = config_scalar_yaml(text, 4);

    (void)state;
    assert_ptr_equal(value.as.data, text);
    assert_int_equal(value.size, 4);
}

static void a_nul_byte_makes_a_string(void **state)
{
    gale_value value = config_scalar_yaml("12\0", 3);

    (void)state;
    assert_int_equal(value.kind, GALE_STRING);
    assert_int_equal(value.size, 3);
    assert_false(config_scalar_json("12\0", 3, &value));
}

static void json_words_are_json_to_the_letter(void **state)
{
    const struct {
        const char *text;
        gale_value value;
    } words[] = {
        {"null", gale_nil()},
        {"true", gale_bool(true)},
        {"false", gale_bool(false)},
        {"0", gale_int(0)},
        {"-0", gale_int(0)},
        {"-12", gale_int(-12)},
        {"9223372036854775808", gale_float(9223372036854775808.0)},
        {"0.5", gale_float(0.5)},
        {"-0.0", gale_float(-0.0)},
        {"1e3", gale_float(1000)},
        {"1E+2", gale_float(100)},
        {"12.25e-2", gale_float(0.1225)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        gale_value value = gale_cstr("untouched");

        assert_true(
            config_scalar_json(words[i].text, strlen(words[i].text), &value));
        assert_same(words[i].text, value, words[i].value);
    }
}

static void nothing_else_is_json(void **state)
{
    static const char *const words[] = {
        "",    "~",    "NULL",  "True", "yes",  "+1",    "01",  "-",
        "1.",  ".5",   "1_000", "0x1F", "0600", "1e",    "1e+", ".inf",
        "nan", "four", " 1",    "1 ",   "--1",  "1.5.2", "-a"};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        gale_value value;

        if (config_scalar_json(words[i], strlen(words[i]), &value))
            fail_msg("\"%s\" was taken", words[i]);
    }
}

static void octal_numbers_without_their_letter_are_ambiguous(void **state)
{
    static const char *const words[] = {"010", "0600", "-010", "+0123",
                                        "08",  "09",   "0_10", "00012"};
    static const char *const others[] = {"",     "0",   "7",     "007", "0o10",
                                         "0x10", "0.5", "010.5", "0a",  "-0",
                                         "00",   "10",  "01-02", "0b1", "-"};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_true(config_scalar_is_ambiguous(words[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(config_scalar_is_ambiguous(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octal_numbers_without_their_letter_are_ambiguous),
        cmocka_unit_test(yaml_words_mean_what_storm_reads_in_them),
        cmocka_unit_test(other_yaml_words_are_strings),
        cmocka_unit_test(a_string_borrows_the_text),
        cmocka_unit_test(a_nul_byte_makes_a_string),
        cmocka_unit_test(json_words_are_json_to_the_letter),
        cmocka_unit_test(nothing_else_is_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
