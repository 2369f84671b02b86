/* test_subjects.c - a bolt or a spout by itself, as authors test it. */
#include "tests/support/kit_setup.h"

static void a_bolt_is_fed_and_what_it_emits_is_seen(void **state)
{
    gale_test *t = gale_test_bolt("split");

    (void)state;
    gale_test_feed(t, gale_cstr("the cow"));
    gale_test_expect_emit(t, gale_cstr("the"));
    gale_test_expect_emit(t, gale_cstr("cow"));
    gale_test_expect_no_emit(t);
    gale_test_expect(t, GALE_TEST_ACKED, 1);
    gale_test_free(t);
}

static void what_it_cannot_take_fails_with_a_sentence(void **state)
{
    gale_test *t = gale_test_bolt("split");
    uint64_t wrong;

    (void)state;
    gale_test_fields(t, "text");
    wrong = gale_test_feed(t, gale_int(7));
    gale_test_expect_fate(t, wrong, GALE_TEST_IS_FAILED);
    gale_test_expect_error(t, NULL,
                           "field \"text\" of stream \"default\" from "
                           "\"input\": wanted a string, found an integer");
    gale_test_free(t);
}

static void options_are_set(void **state)
{
    gale_test *t = gale_test_bolt("filter");

    (void)state;
    gale_test_option(t, "fields", gale_cstr("n"));
    gale_test_option(t, "min", gale_int(3));
    gale_test_feed(t, gale_int(2));
    gale_test_expect_no_emit(t);
    gale_test_expect(t, GALE_TEST_DROPPED, 1);
    gale_test_feed(t, gale_int(3));
    gale_test_expect_emit(t, gale_int(3));
    gale_test_free(t);
}

static void an_option_that_is_wrong_is_said_by_the_next_expectation(
    void **state)
{
    gale_test *t = gale_test_bolt("count");

    (void)state;
    gale_test_option(t, "emit", gale_cstr("sometimes"));
    gale_test_feed(t, gale_cstr("a"));
    assert_non_null(strstr(gale_test_error(t), "option \"emit\""));
    gale_test_free(t);
}

static void the_end_of_the_input_brings_final_results(void **state)
{
    gale_test *t = gale_test_bolt("count");

    (void)state;
    gale_test_feed(t, gale_cstr("a"));
    gale_test_feed(t, gale_cstr("b"));
    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_no_emit(t);
    gale_test_end(t);
    gale_test_expect_rows(t, NULL, NULL,
                          GALE_ROWS(GALE_ROW(gale_cstr("a"), gale_int(2)),
                                    GALE_ROW(gale_cstr("b"), gale_int(1))));
    gale_test_free(t);
}

static void ticks_come_when_time_passes(void **state)
{
    gale_test *t = gale_test_bolt("count");

    (void)state;
    gale_test_option(t, "emit", gale_cstr("tick"));
    gale_test_option(t, "emit.ms", gale_int(60000));
    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_no_emit(t);
    gale_test_advance(t, 60000);
    gale_test_expect(t, GALE_TEST_TICKS, 1);
    gale_test_expect_emit(t, gale_cstr("a"), gale_int(1));
    gale_test_advance(t, 3600000);
    gale_test_expect(t, GALE_TEST_TICKS, 61);
    gale_test_expect_no_emit(t);
    gale_test_free(t);
}

static void inputs_may_come_from_several_components(void **state)
{
    gale_test *t = gale_test_bolt("hash_join");

    (void)state;
    gale_test_source(t, "names");
    gale_test_stream(t, "input", NULL, "key", "left");
    gale_test_stream(t, "names", NULL, "key", "right");
    gale_test_feed(t, gale_int(1), gale_cstr("l"));
    gale_test_expect(t, GALE_TEST_HELD, 1);
    gale_test_expect(t, GALE_TEST_PENDING, 1);
    gale_test_feed_to(t, "names", NULL, gale_int(1), gale_cstr("r"));
    gale_test_expect_emit(t, gale_int(1), gale_cstr("l"), gale_cstr("r"));
    gale_test_expect(t, GALE_TEST_ACKED, 2);
    gale_test_free(t);
}

static void what_is_held_too_long_fails(void **state)
{
    gale_test *t = gale_test_bolt("hash_join");

    (void)state;
    gale_test_fields(t, "key", "left");
    gale_test_override(t, "topology.message.timeout.secs=3600");
    gale_test_feed(t, gale_int(1), gale_cstr("l"));
    gale_test_advance(t, 3500 * 1000);
    gale_test_expect(t, GALE_TEST_PENDING, 1);
    gale_test_advance(t, 1000 * 1000);
    gale_test_expect(t, GALE_TEST_FAILED, 1);
    gale_test_free(t);
}

static gale_result say_size(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return gale_emit(task, gale_int(gale_n_tasks(task)),
                     gale_int(gale_n_executors(task)));
}

GALE_BOLT(say_size, .execute = say_size,
          .streams = GALE_OUTPUTS("tasks", "executors"));

/* Whoever looks on stands between, with a component of his own. */
static void it_knows_how_many_of_it_there_are(void **state)
{
    gale_test *t = gale_test_bolt_of(&gale_bolt_say_size);

    (void)state;
    gale_test_feed(t, gale_int(0));
    gale_test_expect_emit(t, gale_int(1), gale_int(1));
    gale_test_free(t);
}

static gale_result twice(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_int(2 * gale_get_int(in, 0)));
}

GALE_BOLT(twice, .execute = twice, .streams = GALE_OUTPUTS("n"));

static void a_bolt_may_be_part_of_the_program(void **state)
{
    gale_test *t = gale_test_bolt_of(&gale_bolt_twice);

    (void)state;
    gale_test_feed(t, gale_int(21));
    gale_test_expect_emit(t, gale_int(42));
    gale_test_free(t);
}

static void a_spout_emits_what_it_has(void **state)
{
    gale_test *t = gale_test_spout("sequence");

    (void)state;
    gale_test_option(t, "to", gale_int(2));
    gale_test_expect_emit(t, gale_int(1));
    gale_test_expect_emit(t, gale_int(2));
    gale_test_expect_no_emit(t);
    gale_test_expect(t, GALE_TEST_ACKED, 2);
    gale_test_free(t);
}

static void a_spout_hears_of_what_fails(void **state)
{
    gale_test *t = gale_test_spout("sequence");

    (void)state;
    gale_test_option(t, "to", gale_int(1));
    gale_test_refuse(t, 2);
    for (int i = 0; i < 3; i++)
        gale_test_expect_emit(t, gale_int(1));
    gale_test_expect_no_emit(t);
    gale_test_expect(t, GALE_TEST_FAILED, 2);
    gale_test_expect(t, GALE_TEST_ACKED, 1);
    gale_test_free(t);
}

static void a_spout_waits_for_its_time(void **state)
{
    gale_test *t = gale_test_spout("sequence");

    (void)state;
    gale_test_option(t, "to", gale_int(100));
    gale_test_option(t, "rate", gale_float(1.0 / 60));
    gale_test_expect_emit(t, gale_int(1));
    gale_test_expect_no_emit(t);
    gale_test_advance(t, 60000);
    gale_test_expect_emit(t, gale_int(2));
    gale_test_activate(t, false);
    gale_test_advance(t, 3600000);
    gale_test_expect_no_emit(t);
    gale_test_activate(t, true);
    gale_test_advance(t, 60000);
    gale_test_expect_emit(t, gale_int(3));
    gale_test_free(t);
}

static void a_plugin_that_is_not_there_is_said(void **state)
{
    gale_test *t = gale_test_bolt("no_such");

    (void)state;
    gale_test_feed(t, gale_int(1));
    assert_non_null(strstr(gale_test_error(t), "\"no_such\" is not found"));
    gale_test_free(t);
    t = gale_test_spout("no_such");
    assert_non_null(strstr(gale_test_error(t), "\"no_such\" is not found"));
    gale_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bolt_is_fed_and_what_it_emits_is_seen),
        cmocka_unit_test(what_it_cannot_take_fails_with_a_sentence),
        cmocka_unit_test(options_are_set),
        cmocka_unit_test(it_knows_how_many_of_it_there_are),
        cmocka_unit_test(
            an_option_that_is_wrong_is_said_by_the_next_expectation),
        cmocka_unit_test(the_end_of_the_input_brings_final_results),
        cmocka_unit_test(ticks_come_when_time_passes),
        cmocka_unit_test(inputs_may_come_from_several_components),
        cmocka_unit_test(what_is_held_too_long_fails),
        cmocka_unit_test(a_bolt_may_be_part_of_the_program),
        cmocka_unit_test(a_spout_emits_what_it_has),
        cmocka_unit_test(a_spout_hears_of_what_fails),
        cmocka_unit_test(a_spout_waits_for_its_time),
        cmocka_unit_test(a_plugin_that_is_not_there_is_said),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
