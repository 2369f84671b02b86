/* test_dead_letter.c - what is written as a line comes back as it was. */
#include "tests/support/cmocka_all.h"
#include "common/dead_letter.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct record {
    struct dead_letter letter, found;
    struct dead_letter_memory *memory;
    char *line;
    size_t size;
    gale_err error;
};

static gale_str str(const char *text)
{
    return gale_str_make(text, strlen(text));
}

static int setup(void **state)
{
    struct record *r = calloc(1, sizeof(*r));

    r->letter = (struct dead_letter){
        .time_us = 1795647105324123,
        .topology = str("letters"),
        .spout = str("lines"),
        .stream = str("default"),
        .task = 1,
        .id = {7, UINT64_MAX},
        .failures = 4,
        .component = str("split"),
        .failed_task = 2,
        .poison = true,
        .error = str("no \"words\" in it"),
    };
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct record *r = *state;

    dead_letter_forget(r->memory);
    free(r->line);
    free(r);
    return 0;
}

static int read_line(struct record *r)
{
    dead_letter_forget(r->memory);
    return dead_letter_read(r->line, r->size, &r->found, &r->memory, &r->error);
}

/* Write the letter with one field, and read it. */
static gale_value there_and_back(struct record *r, gale_value value)
{
    static const gale_str name = {"text", 4};

    r->letter.has_fields = true;
    r->letter.n = 1;
    r->letter.names = &name;
    r->letter.values = &value;
    free(r->line);
    r->line = dead_letter_write(&r->letter, &r->size);
    if (read_line(r) != 0)
        fail_msg("%s: %s", r->error.text, r->line);
    assert_int_equal(r->found.n, 1);
    assert_memory_equal(r->found.names[0].data, "text", 4);
    return r->found.values[0];
}

static void assert_str(gale_str found, const char *expected)
{
    assert_int_equal(found.size, strlen(expected));
    assert_memory_equal(found.data, expected, found.size);
}

static void a_letter_is_one_line_with_everything_in_it(void **state)
{
    struct record *r = *state;

    there_and_back(r, gale_cstr("a b"));
    assert_string_equal(
        r->line,
        "{\"time\":\"2026-11-25T22:51:45.324123Z\",\"topology\":\"letters\","
        "\"spout\":\"lines\",\"task\":1,\"message\":[7,-1],\"failures\":4,"
        "\"component\":\"split\",\"failed_task\":2,\"poison\":true,"
        "\"error\":\"no \\\"words\\\" in it\",\"stream\":\"default\","
        "\"fields\":[{\"name\":\"text\",\"value\":\"a b\"}]}\n");
    assert_int_equal(r->size, strlen(r->line));
}

static void what_is_read_is_what_was_written(void **state)
{
    struct record *r = *state;
    const struct dead_letter *found = &r->found;

    there_and_back(r, gale_int(5));
    assert_int_equal(found->time_us, r->letter.time_us);
    assert_str(found->topology, "letters");
    assert_str(found->spout, "lines");
    assert_str(found->stream, "default");
    assert_int_equal(found->task, 1);
    assert_int_equal(found->id.hi, 7);
    assert_true(found->id.lo == UINT64_MAX);
    assert_int_equal(found->failures, 4);
    assert_str(found->component, "split");
    assert_int_equal(found->failed_task, 2);
    assert_true(found->poison);
    assert_str(found->error, "no \"words\" in it");
    assert_true(found->has_fields);
}

static void a_letter_without_payload_says_so(void **state)
{
    struct record *r = *state;

    r->line = dead_letter_write(&r->letter, &r->size);
    assert_int_equal(read_line(r), 0);
    assert_false(r->found.has_fields);
}

static void numbers_keep_their_kind(void **state)
{
    static const double floats[] = {0.1,   3,      -0.0,
                                    1e300, 5e-324, -(double)INFINITY};
    static const int64_t ints[] = {0, -1, INT64_MAX, INT64_MIN};

    for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
        gale_value v = there_and_back(*state, gale_float(floats[i]));

        assert_int_equal(v.kind, GALE_FLOAT);
        assert_memory_equal(&v.as.f, &floats[i], sizeof(floats[i]));
    }
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        gale_value v = there_and_back(*state, gale_int(ints[i]));

        assert_int_equal(v.kind, GALE_INT);
        assert_true(v.as.i == ints[i]);
    }
    assert_true(isnan(there_and_back(*state, gale_float((double)NAN)).as.f));
    assert_int_equal(there_and_back(*state, gale_nil()).kind, GALE_NIL);
    assert_int_equal(there_and_back(*state, gale_bool(true)).kind, GALE_BOOL);
}

static void text_of_every_byte_comes_back(void **state)
{
    char text[4];

    for (uint32_t kind = GALE_STRING; kind <= GALE_BYTES; kind++)
        for (int byte = 0; byte < 256; byte++)
            for (uint32_t size = 0; size <= sizeof(text); size++) {
                gale_value v = gale_string(text, size);

                memset(text, byte, sizeof(text));
                v.kind = kind;
                v = there_and_back(*state, v);
                assert_int_equal(v.kind, kind);
                assert_int_equal(v.size, size);
                if (size > 0)
                    assert_memory_equal(v.as.data, text, size);
            }
}

static void words_like_those_of_json_stay_text(void **state)
{
    static const char *const texts[] = {"null",         "true",
                                        "12",           "~",
                                        "- a",          "# no",
                                        "a: b",         "{\"$map\":",
                                        "über",         "\xf0\x9f\x90\x84",
                                        "\xc2\x85",     "\xef\xbb\xbf",
                                        "\xe2\x80\xa8", "\r\n\t  "};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        gale_value v = there_and_back(*state, gale_cstr(texts[i]));

        assert_int_equal(v.kind, GALE_STRING);
        assert_str(gale_value_str(v), texts[i]);
    }
}

static void lists_and_maps_come_back(void **state)
{
    gale_value pairs[] = {gale_int(1), gale_cstr("x"), gale_cstr("$map"),
                          gale_bytes("\0\1", 2)};
    gale_value items[] = {gale_map(pairs, 2), gale_list(NULL, 0), gale_int(3)};
    gale_value v = there_and_back(*state, gale_list(items, 3));
    const gale_value *map = v.as.items;

    assert_int_equal(v.kind, GALE_LIST);
    assert_int_equal(v.size, 3);
    assert_int_equal(map->kind, GALE_MAP);
    assert_int_equal(map->size, 2);
    assert_int_equal(map->as.items[0].as.i, 1);
    assert_str(gale_value_str(map->as.items[2]), "$map");
    assert_memory_equal(map->as.items[3].as.data, "\0\1", 2);
    assert_int_equal(v.as.items[1].size, 0);
}

static void maps_within_maps_come_back_as_deep_as_tuples_are(void **state)
{
    gale_value pairs[16][2], *inner = NULL;

    for (int i = 0; i < 16; i++) {
        pairs[i][0] = gale_int(i);
        pairs[i][1] = inner != NULL ? gale_map(inner, 1) : gale_nil();
        inner = pairs[i];
    }
    assert_int_equal(there_and_back(*state, gale_map(inner, 1)).kind, GALE_MAP);
}

static void an_error_of_any_bytes_is_readable(void **state)
{
    struct record *r = *state;

    r->letter.error = str("a\xff\x01"
                          "b\xc2\x85");
    there_and_back(r, gale_nil());
    assert_str(r->found.error, "a?\x01"
                               "b?");
}

static void a_line_cut_short_anywhere_is_no_letter(void **state)
{
    struct record *r = *state;
    size_t whole;

    there_and_back(r, gale_cstr("a b"));
    whole = r->size - 1; /* without its newline */
    for (r->size = 0; r->size < whole; r->size++) {
        assert_int_equal(read_line(r), -1);
        assert_string_equal(r->error.text, "is no object of JSON");
    }
    assert_int_equal(read_line(r), 0);
}

static void other_json_is_no_letter(void **state)
{
    static const char *const lines[] = {
        "{}", "{\"time\":\"2026-13-25T22:51:45.324123Z\"}",
        "{\"time\":\"yesterday\"}", "{\"time\":7}"};
    struct record *r = *state;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        free(r->line);
        r->line = strdup(lines[i]);
        r->size = strlen(lines[i]);
        assert_int_equal(read_line(r), -1);
        assert_non_null(strstr(r->error.text, "its \"time\" is missing"));
    }
}

static void a_value_of_another_form_is_named(void **state)
{
    static const char *const values[] = {"{}",
                                         "{\"$bytes\":\"a\"}",
                                         "{\"$bytes\":1}",
                                         "{\"$float\":\"x\"}",
                                         "{\"$map\":[1]}",
                                         "{\"$odd\":\"\"}"};
    struct record *r = *state;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char *at;

        there_and_back(r, gale_int(5));
        r->line = realloc(r->line, r->size + 100);
        at = strstr(r->line, ":5}]}");
        snprintf(at, 100, ":%s}]}", values[i]);
        r->size = strlen(r->line);
        assert_int_equal(read_line(r), -1);
        assert_non_null(strstr(r->error.text, "\"fields\""));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_letter_is_one_line_with_everything_in_it),
        TEST(what_is_read_is_what_was_written),
        TEST(a_letter_without_payload_says_so),
        TEST(numbers_keep_their_kind),
        TEST(text_of_every_byte_comes_back),
        TEST(words_like_those_of_json_stay_text),
        TEST(lists_and_maps_come_back),
        TEST(maps_within_maps_come_back_as_deep_as_tuples_are),
        TEST(an_error_of_any_bytes_is_readable),
        TEST(a_line_cut_short_anywhere_is_no_letter),
        TEST(other_json_is_no_letter),
        TEST(a_value_of_another_form_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
