/* test_json.c - write JSON, to a stream or into memory. */
#include "common/json.h"
#include "tests/support/death.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void assert_written(struct json *j, const char *expected)
{
    char *text = json_take(j);

    assert_string_equal(text, expected);
    free(text);
}

static void commas_and_quotes_come_by_themselves(void **state)
{
    struct json j;

    (void)state;
    json_to_memory(&j);
    json_object(&j);
    json_key(&j, "rate");
    json_float(&j, 12.5);
    json_key(&j, "components");
    json_list(&j);
    json_object(&j);
    json_key(&j, "id");
    json_string(&j, "count");
    json_end(&j);
    json_object(&j);
    json_end(&j);
    json_int(&j, -7);
    json_null(&j);
    json_bool(&j, true);
    json_end(&j);
    json_key(&j, "last");
    json_list(&j);
    json_end(&j);
    json_end(&j);
    assert_written(&j, "{\"rate\":12.5,\"components\":[{\"id\":\"count\"},{},"
                       "-7,null,true],\"last\":[]}");
}

static void integers_are_whole(void **state)
{
    struct json j;

    (void)state;
    json_to_memory(&j);
    json_list(&j);
    json_int(&j, INT64_MIN);
    json_int(&j, INT64_MAX);
    json_uint(&j, UINT64_MAX);
    json_end(&j);
    assert_written(
        &j, "[-9223372036854775808,9223372036854775807,18446744073709551615]");
}

static const struct {
    double value;
    const char *text;
} floats[] = {
    {0, "0"},
    {0.1, "0.1"},
    {-1.5, "-1.5"},
    {1.0 / 3, "0.3333333333333333"},
    {1e300, "1e+300"},
    {DBL_MAX, "1.7976931348623157e+308"},
    {DBL_TRUE_MIN, "4.94065645841247e-324"},
    {INFINITY, "null"},
    {-INFINITY, "null"},
    {NAN, "null"},
};

static void floats_are_short_and_read_back_as_the_same_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
        struct json j;

        json_to_memory(&j);
        json_float(&j, floats[i].value);
        if (isfinite(floats[i].value))
            assert_true(strtod(j.text, NULL) == floats[i].value);
        assert_written(&j, floats[i].text);
    }
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *data;
    size_t size;
    const char *text;
} strings[] = {
    {BYTES(""), "\"\""},
    {BYTES("a\"b\\c"), "\"a\\\"b\\\\c\""},
    {BYTES("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
    {BYTES("\0\1\x1f\x7f"), "\"\\u0000\\u0001\\u001f\\u007f\""},
    {BYTES("Zürich 雨 🌧"), "\"Zürich 雨 🌧\""},
    {BYTES("/"), "\"/\""},
    {BYTES("a\xff z"), "\"a\ufffd z\""},
    {BYTES("\xc3"), "\"\ufffd\""},
    {BYTES("\xe2\x82\""), "\"\ufffd\ufffd\\\"\""},
    {BYTES("\xc0\xaf"), "\"\ufffd\ufffd\""},                     /* overlong */
    {BYTES("\xed\xa0\x80"), "\"\ufffd\ufffd\ufffd\""},           /* surrogate */
    {BYTES("\xf4\x90\x80\x80"), "\"\ufffd\ufffd\ufffd\ufffd\""}, /* > 10FFFF */
};

static void strings_are_escaped_and_always_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        struct json j;

        json_to_memory(&j);
        json_bytes(&j, strings[i].data, strings[i].size);
        assert_written(&j, strings[i].text);
    }
}

static void keys_are_escaped_too(void **state)
{
    struct json j;

    (void)state;
    json_to_memory(&j);
    json_object(&j);
    json_key(&j, "a\"\n");
    json_null(&j);
    json_end(&j);
    assert_written(&j, "{\"a\\\"\\n\":null}");
}

static void values_of_every_kind_are_written(void **state)
{
    const gale_value list[] = {gale_nil(), gale_bool(true), gale_int(1),
                               gale_float(0.5), gale_bytes("\xff", 1)};
    const gale_value map[] = {gale_cstr("list"), gale_list(list, 5),
                              gale_int(7), gale_map(NULL, 0)};
    struct json j;

    (void)state;
    json_to_memory(&j);
    json_value(&j, gale_map(map, 2));
    assert_written(&j, "{\"list\":[null,true,1,0.5,\"\ufffd\"],\"7\":{}}");
}

static void a_long_text_in_memory_grows(void **state)
{
    enum { ITEMS = 10000 };
    struct json j;
    char *text;

    (void)state;
    json_to_memory(&j);
    json_list(&j);
    for (int i = 0; i < ITEMS; i++)
        json_string(&j, "1234567");
    json_end(&j);
    text = json_take(&j);
    assert_int_equal(strlen(text), ITEMS * 10 + 1);
    free(text);
}

static void a_file_takes_one_value_after_the_other(void **state)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    struct json j;

    (void)state;
    for (int i = 0; i < 2; i++) {
        json_to_file(&j, file);
        json_list(&j);
        json_int(&j, i);
        json_end(&j);
        assert_int_equal(json_finish(&j), 0);
        fputc('\n', file);
    }
    fclose(file);
    assert_string_equal(text, "[0]\n[1]\n");
    free(text);
}

static void a_full_disk_is_told_at_the_end(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    struct json j;

    (void)state;
    json_to_file(&j, full);
    json_string(&j, "lost");
    assert_int_equal(json_finish(&j), -1);
    fclose(full);
}

static void value_without_key(void *arg)
{
    json_object(arg);
    json_int(arg, 1);
}

static void end_too_many(void *arg)
{
    json_end(arg);
}

static void key_in_a_list(void *arg)
{
    json_list(arg);
    json_key(arg, "k");
}

static void key_without_value(void *arg)
{
    json_object(arg);
    json_key(arg, "k");
    json_end(arg);
}

static void taken_too_early(void *arg)
{
    json_list(arg);
    free(json_take(arg));
}

static void two_values(void *arg)
{
    json_int(arg, 1);
    json_int(arg, 2);
}

static void what_would_not_be_json_is_a_failed_check(void **state)
{
    void (*const mistakes[])(void *) = {value_without_key, end_too_many,
                                        key_in_a_list,     key_without_value,
                                        taken_too_early,   two_values};

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct json j;

        json_to_memory(&j);
        assert_dies(mistakes[i], &j, "json.c:");
        free(j.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_quotes_come_by_themselves),
        cmocka_unit_test(integers_are_whole),
        cmocka_unit_test(floats_are_short_and_read_back_as_the_same_number),
        cmocka_unit_test(strings_are_escaped_and_always_utf8),
        cmocka_unit_test(keys_are_escaped_too),
        cmocka_unit_test(values_of_every_kind_are_written),
        cmocka_unit_test(a_long_text_in_memory_grows),
        cmocka_unit_test(a_file_takes_one_value_after_the_other),
        cmocka_unit_test(a_full_disk_is_told_at_the_end),
        cmocka_unit_test(what_would_not_be_json_is_a_failed_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
