/* test_stream_decl.c - declared streams, checked and copied. */
#include "tests/support/cmocka_all.h"
#include "topology-api/stream_decl.h"
#include <stdio.h>
#include <string.h>

static void streams_are_copied_in_order(void **state)
{
    char name[] = "default", field[] = "word";
    const char *const fields[] = {field, "count"};
    gale_stream streams[] = {
        {name, 0, 0, {fields, 2, sizeof(char *)}, NULL},
        {"orders", GALE_STREAM_DIRECT, 0, {NULL, 0, 0}, NULL},
    };
    gale_streams table = {streams, 2, sizeof(streams[0])};
    struct stream_decl_list list = {0, NULL};

    (void)state;
    assert_int_equal(stream_decl_add_all(&list, &table, "bolt \"x\"", NULL), 0);
    name[0] = field[0] = '!';
    assert_int_equal(list.n, 2);
    assert_string_equal(list.items[0].name, "default");
    assert_int_equal(list.items[0].n_fields, 2);
    assert_string_equal(list.items[0].fields[0], "word");
    assert_string_equal(list.items[0].fields[1], "count");
    assert_string_equal(list.items[1].name, "orders");
    assert_int_equal(list.items[1].flags, GALE_STREAM_DIRECT);
    assert_int_equal(list.items[1].n_fields, 0);
    stream_decl_free(&list);
    assert_int_equal(list.n, 0);
}

/* Streams of a newer gale have members that this one steps over. */
static void streams_may_be_longer_than_known(void **state)
{
    const struct {
        gale_stream stream;
        uint64_t future;
    } longer[] = {{GALE_STREAM("a", "x"), 1}, {GALE_STREAM("b", "y"), 2}};
    gale_streams table = {&longer[0].stream, 2, sizeof(longer[0])};
    struct stream_decl_list list = {0, NULL};

    (void)state;
    assert_int_equal(stream_decl_add_all(&list, &table, "", NULL), 0);
    assert_string_equal(list.items[1].name, "b");
    assert_string_equal(list.items[1].fields[0], "y");
    stream_decl_free(&list);
}

static void a_bad_stream_is_refused(void **state)
{
    static const char *const twice[] = {"x", "y", "x"};
    static const char *const odd[] = {"x y"};
    static const char *const hole[] = {"x", NULL};
    static const char *const first[] = {NULL, "x"};
    const char *const *crooked =
        (const char *const *)(const void *)((const char *)odd + 1);
    const struct {
        gale_stream stream;
        const char *error;
    } cases[] = {
        {{NULL, 0, 0, {NULL, 0, 0}, NULL}, "bolt \"x\": a stream has no name"},
        {{"", 0, 0, {NULL, 0, 0}, NULL}, "a stream \"\" is no valid name"},
        {{"__ack", 0, 0, {NULL, 0, 0}, NULL}, "\"__ack\" is no valid name"},
        {{"there", 0, 0, {NULL, 0, 0}, NULL},
         "bolt \"x\" declares the stream \"there\" twice"},
        {{"a", GALE_STREAM_APPEND, 0, {NULL, 0, 0}, NULL},
         "stream \"a\" of bolt \"x\" sets the reserved flag \"append\", which "
         "this gale does not run yet"},
        {{"a", GALE_STREAM_CHANGELOG, 0, {NULL, 0, 0}, NULL}, "\"changelog\""},
        {{"a", GALE_STREAM_LATE, 0, {NULL, 0, 0}, NULL}, "\"late\""},
        {{"a", 0x40, 0, {NULL, 0, 0}, NULL},
         "has the flags 0x40, which this gale does not know"},
        {{"a", 0, 1, {NULL, 0, 0}, NULL},
         "fills the reserved slot \"reserved\""},
        {{"a", 0, 0, {NULL, 0, 0}, "x"},
         "fills the reserved slot \"time_field\", which this gale does not"},
        {{"a", 0, 0, {NULL, 1, sizeof(char *)}, NULL},
         "has a damaged table of fields"},
        {{"a", 0, 0, {twice, 3, 4}, NULL}, "has a damaged table of fields"},
        {{"a", 0, 0, {crooked, 1, sizeof(char *)}, NULL},
         "has a damaged table of fields"},
        {{"a", 0, 0, {twice, 256, sizeof(char *)}, NULL},
         "has 256 fields, at most 255 are allowed"},
        {{"a", 0, 0, {twice, 3, sizeof(char *)}, NULL},
         "stream \"a\" of bolt \"x\" declares the field \"x\" twice"},
        {{"a", 0, 0, {odd, 1, sizeof(char *)}, NULL},
         "stream \"a\" of bolt \"x\": a field \"x y\" is no valid name"},
        {{"a", 0, 0, {hole, 2, sizeof(char *)}, NULL}, "a field has no name"},
        {{"a", 0, 0, {first, 2, sizeof(char *)}, NULL}, "a field has no name"},
    };
    const gale_stream there = GALE_STREAM("there", "x");
    struct stream_decl_list list = {0, NULL};

    (void)state;
    assert_int_equal(stream_decl_add(&list, &there, "", NULL), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error = {""};

        assert_int_equal(
            stream_decl_add(&list, &cases[i].stream, "bolt \"x\"", &error), -1);
        if (strstr(error.text, cases[i].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        assert_int_equal(list.n, 1);
    }
    stream_decl_free(&list);
}

static void a_damaged_table_is_refused(void **state)
{
    const gale_stream stream = GALE_STREAM("a", "x");
    gale_stream room[2];
    void *askew = (char *)room + 1;
    const gale_streams tables[] = {
        {NULL, 1, sizeof(gale_stream)},
        {&stream, 1, sizeof(gale_stream) - 8},
        {&stream, 1, sizeof(gale_stream) + 4},
        {askew, 1, sizeof(gale_stream)},
    };
    struct stream_decl_list list = {0, NULL};
    gale_err error;

    (void)state;
    memcpy(askew, &stream, sizeof(stream));
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        assert_int_equal(
            stream_decl_add_all(&list, &tables[i], "bolt \"x\"", &error), -1);
        assert_non_null(strstr(error.text, "bolt \"x\" has a damaged table of "
                                           "streams: expected elements of at "
                                           "least 40 bytes, found "));
        assert_int_equal(list.n, 0);
    }
}

static void a_component_has_at_most_255_streams(void **state)
{
    struct stream_decl_list list = {0, NULL};
    gale_err error;

    (void)state;
    for (int i = 0; i <= 255; i++) {
        char name[16];
        gale_stream stream = GALE_STREAM(name, "x");
        int expected = i < 255 ? 0 : -1;

        snprintf(name, sizeof(name), "s%d", i);
        assert_int_equal(stream_decl_add(&list, &stream, "bolt \"x\"", &error),
                         expected);
    }
    assert_non_null(strstr(error.text, "declares more than 255 streams"));
    stream_decl_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_copied_in_order),
        cmocka_unit_test(streams_may_be_longer_than_known),
        cmocka_unit_test(a_bad_stream_is_refused),
        cmocka_unit_test(a_damaged_table_is_refused),
        cmocka_unit_test(a_component_has_at_most_255_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
