/* test_course.c - how a test runs: waiting, time, seeds, its end. */
#include "tests/support/kit_setup.h"

static gale_test *counting(double rate)
{
    gale_test *t = gale_test_new();
    gale_builder *b = gale_test_builder(t);
    gale_declarer *numbers = gale_add_spout(b, "numbers", "sequence", 1);

    gale_set(numbers, "to", gale_int(1000000));
    gale_set(numbers, "rate", gale_float(rate));
    gale_by_fields(gale_add_bolt(b, "count", "count", 3), "numbers", "n");
    return t;
}

static void a_test_waits_until_a_bolt_has_executed_so_many(void **state)
{
    gale_test *t = counting(1);

    (void)state;
    gale_test_wait(t, "count", 500); /* seconds */
    gale_test_expect_of(t, "numbers", GALE_TEST_FAILED, 0);
    assert_true(gale_test_count(t, "count", GALE_TEST_EXECUTED) >= 500);
    assert_true(gale_test_count(t, "count", GALE_TEST_EXECUTED) < 510);
    gale_test_free(t);
}

static void a_spout_without_an_end_is_stopped_and_looked_at(void **state)
{
    gale_test *t = gale_test_new();
    gale_builder *b = gale_test_builder(t);
    uint64_t n;

    (void)state;
    gale_add_spout(b, "sentences", "sentences", 2);
    gale_shuffle(gale_add_bolt(b, "split", "split", 2), "sentences");
    gale_test_wait(t, "split", 1000);
    gale_test_activate(t, false);
    n = gale_test_count(t, "sentences", GALE_TEST_EMITTED);
    assert_true(n >= 1000);
    gale_test_expect_of(t, "split", GALE_TEST_EXECUTED, n);
    gale_test_advance(t, 60000);
    gale_test_expect_of(t, "sentences", GALE_TEST_EMITTED, n);
    gale_test_expect_of(t, "sentences", GALE_TEST_ACKED, n);
    gale_test_free(t);
}

static void what_never_comes_is_said_after_an_hour(void **state)
{
    gale_test *t = counting(1.0 / 60);

    (void)state;
    gale_test_wait(t, "count", 500);
    assert_non_null(strstr(gale_test_error(t), "\"count\" has handled 6"));
    assert_non_null(strstr(gale_test_error(t), "expected 500"));
    gale_test_free(t);
}

static void a_spout_without_an_end_is_said(void **state)
{
    gale_test *t = gale_test_spout("const");

    (void)state;
    gale_test_expect_error(t, NULL, "a spout has no end");
    gale_test_free(t);
    t = gale_test_spout("const");
    gale_test_complete(t);
    gale_test_expect_error(t, NULL, "a spout has no end");
    gale_test_free(t);
}

/* Of all that happened, the numbers and their times. */
static uint64_t emits_until_500(const char *seed)
{
    gale_test *t;
    uint64_t n;

    setenv("GALE_SEED", seed, 1);
    t = counting(1000);
    gale_test_wait(t, "count", 500);
    n = gale_test_n_rows(t, "numbers", NULL);
    gale_test_expect_fine(t);
    gale_test_free(t);
    unsetenv("GALE_SEED");
    return n;
}

static void a_seed_makes_a_run_and_the_same_one_again(void **state)
{
    bool differ = false;

    (void)state;
    assert_int_equal(emits_until_500("7"), emits_until_500("7"));
    for (char seed[] = "1"; seed[0] <= '9'; seed[0]++)
        differ = differ || emits_until_500(seed) != emits_until_500("7");
    assert_true(differ);
}

static void a_seed_that_is_no_number_is_said(void **state)
{
    gale_test *t;

    (void)state;
    setenv("GALE_SEED", "x", 1);
    t = gale_test_bolt("split");
    unsetenv("GALE_SEED");
    assert_non_null(strstr(gale_test_error(t), "GALE_SEED is \"x\""));
    gale_test_free(t);
}

static void several_tests_are_there_at_a_time(void **state)
{
    gale_test *a = gale_test_bolt("split"), *b = gale_test_bolt("split");

    (void)state;
    gale_test_feed(a, gale_cstr("a"));
    gale_test_feed(b, gale_cstr("b"));
    gale_test_expect_emit(b, gale_cstr("b"));
    gale_test_expect_emit(a, gale_cstr("a"));
    gale_test_feed(a, gale_cstr("c"));
    gale_test_expect_emit(a, gale_cstr("c"));
    gale_test_free(a);
    gale_test_expect_no_emit(b);
    gale_test_free(b);
}

static void nothing_is_fed_after_the_end(void **state)
{
    gale_test *t = gale_test_bolt("split");

    (void)state;
    gale_test_end(t);
    gale_test_expect_no_emit(t);
    gale_test_feed(t, gale_cstr("a"));
    assert_string_equal(gale_test_error(t),
                        "a tuple is fed after the end of the input");
    gale_test_free(t);
}

static void options_come_before_the_start(void **state)
{
    gale_test *t = gale_test_bolt("split");

    (void)state;
    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_emit(t, gale_cstr("a"));
    gale_test_option(t, "field", gale_cstr("f0"));
    assert_non_null(
        strstr(gale_test_error(t), "gale_test_option() comes too late"));
    gale_test_free(t);
}

static void a_test_that_never_starts_is_freed(void **state)
{
    (void)state;
    gale_test_free(NULL);
    gale_test_free(gale_test_new());
    gale_test_free(gale_test_bolt("split"));
    gale_test_free(gale_test_spout("sequence"));
}

static void what_is_logged_is_kept(void **state)
{
    gale_test *t = gale_test_bolt("split");

    (void)state;
    gale_test_override(t, "no.such.key=1");
    gale_test_feed(t, gale_int(1));
    assert_non_null(strstr(gale_test_log(t), "wanted a string"));
    assert_non_null(strstr(gale_test_log(t), "no.such.key"));
    gale_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_test_waits_until_a_bolt_has_executed_so_many),
        cmocka_unit_test(a_spout_without_an_end_is_stopped_and_looked_at),
        cmocka_unit_test(what_never_comes_is_said_after_an_hour),
        cmocka_unit_test(a_spout_without_an_end_is_said),
        cmocka_unit_test(a_seed_makes_a_run_and_the_same_one_again),
        cmocka_unit_test(a_seed_that_is_no_number_is_said),
        cmocka_unit_test(several_tests_are_there_at_a_time),
        cmocka_unit_test(nothing_is_fed_after_the_end),
        cmocka_unit_test(options_come_before_the_start),
        cmocka_unit_test(a_test_that_never_starts_is_freed),
        cmocka_unit_test(what_is_logged_is_kept),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
