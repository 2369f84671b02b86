/* test_slot_ends.c - one port of a supervisor: workers that end by themselves,
 * are silent, or do not start. */
#include "tests/support/slot_run.h"
#include <string.h>

/* -- it ends by itself ----------------------------------------------------- */

static void it_starts_again_at_once_then_ever_later_up_to_30_s(void **state)
{
    static const int64_t pauses[] = {0, 1, 2, 4, 8, 16, 30, 30, 30};
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    for (int i = 0; i < 9; i++) {
        exited(&r, 7 + i, 1);
        if (pauses[i] > 0) {
            expect(&r, "", SLOT_BACKING_OFF);
            assert_int_equal(r.slot.due, r.now + pauses[i] * S);
            time_comes(&r);
        }
        expect(&r, "FETCH a", SLOT_FETCHING);
        files(&r);
        started(&r, 8 + i);
        reported(&r, 8 + i);
    }
}

static void comes_up(struct slot_run *r, int pid)
{
    files(r);
    started(r, pid);
    reported(r, pid);
}

/* One that has ended so many times, one after the other, and runs again. */
static struct slot_run ended_before(uint32_t times)
{
    struct slot_run r = slot_run_running(a, 7);

    for (uint32_t i = 0; i < times; i++) {
        exited(&r, 7, 1);
        if (r.slot.state == SLOT_BACKING_OFF)
            time_comes(&r);
        comes_up(&r, 7);
    }
    return r;
}

static void running_for_10_s_and_its_last_pause_makes_up_for_all_ends(
    void **state)
{
    static const struct {
        uint32_t ends;
        int64_t ran_ms;
        int64_t pause_s; /* before it is started again */
    } cases[] = {
        {1, 9999, 1},  {1, 10000, 0},  {4, 9999, 8},
        {4, 10000, 0}, {6, 10000, 30}, {6, 15999, 30},
        {6, 16000, 0}, {8, 29999, 30}, {8, 30000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slot_run r = ended_before(cases[i].ends);

        r.now += cases[i].ran_ms * (S / 1000);
        exited(&r, 7, 1);
        if (cases[i].pause_s == 0) {
            expect(&r, "FETCH a", SLOT_FETCHING);
        } else {
            expect(&r, "", SLOT_BACKING_OFF);
            assert_int_equal(r.slot.due, r.now + cases[i].pause_s * S);
        }
    }
}

/* As by `gale kill_workers`. */
static void that_somebody_tells_it_to_end_counts_for_nothing(void **state)
{
    static const struct slot_end terminated = {.known = true, .signal = 15};
    struct slot_run r = ended_before(3);

    (void)state;
    for (int i = 0; i < 5; i++) {
        r.now += S;
        ended(&r, 7, terminated, "");
        assert_int_equal(r.slot.reason, SLOT_TERMINATED);
        expect(&r, "FETCH a", SLOT_FETCHING);
        comes_up(&r, 7);
    }
    exited(&r, 7, 1);
    expect(&r, "", SLOT_BACKING_OFF);
    assert_int_equal(r.slot.due, r.now + 4 * S);
}

static void one_whose_code_tells_it_to_end_is_not_started_without_end(
    void **state)
{
    static const struct slot_end terminated = {.known = true, .signal = 15};
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    ended(&r, 7, terminated, "");
    files(&r);
    started(&r, 7);
    ended(&r, 7, terminated, "");
    expect(&r, "", SLOT_BACKING_OFF);
}

static void why_it_ended_is_a_sentence(void **state)
{
    static const struct {
        struct slot_end end;
        const char *words;
        enum slot_reason reason;
        const char *why;
    } cases[] = {
        {{.known = true, .status = 1},
         "cannot load x.so",
         SLOT_PROCESS_EXIT,
         "the worker ended with status 1: cannot load x.so"},
        {{.known = true, .status = 0},
         "",
         SLOT_PROCESS_EXIT,
         "the worker ended with status 0"},
        {{.known = true, .signal = 11},
         NULL,
         SLOT_PROCESS_SIGNAL,
         "the worker was ended by signal 11 (Segmentation fault)"},
        {{.known = true, .status = 128 + 15},
         "",
         SLOT_TERMINATED,
         "the worker was told to end with SIGTERM, as `gale kill_workers` "
         "does"},
        {{.known = true, .signal = 9, .out_of_memory = true},
         "",
         SLOT_OUT_OF_MEMORY,
         "the worker was killed for lack of memory"},
        {{.known = false},
         "",
         SLOT_PROCESS_GONE,
         "the worker ended, of what is not known: it was started by an "
         "earlier supervisor"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slot_run r = slot_run_running(a, 7);

        ended(&r, 7, cases[i].end, cases[i].words);
        assert_int_equal(r.slot.reason, cases[i].reason);
        assert_string_equal(r.slot.why, cases[i].why);
    }
}

static void the_end_of_another_process_is_not_its_own(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    exited(&r, 6, 1);
    expect(&r, "", SLOT_RUNNING);
    reported(&r, 6);
    assert_int_equal(r.slot.due, r.now + 30 * S);
}

/* -- it closes ------------------------------------------------------------- */

static void one_that_has_closed_is_not_started_again(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    want(&r, a_closing);
    exited(&r, 7, 0);
    expect(&r, "REMOVE a", SLOT_EMPTY);
    assert_int_equal(r.slot.reason, SLOT_CLOSED);
    want(&r, a_closing);
    expect(&r, "", SLOT_EMPTY);
    want(&r, none);
    expect(&r, "", SLOT_EMPTY);
    want(&r, a_again);
    expect(&r, "FETCH a", SLOT_FETCHING);
}

static void one_that_crashes_while_it_closes_is_started_again(void **state)
{
    static const struct {
        struct slot_end end;
        const char *words;
    } cases[] = {
        {{.known = true, .status = 1}, ""},
        {{.known = true, .signal = 11}, ""},
        {{.known = false, .out_of_memory = true}, ""},
        {{.known = false}, "segmentation fault in bolt"},
        {{.known = false}, ""}, /* adopted, and killed */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slot_run r = slot_run_running(a_closing, 7);

        ended(&r, 7, cases[i].end, cases[i].words);
        expect(&r, "FETCH a", SLOT_FETCHING);
    }
}

/* -- it is silent ---------------------------------------------------------- */

static void one_that_never_reports_is_ended_and_told_of(void **state)
{
    struct slot_run r = slot_run_new();

    (void)state;
    run_until_started(&r, a, 7);
    assert_int_equal(r.slot.due, r.now + 120 * S);
    time_comes(&r);
    expect(&r, "TERM 7", SLOT_STOPPING);
    assert_string_equal(r.slot.why,
                        "the worker did not report within 120 s of its start");
    time_comes(&r);
    expect(&r, "KILL 7", SLOT_STOPPING);
    ended(&r, 7, (struct slot_end){.known = true, .signal = 9}, "");
    expect(&r, "COMPLAIN a, FETCH a", SLOT_FETCHING);
}

static void one_that_reports_no_more_is_ended_and_started_again(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    r.now += 29 * S;
    reported(&r, 7);
    time_comes(&r);
    expect(&r, "TERM 7", SLOT_STOPPING);
    assert_int_equal(r.slot.reason, SLOT_REPORT_TIMEOUT);
    assert_string_equal(r.slot.why, "the worker did not report for 30 s");
    exited(&r, 7, 143);
    expect(&r, "FETCH a", SLOT_FETCHING);
}

static void a_supervisor_that_stood_still_listens_before_it_judges(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    r.now = r.slot.due + 60 * S;
    step(&r, (struct slot_event){.kind = SLOT_TIME});
    expect(&r, "", SLOT_RUNNING);
    assert_int_equal(r.slot.due, r.now + SLOT_LATE_NS);
    time_comes(&r);
    expect(&r, "TERM 7", SLOT_STOPPING);
}

static void a_time_that_comes_too_early_does_nothing(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    r.now = r.slot.due - 1;
    step(&r, (struct slot_event){.kind = SLOT_TIME});
    expect(&r, "", SLOT_RUNNING);
}

/* -- it does not start ----------------------------------------------------- */

static void fail_to_start(struct slot_run *r)
{
    files(r);
    step(r, (struct slot_event){.kind = SLOT_NOT_STARTED,
                                .ticket = r->slot.ticket,
                                .text = "no memory"});
}

static void three_starts_that_fail_in_a_minute_are_told_of(void **state)
{
    struct slot_run r = slot_run_new();

    (void)state;
    want(&r, a);
    fail_to_start(&r);
    expect(&r, "FETCH a", SLOT_FETCHING);
    fail_to_start(&r);
    expect(&r, "", SLOT_BACKING_OFF);
    time_comes(&r);
    fail_to_start(&r);
    expect(&r, "COMPLAIN a", SLOT_BACKING_OFF);
    assert_string_equal(r.actions.list[0].text,
                        "the worker could not be started: no memory");
    time_comes(&r);
    fail_to_start(&r); /* counted anew */
    expect(&r, "", SLOT_BACKING_OFF);
}

static void three_in_more_than_a_minute_are_not(void **state)
{
    struct slot_run r = slot_run_new();

    (void)state;
    want(&r, a);
    fail_to_start(&r);
    r.now += 59 * S;
    fail_to_start(&r);
    time_comes(&r);
    r.now += S;
    fail_to_start(&r);
    expect(&r, "", SLOT_BACKING_OFF);
}

static void a_process_that_ends_before_its_report_is_a_start_that_failed(
    void **state)
{
    struct slot_run r = slot_run_new();

    (void)state;
    want(&r, a);
    for (int i = 0; i < 3; i++) {
        if (r.slot.state == SLOT_BACKING_OFF)
            time_comes(&r);
        files(&r);
        started(&r, 7 + i);
        ended(&r, 7 + i, (struct slot_end){.known = true, .status = 1},
              "libfoo.so: no such file");
    }
    expect(&r, "COMPLAIN a", SLOT_BACKING_OFF);
    assert_string_equal(
        r.slot.why, "the worker ended with status 1: libfoo.so: no such file");
}

static void one_that_had_reported_has_started(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    for (int i = 0; i < 5; i++) {
        exited(&r, 7 + i, 1);
        if (r.slot.state == SLOT_BACKING_OFF)
            time_comes(&r);
        expect(&r, "FETCH a", SLOT_FETCHING);
        files(&r);
        started(&r, 8 + i);
        reported(&r, 8 + i);
    }
}

static void that_one_ran_before_is_no_start(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    exited(&r, 7, 1);
    for (int i = 0; i < 3; i++) {
        if (r.slot.state == SLOT_BACKING_OFF)
            time_comes(&r);
        fail_to_start(&r);
    }
    expect(&r, "COMPLAIN a", SLOT_BACKING_OFF);
}

static void files_that_do_not_come_are_a_start_that_failed(void **state)
{
    struct slot_run r = slot_run_new();

    (void)state;
    want(&r, a);
    step(&r, (struct slot_event){.kind = SLOT_FILES_FAILED,
                                 .ticket = r.slot.ticket,
                                 .text = "a hash does not match"});
    expect(&r, "FETCH a", SLOT_FETCHING);
    assert_string_equal(r.slot.why, "the worker's files could not be fetched: "
                                    "a hash does not match");
    assert_int_equal(r.slot.failed[0], r.now);
}

/* -- sentences ------------------------------------------------------------- */

static void what_a_plugin_said_cannot_steer_a_terminal(void **state)
{
    char text[SLOT_WHY_MAX];

    (void)state;
    slot_reason_text(text, SLOT_FETCH_FAILED, NULL, 0,
                     "a\x1b[2Jb\xff"
                     "c\xc2\x9b"
                     "d\te caf\xc3\xa9");
    assert_string_equal(text, "the worker's files could not be fetched: "
                              "a?[2Jb?c?d e caf\xc3\xa9");
}

static void what_was_said_is_cut_between_characters(void **state)
{
    char text[SLOT_WHY_MAX], long_text[2000];

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(long_text); i += 2)
        memcpy(long_text + i, "\xc3\xa9", 3);
    for (int odd = 0; odd < 2; odd++) {
        long_text[0] = 'x';
        slot_reason_text(text, SLOT_FETCH_FAILED, NULL, 0, long_text + odd);
        assert_true(strlen(text) >= SLOT_WHY_MAX - 3);
        assert_int_equal((unsigned char)text[strlen(text) - 1], 0xa9);
    }
}

static void every_reason_and_state_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i <= SLOT_FETCH_FAILED; i++)
        assert_non_null(slot_reason_name((enum slot_reason)i));
    for (int i = 0; i <= SLOT_BACKING_OFF; i++)
        assert_non_null(slot_state_name((enum slot_state)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_again_at_once_then_ever_later_up_to_30_s),
        cmocka_unit_test(
            running_for_10_s_and_its_last_pause_makes_up_for_all_ends),
        cmocka_unit_test(that_somebody_tells_it_to_end_counts_for_nothing),
        cmocka_unit_test(
            one_whose_code_tells_it_to_end_is_not_started_without_end),
        cmocka_unit_test(why_it_ended_is_a_sentence),
        cmocka_unit_test(the_end_of_another_process_is_not_its_own),
        cmocka_unit_test(one_that_has_closed_is_not_started_again),
        cmocka_unit_test(one_that_crashes_while_it_closes_is_started_again),
        cmocka_unit_test(one_that_never_reports_is_ended_and_told_of),
        cmocka_unit_test(one_that_reports_no_more_is_ended_and_started_again),
        cmocka_unit_test(
            a_supervisor_that_stood_still_listens_before_it_judges),
        cmocka_unit_test(a_time_that_comes_too_early_does_nothing),
        cmocka_unit_test(three_starts_that_fail_in_a_minute_are_told_of),
        cmocka_unit_test(three_in_more_than_a_minute_are_not),
        cmocka_unit_test(
            a_process_that_ends_before_its_report_is_a_start_that_failed),
        cmocka_unit_test(one_that_had_reported_has_started),
        cmocka_unit_test(that_one_ran_before_is_no_start),
        cmocka_unit_test(files_that_do_not_come_are_a_start_that_failed),
        cmocka_unit_test(what_a_plugin_said_cannot_steer_a_terminal),
        cmocka_unit_test(what_was_said_is_cut_between_characters),
        cmocka_unit_test(every_reason_and_state_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
