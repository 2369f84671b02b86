/*
 * test_slot.c - one port of a supervisor: what follows from what happens.
 *
 * A case is a list of steps: an event at a second, the actions that follow, in
 * words ("FETCH", "TERM 7"), and the state after it.
 */
#include "tests/support/cmocka_all.h"
#include "supervisor/slot.h"
#include <stdio.h>
#include <string.h>

#define S INT64_C(1000000000)

/* Start 120 s, report 30 s, grace 3 s. */
static const struct slot_times times = {120 * S, 30 * S, 3 * S};

static const struct slot_wanted none;
static const struct slot_wanted a = {"a-1-1", 0, 1, 1, true, false};
static const struct slot_wanted a_v2 = {"a-1-1", 0, 1, 2, true, false};
static const struct slot_wanted a_idle = {"a-1-1", 0, 1, 1, false, false};
static const struct slot_wanted a_closing = {"a-1-1", 0, 1, 1, false, true};
static const struct slot_wanted a_again = {"a-1-1", 0, 5, 5, true, false};
static const struct slot_wanted b = {"b-2-1", 3, 2, 2, true, false};

static const char *const kinds[] = {"FETCH", "START",  "ORDER",   "TERM",
                                    "KILL",  "REMOVE", "COMPLAIN"};

struct run {
    struct slot slot;
    struct slot_actions actions;
    int64_t now;
    char said[256]; /* the actions of the last step */
};

static void put(struct run *r, const struct slot_action *action)
{
    size_t n = strlen(r->said);

    n += (size_t)snprintf(r->said + n, sizeof(r->said) - n, "%s%s",
                          n ? ", " : "", kinds[action->kind]);
    if (action->kind == SLOT_TERM || action->kind == SLOT_KILL ||
        action->kind == SLOT_ORDER)
        snprintf(r->said + n, sizeof(r->said) - n, " %d", action->pid);
    else
        snprintf(r->said + n, sizeof(r->said) - n, " %c",
                 action->worker.topology[0]);
}

static void step(struct run *r, struct slot_event event)
{
    slot_step(&r->slot, &event, r->now, &r->actions);
    r->said[0] = '\0';
    for (uint32_t i = 0; i < r->actions.n; i++)
        put(r, &r->actions.list[i]);
}

#define expect(r, actions_, state_)                                            \
    do {                                                                       \
        assert_string_equal((r)->said, actions_);                              \
        assert_string_equal(slot_state_name((r)->slot.state),                  \
                            slot_state_name(state_));                          \
    } while (0)

static struct run new_run(void)
{
    struct run r = {.now = 1000 * S};

    slot_init(&r.slot, times);
    return r;
}

/* -- events ---------------------------------------------------------------- */

static void want(struct run *r, struct slot_wanted wanted)
{
    step(r, (struct slot_event){.kind = SLOT_WANTED, .wanted = wanted});
}

static void files(struct run *r)
{
    step(r, (struct slot_event){.kind = SLOT_FILES_READY,
                                .ticket = r->slot.ticket});
}

static void started(struct run *r, int pid)
{
    step(r, (struct slot_event){.kind = SLOT_STARTED,
                                .ticket = r->slot.ticket,
                                .pid = pid,
                                .start = 77});
}

static void reported(struct run *r, int pid)
{
    step(r, (struct slot_event){
                .kind = SLOT_REPORTED, .pid = pid, .wanted = r->slot.has});
}

static void ended(struct run *r, int pid, struct slot_end end, const char *text)
{
    step(r, (struct slot_event){
                .kind = SLOT_ENDED, .pid = pid, .end = end, .text = text});
}

static void exited(struct run *r, int pid, int status)
{
    ended(r, pid, (struct slot_end){.known = true, .status = status}, "");
}

static void adopted(struct run *r, int pid, struct slot_wanted as)
{
    step(r, (struct slot_event){
                .kind = SLOT_ADOPTED, .pid = pid, .start = 77, .wanted = as});
}

/* As the timer would: at the time that it is due. */
static void time_comes(struct run *r)
{
    assert_true(r->slot.due != INT64_MAX);
    if (r->slot.due > r->now)
        r->now = r->slot.due;
    step(r, (struct slot_event){.kind = SLOT_TIME});
}

static void run_until_started(struct run *r, struct slot_wanted wanted, int pid)
{
    want(r, wanted);
    files(r);
    started(r, pid);
}

static struct run running(struct slot_wanted wanted, int pid)
{
    struct run r = new_run();

    run_until_started(&r, wanted, pid);
    reported(&r, pid);
    expect(&r, "", SLOT_RUNNING);
    return r;
}

/* -- the usual life -------------------------------------------------------- */

static void files_come_first_then_the_process_then_its_report(void **state)
{
    struct run r = new_run();

    (void)state;
    want(&r, a);
    expect(&r, "FETCH a", SLOT_FETCHING);
    files(&r);
    expect(&r, "START a", SLOT_STARTING);
    started(&r, 7);
    expect(&r, "", SLOT_STARTING);
    reported(&r, 7);
    expect(&r, "", SLOT_RUNNING);
    assert_int_equal(r.slot.due, r.now + 30 * S);
}

static void the_same_again_changes_nothing(void **state)
{
    struct run r = running(a, 7);

    (void)state;
    want(&r, a);
    expect(&r, "", SLOT_RUNNING);
}

static void another_version_or_activity_is_only_told(void **state)
{
    const struct slot_wanted others[] = {a_v2, a_idle, a_closing};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct run r = running(a, 7);

        want(&r, others[i]);
        expect(&r, "ORDER 7", SLOT_RUNNING);
        assert_int_equal(r.actions.list[0].worker.version, others[i].version);
        assert_int_equal(r.actions.list[0].worker.active, others[i].active);
    }
}

static void a_worker_that_has_not_heard_the_order_is_told_again(void **state)
{
    struct run r = running(a, 7);

    (void)state;
    want(&r, a_v2);
    step(&r, (struct slot_event){.kind = SLOT_REPORTED, .pid = 7, .wanted = a});
    expect(&r, "ORDER 7", SLOT_RUNNING);
    step(&r,
         (struct slot_event){.kind = SLOT_REPORTED, .pid = 7, .wanted = a_v2});
    expect(&r, "", SLOT_RUNNING);
}

static void what_was_told_while_it_started_reaches_it_with_its_report(
    void **state)
{
    struct run r = new_run();

    (void)state;
    run_until_started(&r, a, 7);
    want(&r, a_idle);
    expect(&r, "", SLOT_STARTING);
    step(&r, (struct slot_event){.kind = SLOT_REPORTED, .pid = 7, .wanted = a});
    expect(&r, "ORDER 7", SLOT_RUNNING);
}

/* -- another one is wanted ------------------------------------------------- */

static void the_next_one_starts_when_the_old_one_is_gone(void **state)
{
    const struct slot_wanted others[] = {b, a_again};
    const char *const expected[] = {"REMOVE a, FETCH b", "REMOVE a, FETCH a"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct run r = running(a, 7);

        want(&r, others[i]);
        expect(&r, "TERM 7", SLOT_STOPPING);
        assert_int_equal(r.slot.reason, SLOT_ASSIGNMENT_CHANGED);
        reported(&r, 7);
        expect(&r, "", SLOT_STOPPING);
        exited(&r, 7, 0);
        expect(&r, expected[i], SLOT_FETCHING);
        assert_int_equal(r.actions.list[0].worker.birth, a.birth);
        assert_int_equal(r.actions.list[1].worker.birth, others[i].birth);
    }
}

static void what_does_not_end_in_its_grace_is_killed_and_again(void **state)
{
    struct run r = running(a, 7);

    (void)state;
    want(&r, none);
    expect(&r, "TERM 7", SLOT_STOPPING);
    assert_int_equal(r.slot.due, r.now + 3 * S);
    time_comes(&r);
    expect(&r, "KILL 7", SLOT_STOPPING);
    time_comes(&r);
    expect(&r, "KILL 7", SLOT_STOPPING);
    ended(&r, 7, (struct slot_end){.known = true, .signal = 9}, "");
    expect(&r, "REMOVE a", SLOT_EMPTY);
    assert_int_equal(r.slot.reason, SLOT_NOT_WANTED);
    assert_int_equal(r.slot.due, INT64_MAX);
}

static void one_that_is_wanted_again_while_it_stops_starts_at_once(void **state)
{
    struct run r = running(a, 7);

    (void)state;
    want(&r, none);
    want(&r, a);
    expect(&r, "", SLOT_STOPPING);
    exited(&r, 7, 0);
    expect(&r, "FETCH a", SLOT_FETCHING);
}

static void what_was_fetched_for_another_one_starts_nothing(void **state)
{
    struct run r = new_run();
    uint64_t ticket;

    (void)state;
    want(&r, a);
    ticket = r.slot.ticket;
    want(&r, b);
    expect(&r, "FETCH b", SLOT_FETCHING);
    step(&r, (struct slot_event){.kind = SLOT_FILES_READY, .ticket = ticket});
    expect(&r, "", SLOT_FETCHING);
    files(&r);
    expect(&r, "START b", SLOT_STARTING);
}

static void a_process_that_comes_when_nobody_wants_it_ends_at_once(void **state)
{
    struct run r = new_run();

    (void)state;
    want(&r, a);
    files(&r);
    want(&r, none);
    expect(&r, "", SLOT_STOPPING);
    started(&r, 7);
    expect(&r, "TERM 7", SLOT_STOPPING);
    exited(&r, 7, 143);
    expect(&r, "REMOVE a", SLOT_EMPTY);
}

static void a_start_that_fails_when_nobody_wants_it_any_more_is_over(
    void **state)
{
    struct run r = new_run();

    (void)state;
    want(&r, a);
    files(&r);
    want(&r, b);
    step(&r, (struct slot_event){.kind = SLOT_NOT_STARTED,
                                 .ticket = r.slot.ticket,
                                 .text = "no memory"});
    expect(&r, "REMOVE a, FETCH b", SLOT_FETCHING);
}

/* -- it ends by itself ----------------------------------------------------- */

static void it_starts_again_at_once_then_ever_later_up_to_30_s(void **state)
{
    static const int64_t pauses[] = {0, 1, 2, 4, 8, 16, 30, 30, 30};
    struct run r = running(a, 7);

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

static void when_it_ran_well_for_a_minute_its_past_is_forgiven(void **state)
{
    struct run r = running(a, 7);

    (void)state;
    exited(&r, 7, 1);
    files(&r);
    started(&r, 8);
    reported(&r, 8);
    r.now += 59 * S;
    exited(&r, 8, 1);
    expect(&r, "", SLOT_BACKING_OFF);
    time_comes(&r);
    files(&r);
    started(&r, 9);
    reported(&r, 9);
    r.now += 60 * S;
    exited(&r, 9, 1);
    expect(&r, "FETCH a", SLOT_FETCHING);
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
        struct run r = running(a, 7);

        ended(&r, 7, cases[i].end, cases[i].words);
        assert_int_equal(r.slot.reason, cases[i].reason);
        assert_string_equal(r.slot.why, cases[i].why);
    }
}

static void the_end_of_another_process_is_not_its_own(void **state)
{
    struct run r = running(a, 7);

    (void)state;
    exited(&r, 6, 1);
    expect(&r, "", SLOT_RUNNING);
    reported(&r, 6);
    assert_int_equal(r.slot.due, r.now + 30 * S);
}

/* -- it closes ------------------------------------------------------------- */

static void one_that_has_closed_is_not_started_again(void **state)
{
    struct run r = running(a, 7);

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
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run r = running(a_closing, 7);

        ended(&r, 7, cases[i].end, cases[i].words);
        expect(&r, "FETCH a", SLOT_FETCHING);
    }
}

static void one_that_was_adopted_and_says_nothing_has_closed(void **state)
{
    struct run r = running(a_closing, 7);

    (void)state;
    ended(&r, 7, (struct slot_end){.known = false}, "");
    expect(&r, "REMOVE a", SLOT_EMPTY);
}

/* -- it is silent ---------------------------------------------------------- */

static void one_that_never_reports_is_ended_and_told_of(void **state)
{
    struct run r = new_run();

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
    struct run r = running(a, 7);

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
    struct run r = running(a, 7);

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
    struct run r = running(a, 7);

    (void)state;
    r.now = r.slot.due - 1;
    step(&r, (struct slot_event){.kind = SLOT_TIME});
    expect(&r, "", SLOT_RUNNING);
}

/* -- it does not start ----------------------------------------------------- */

static void fail_to_start(struct run *r)
{
    files(r);
    step(r, (struct slot_event){.kind = SLOT_NOT_STARTED,
                                .ticket = r->slot.ticket,
                                .text = "no memory"});
}

static void three_starts_that_fail_in_a_minute_are_told_of(void **state)
{
    struct run r = new_run();

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
    struct run r = new_run();

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
    struct run r = new_run();

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
    struct run r = running(a, 7);

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
    struct run r = running(a, 7);

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
    struct run r = new_run();

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

/* -- adoption -------------------------------------------------------------- */

static void one_that_is_adopted_runs_before_anybody_says_what_is_wanted(
    void **state)
{
    struct run r = new_run();

    (void)state;
    adopted(&r, 7, a);
    expect(&r, "", SLOT_RUNNING);
    want(&r, a_v2);
    expect(&r, "ORDER 7", SLOT_RUNNING);
}

static void one_that_is_adopted_and_not_wanted_ends(void **state)
{
    const struct slot_wanted wanted[] = {none, b, a_again};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct run before = new_run(), after = new_run();

        want(&before, wanted[i]);
        adopted(&before, 7, a);
        expect(&before, "TERM 7", SLOT_STOPPING);
        adopted(&after, 7, a);
        want(&after, wanted[i]);
        expect(&after, "TERM 7", SLOT_STOPPING);
    }
}

static void one_that_is_adopted_takes_the_place_of_a_fetch(void **state)
{
    struct run r = new_run();
    uint64_t ticket;

    (void)state;
    want(&r, a);
    ticket = r.slot.ticket;
    adopted(&r, 7, a);
    expect(&r, "", SLOT_RUNNING);
    step(&r, (struct slot_event){.kind = SLOT_FILES_READY, .ticket = ticket});
    expect(&r, "", SLOT_RUNNING);
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
        cmocka_unit_test(files_come_first_then_the_process_then_its_report),
        cmocka_unit_test(the_same_again_changes_nothing),
        cmocka_unit_test(another_version_or_activity_is_only_told),
        cmocka_unit_test(a_worker_that_has_not_heard_the_order_is_told_again),
        cmocka_unit_test(
            what_was_told_while_it_started_reaches_it_with_its_report),
        cmocka_unit_test(the_next_one_starts_when_the_old_one_is_gone),
        cmocka_unit_test(what_does_not_end_in_its_grace_is_killed_and_again),
        cmocka_unit_test(
            one_that_is_wanted_again_while_it_stops_starts_at_once),
        cmocka_unit_test(what_was_fetched_for_another_one_starts_nothing),
        cmocka_unit_test(
            a_process_that_comes_when_nobody_wants_it_ends_at_once),
        cmocka_unit_test(
            a_start_that_fails_when_nobody_wants_it_any_more_is_over),
        cmocka_unit_test(it_starts_again_at_once_then_ever_later_up_to_30_s),
        cmocka_unit_test(when_it_ran_well_for_a_minute_its_past_is_forgiven),
        cmocka_unit_test(why_it_ended_is_a_sentence),
        cmocka_unit_test(the_end_of_another_process_is_not_its_own),
        cmocka_unit_test(one_that_has_closed_is_not_started_again),
        cmocka_unit_test(one_that_crashes_while_it_closes_is_started_again),
        cmocka_unit_test(one_that_was_adopted_and_says_nothing_has_closed),
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
        cmocka_unit_test(
            one_that_is_adopted_runs_before_anybody_says_what_is_wanted),
        cmocka_unit_test(one_that_is_adopted_and_not_wanted_ends),
        cmocka_unit_test(one_that_is_adopted_takes_the_place_of_a_fetch),
        cmocka_unit_test(what_a_plugin_said_cannot_steer_a_terminal),
        cmocka_unit_test(what_was_said_is_cut_between_characters),
        cmocka_unit_test(every_reason_and_state_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
