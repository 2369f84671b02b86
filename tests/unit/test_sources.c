/* test_sources.c - topologies whose sources are the test's: mocked, fixed, fed
 * when it likes. */
#include "tests/support/kit_setup.h"

#define LINE(text_) GALE_ROW(gale_cstr(text_), gale_cstr("f"), gale_int(0))

static gale_test *word_count(void)
{
    static char *args[] = {"no such file", NULL};

    return gale_test_load("wordcount", 1, args);
}

static void a_topology_runs_on_mocked_sources(void **state)
{
    gale_test *t = word_count();

    (void)state;
    gale_test_mock(t, "lines", NULL,
                   GALE_ROWS(LINE("the cow"), LINE("the moon")));
    gale_test_complete(t);
    gale_test_expect_rows(
        t, "split", NULL,
        GALE_ROWS(GALE_ROW(gale_cstr("the")), GALE_ROW(gale_cstr("the")),
                  GALE_ROW(gale_cstr("cow")), GALE_ROW(gale_cstr("moon"))));
    gale_test_expect_rows(t, "count", NULL,
                          GALE_ROWS(GALE_ROW(gale_cstr("the"), gale_int(2)),
                                    GALE_ROW(gale_cstr("cow"), gale_int(1)),
                                    GALE_ROW(gale_cstr("moon"), gale_int(1))));
    gale_test_expect_of(t, "lines", GALE_TEST_ACKED, 2);
    gale_test_free(t);
}

static void a_mock_emits_again_what_fails(void **state)
{
    gale_test *t = gale_test_new();
    gale_builder *b = gale_test_builder(t);
    gale_declarer *fails = gale_add_bolt(b, "fails", "fail_some", 1);

    (void)state;
    gale_test_source(t, "words");
    gale_set(fails, "percent", gale_int(50));
    gale_shuffle(fails, "words");
    gale_test_mock(t, "words", NULL,
                   GALE_ROWS(GALE_ROW(gale_cstr("a")), GALE_ROW(gale_cstr("b")),
                             GALE_ROW(gale_cstr("c")),
                             GALE_ROW(gale_cstr("d"))));
    gale_test_complete(t);
    gale_test_expect(t, GALE_TEST_ACKED, 4);
    gale_test_expect(t, GALE_TEST_FAILED, 0); /* in the end */
    gale_test_expect_rows(
        t, "fails", NULL,
        GALE_ROWS(GALE_ROW(gale_cstr("a")), GALE_ROW(gale_cstr("b")),
                  GALE_ROW(gale_cstr("c")), GALE_ROW(gale_cstr("d"))));
    gale_test_free(t);
}

static void a_source_is_fed_while_the_topology_runs(void **state)
{
    gale_test *t = gale_test_new();
    gale_builder *b = gale_test_builder(t);
    uint64_t good, bad;

    (void)state;
    gale_test_source(t, "lines");
    gale_shuffle(gale_add_bolt(b, "split", "split", 2), "lines");
    gale_by_fields(gale_add_bolt(b, "count", "count", 2), "split", "word");
    good = gale_test_feed_to(t, "lines", NULL, gale_cstr("a b"));
    gale_test_expect_fate(t, good, GALE_TEST_IS_ACKED);
    bad = gale_test_feed_to(t, "lines", NULL, gale_nil());
    gale_test_expect_fate(t, bad, GALE_TEST_IS_FAILED);
    gale_test_expect_fate(t, good, GALE_TEST_IS_ACKED);
    gale_test_expect_of(t, "count", GALE_TEST_EXECUTED, 2);
    gale_test_expect_error(t, "split", "is nil, expected text or bytes");
    gale_test_free(t);
}

static void what_a_source_sends_has_the_names_of_its_fields(void **state)
{
    gale_test *t = gale_test_new();
    gale_builder *b = gale_test_builder(t);
    gale_declarer *split = gale_add_bolt(b, "split", "split", 1);

    (void)state;
    gale_test_source(t, "in");
    gale_test_stream(t, "in", "texts", "id", "text");
    gale_set(split, "field", gale_cstr("text"));
    gale_shuffle_stream(split, "in", "texts");
    gale_test_feed_to(t, "in", "texts", gale_int(1), gale_cstr("cow"));
    gale_test_expect_rows(t, "split", NULL,
                          GALE_ROWS(GALE_ROW(gale_cstr("cow"))));
    assert_int_equal(gale_test_n_rows(t, "in", "texts"), 1);
    assert_int_equal(gale_test_row(t, "in", NULL, 0).values[0].as.i, 1);
    assert_string_equal(gale_test_row_stream(t, "in", 0), "texts");
    gale_test_forget(t);
    gale_test_expect_rows(t, "split", NULL, GALE_NO_ROWS);
    gale_test_free(t);
}

static void a_mock_of_a_spout_that_hears_of_nothing_is_told(void **state)
{
    gale_test *t = gale_test_load("far_away", 0, NULL);

    (void)state;
    gale_test_mock(t, "calls", NULL, GALE_ROWS(GALE_ROW(gale_cstr("a"))));
    gale_test_complete(t);
    gale_test_expect(t, GALE_TEST_ACKED, 1);
    gale_test_free(t);
}

static void a_spout_that_runs_by_itself_is_not_fed(void **state)
{
    gale_test *t = word_count();

    (void)state;
    gale_test_mock(t, "lines", NULL, GALE_NO_ROWS);
    gale_test_start(t);
    gale_test_feed_to(t, "split", NULL, gale_cstr("a"));
    assert_non_null(strstr(gale_test_error(t), "\"split\" runs by itself"));
    gale_test_free(t);
}

static void a_mock_of_a_spout_that_is_not_there_is_said(void **state)
{
    gale_test *t = word_count();

    (void)state;
    gale_test_mock(t, "line", NULL, GALE_ROWS(LINE("a")));
    assert_string_equal(gale_test_error(t),
                        "there is no spout \"line\" in the topology "
                        "\"wordcount\"");
    gale_test_free(t);
}

static void a_stream_or_a_number_of_values_that_is_wrong_is_said(void **state)
{
    gale_test *t = word_count();

    (void)state;
    gale_test_mock(t, "lines", "late", GALE_ROWS(LINE("a")));
    assert_non_null(
        strstr(gale_test_error(t), "the test feeds stream \"late\""));
    gale_test_free(t);
    t = word_count();
    gale_test_mock(t, "lines", NULL, GALE_ROWS(GALE_ROW(gale_cstr("a"))));
    assert_non_null(strstr(gale_test_error(t), "lines"));
    gale_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topology_runs_on_mocked_sources),
        cmocka_unit_test(a_mock_emits_again_what_fails),
        cmocka_unit_test(a_source_is_fed_while_the_topology_runs),
        cmocka_unit_test(what_a_source_sends_has_the_names_of_its_fields),
        cmocka_unit_test(a_mock_of_a_spout_that_hears_of_nothing_is_told),
        cmocka_unit_test(a_spout_that_runs_by_itself_is_not_fed),
        cmocka_unit_test(a_mock_of_a_spout_that_is_not_there_is_said),
        cmocka_unit_test(a_stream_or_a_number_of_values_that_is_wrong_is_said),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
