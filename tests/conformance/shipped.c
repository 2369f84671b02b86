/* shipped.c - each spout and bolt that comes with gale, in a few lines; the
 * rarer cases are in tests/unit. */
#include "tests/support/kit_setup.h"
#include <fcntl.h>

/* -- bolts ----------------------------------------------------------------- */

static void count_counts_each_key(void **state)
{
    gale_test *t = gale_test_bolt("count");

    (void)state;
    gale_test_option(t, "emit", gale_cstr("each"));
    gale_test_feed(t, gale_cstr("cow"));
    gale_test_expect_emit(t, gale_cstr("cow"), gale_int(1));
    gale_test_feed(t, gale_int(7));
    gale_test_expect_emit(t, gale_int(7), gale_int(1));
    gale_test_feed(t, gale_cstr("cow"));
    gale_test_expect_emit(t, gale_cstr("cow"), gale_int(2));
    gale_test_feed(t, gale_list(NULL, 0));
    gale_test_expect(t, GALE_TEST_POISONED, 1);
    gale_test_expect_error(t, NULL,
                           "a list or a map (from input, stream "
                           "default) cannot be counted");
    gale_test_free(t);
}

static void filter_drops_what_does_not_fit(void **state)
{
    gale_test *t = gale_test_bolt("filter");

    (void)state;
    gale_test_option(t, "fields", gale_cstr("word"));
    gale_test_option(t, "prefix", gale_cstr("c"));
    gale_test_feed(t, gale_cstr("cow"));
    gale_test_feed(t, gale_cstr("moon"));
    gale_test_feed(t, gale_int(1));
    gale_test_feed(t, gale_bytes("cod", 3));
    gale_test_expect_emit(t, gale_cstr("cow"));
    gale_test_expect_emit(t, gale_bytes("cod", 3));
    gale_test_expect_no_emit(t);
    gale_test_expect(t, GALE_TEST_DROPPED, 1);
    gale_test_expect(t, GALE_TEST_FAILED, 1);
    gale_test_free(t);
}

static void identity_passes_on_the_first_fields(void **state)
{
    gale_test *t = gale_test_bolt("identity");

    (void)state;
    gale_test_option(t, "fields", gale_cstr("a"));
    gale_test_feed(t, gale_int(1), gale_int(2));
    gale_test_expect_emit(t, gale_int(1));
    gale_test_free(t);
}

static void null_acks_everything(void **state)
{
    gale_test *t = gale_test_bolt("null");

    (void)state;
    gale_test_feed(t, gale_int(1));
    gale_test_feed(t, gale_nil());
    gale_test_expect(t, GALE_TEST_ACKED, 2);
    gale_test_expect_no_emit(t);
    gale_test_free(t);
}

static void split_emits_words(void **state)
{
    gale_test *t = gale_test_bolt("split");

    (void)state;
    gale_test_feed(t, gale_cstr(" the\tcow "));
    gale_test_expect_emit(t, gale_cstr("the"));
    gale_test_expect_emit(t, gale_cstr("cow"));
    gale_test_expect_no_emit(t);
    gale_test_feed(t, gale_bytes("moon ", 5)); /* of a record */
    gale_test_expect_emit(t, gale_cstr("moon"));
    gale_test_feed(t, gale_nil());
    gale_test_expect_error(t, NULL, "is nil, expected text or bytes");
    gale_test_expect(t, GALE_TEST_POISONED, 1);
    gale_test_free(t);
}

static void fields_split_cuts_a_line(void **state)
{
    gale_test *t = gale_test_bolt("fields_split");

    (void)state;
    gale_test_option(t, "fields", gale_cstr("first\nlast"));
    gale_test_feed(t, gale_cstr("Ann,Lee"));
    gale_test_expect_emit(t, gale_cstr("Ann"), gale_cstr("Lee"));
    gale_test_free(t);
}

/* Standard output is a file while the test runs. */
static void print_acks_what_it_has_written(void **state)
{
    char path[] = "/tmp/shipped.XXXXXX", text[64] = "";
    int file = mkstemp(path), output = dup(STDOUT_FILENO);
    gale_test *t = gale_test_bolt("print");

    (void)state;
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    gale_test_feed(t, gale_cstr("cow"), gale_float(0.5));
    gale_test_end(t);
    dup2(output, STDOUT_FILENO);
    gale_test_expect(t, GALE_TEST_ACKED, 1);
    gale_test_free(t);
    assert_int_equal(pread(file, text, sizeof(text) - 1, 0), 8);
    assert_string_equal(text, "cow\t0.5\n");
    close(file);
    close(output);
    unlink(path);
}

/* -- spouts ---------------------------------------------------------------- */

static void const_emits_one_number_so_often(void **state)
{
    gale_test *t = gale_test_spout("const");

    (void)state;
    gale_test_option(t, "value", gale_int(7));
    gale_test_option(t, "count", gale_int(3));
    for (int i = 0; i < 3; i++)
        gale_test_expect_emit(t, gale_int(7));
    gale_test_expect_no_emit(t);
    gale_test_expect(t, GALE_TEST_ACKED, 3);
    gale_test_free(t);
}

static void sequence_emits_numbers_and_failed_ones_again(void **state)
{
    gale_test *t = gale_test_spout("sequence");

    (void)state;
    gale_test_option(t, "to", gale_int(2));
    gale_test_refuse(t, 1);
    gale_test_complete(t);
    gale_test_expect(t, GALE_TEST_ACKED, 2);
    gale_test_expect(t, GALE_TEST_FAILED, 1);
    gale_test_expect(t, GALE_TEST_EMITTED, 3);
    gale_test_free(t);
}

static void sentences_come_in_turn(void **state)
{
    gale_test *t = gale_test_spout("sentences");

    (void)state;
    gale_test_option(t, "count", gale_int(6));
    gale_test_complete(t);
    gale_test_expect_emit(t, gale_cstr("the cow jumped over the moon"));
    assert_int_equal(gale_test_n_rows(t, NULL, NULL), 6);
    gale_test_free(t);
}

static void lines_emits_lines_of_files(void **state)
{
    char path[] = "/tmp/shipped.XXXXXX";
    int file = mkstemp(path);
    gale_test *t = gale_test_spout("lines");

    (void)state;
    assert_int_equal(write(file, "a\n\nb", 4), 4);
    gale_test_option(t, "files", gale_cstr(path));
    gale_test_refuse(t, 1);
    gale_test_complete(t);
    gale_test_expect_rows(
        t, NULL, NULL,
        GALE_ROWS(GALE_ROW(gale_cstr("a"), gale_cstr(path), gale_int(0)),
                  GALE_ROW(gale_cstr("a"), gale_cstr(path), gale_int(0)),
                  GALE_ROW(gale_cstr(""), gale_cstr(path), gale_int(2)),
                  GALE_ROW(gale_cstr("b"), gale_cstr(path), gale_int(3))));
    gale_test_expect(t, GALE_TEST_ACKED, 3);
    gale_test_free(t);
    close(file);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_counts_each_key),
        cmocka_unit_test(filter_drops_what_does_not_fit),
        cmocka_unit_test(identity_passes_on_the_first_fields),
        cmocka_unit_test(null_acks_everything),
        cmocka_unit_test(split_emits_words),
        cmocka_unit_test(fields_split_cuts_a_line),
        cmocka_unit_test(print_acks_what_it_has_written),
        cmocka_unit_test(const_emits_one_number_so_often),
        cmocka_unit_test(sequence_emits_numbers_and_failed_ones_again),
        cmocka_unit_test(sentences_come_in_turn),
        cmocka_unit_test(lines_emits_lines_of_files),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
