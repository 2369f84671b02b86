/* test_try_input.c - what each line of `gale try` means. */
#include "tests/support/cmocka_all.h"
#include "cli/try_input.h"
#include <stdlib.h>
#include <string.h>

struct lines {
    struct try_input input;
    struct try_item item;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct lines));
    return *state == NULL;
}

static int teardown(void **state)
{
    struct lines *l = *state;

    fclose(l->input.in);
    try_input_free(&l->input);
    free(l);
    return 0;
}

static void type(struct lines *l, const char *text)
{
    l->input.in = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
    assert_non_null(l->input.in);
}

static void declare(struct lines *l, const char *text)
{
    assert_int_equal(try_input_declare(&l->input, text, NULL), 0);
}

/* The next line is of this kind. */
static void expect(struct lines *l, enum try_kind kind)
{
    try_item_free(&l->item);
    try_input_next(&l->input, &l->item);
    if (l->item.kind != kind)
        fail_msg("line %d: kind %d, expected %d: %s", (int)l->input.line,
                 (int)l->item.kind, (int)kind, l->item.error.text);
}

static void expect_end(struct lines *l)
{
    expect(l, TRY_END);
    try_item_free(&l->item);
}

/* A tuple of an integer and a text. */
static void expect_tuple(struct lines *l, const char *stream, int64_t n,
                         const char *text)
{
    const gale_value *v;

    expect(l, TRY_TUPLE);
    v = l->item.values.as.items;
    assert_string_equal(l->item.stream, stream);
    assert_int_equal(l->item.values.kind, GALE_LIST);
    assert_int_equal(l->item.values.size, 2);
    assert_int_equal(v[0].as.i, n);
    assert_string_equal(v[1].as.data, text);
}

static void the_first_tuple_says_which_stream_there_is(void **state)
{
    struct lines *l = *state;

    type(l, "[1,\"a\"]\n{\"values\":[2,\"b\"]}\n[3]\n");
    expect_tuple(l, "default", 1, "a");
    assert_string_equal(l->input.streams[0].fields[1], "f1");
    expect_tuple(l, "default", 2, "b");
    expect(l, TRY_WRONG);
    expect_end(l);
}

static void fields_come_in_the_order_of_the_stream(void **state)
{
    struct lines *l = *state;

    declare(l, "late=n,word");
    type(l, "{\"stream\":\"late\",\"values\":{\"word\":\"a\",\"n\":1}}\n"
            "{\"stream\":\"late\",\"emit\":[2,\"b\"]}");
    expect_tuple(l, "late", 1, "a");
    expect_tuple(l, "late", 2, "b");
    expect_end(l);
}

static void what_says_nothing_is_passed_over(void **state)
{
    struct lines *l = *state;

    type(l, "\n \t\r\n{\"ack\":1}\n{\"fail\":2,\"error\":\"why\"}\n");
    for (int i = 0; i < 4; i++)
        expect(l, TRY_NOTHING);
    expect_end(l);
    assert_int_equal(l->input.line, 4);
}

static void time_passes(void **state)
{
    struct lines *l = *state;

    type(l, "{\"advance\":0}\n{\"advance\":1000000000000}\n");
    expect(l, TRY_ADVANCE);
    assert_int_equal(l->item.ms, 0);
    expect(l, TRY_ADVANCE);
    assert_int_equal(l->item.ms, 1000000000000);
    expect_end(l);
}

/* Each is one line, of a stream default=n,word; the next one is read again. */
static void a_line_that_is_wrong_is_told_and_the_next_one_is_read(void **state)
{
    static const struct {
        const char *line, *error;
    } cases[] = {
        {"[1", "column 2: ']' expected near end of file"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "nested more than 16 levels"},
        {"{}", "an object has \"values\", with \"stream\" if need be"},
        {"[1]", "the tuple has 1 value, stream \"default\" has 2 fields: "
                "\"n\", \"word\""},
        {"{\"values\":{\"n\":1,\"k\":2}}", "field \"word\" is missing"},
        {"{\"values\":7}", "\"values\" is an integer, expected a list"},
        {"{\"values\":[1,2],\"stream\":\"x\"}", "there is no stream \"x\""},
        {"{\"values\":[1,2],\"stream\":1}", "\"stream\" is an integer"},
        {"{\"values\":[1,2],\"stream\":\"default\\u0000\"}",
         "\"stream\" holds a NUL byte"},
        {"{\"values\":[1,2],\"bogus\":1}",
         "found the member \"bogus\", expected \"values\", with \"stream\" if "
         "need be, or \"advance\""},
        {"{\"value\":[1,2]}", "did you mean \"values\"?"},
        {"{\"advance\":-1}", "wants milliseconds from 0 to 1000000000000"},
        {"{\"advance\":1.5}", "wants milliseconds"},
        {"{\"advance\":1000000000001}", "wants milliseconds"},
    };
    struct lines *l = *state;
    char text[2000];
    size_t n = 0;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        n +=
            (size_t)snprintf(text + n, sizeof(text) - n, "%s\n", cases[i].line);
    declare(l, "default=n,word");
    type(l, text);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect(l, TRY_WRONG);
        if (strstr(l->item.error.text, cases[i].error) == NULL)
            fail_msg("%s: found \"%s\"", cases[i].line, l->item.error.text);
        assert_int_equal(l->input.line, i + 1);
    }
    expect_end(l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_tuple_says_which_stream_there_is),
        TEST(fields_come_in_the_order_of_the_stream),
        TEST(what_says_nothing_is_passed_over),
        TEST(time_passes),
        TEST(a_line_that_is_wrong_is_told_and_the_next_one_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
