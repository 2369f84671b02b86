/* test_slot.c - one port of a supervisor: starts, orders, stops, adoption. */
#include "tests/support/slot_run.h"

/* -- the usual life -------------------------------------------------------- */

static void files_come_first_then_the_process_then_its_report(void **state)
{
    struct slot_run r = slot_run_new();

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
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    want(&r, a);
    expect(&r, "", SLOT_RUNNING);
}

static void another_version_or_activity_is_only_told(void **state)
{
    const struct slot_wanted others[] = {a_v2, a_idle, a_closing};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct slot_run r = slot_run_running(a, 7);

        want(&r, others[i]);
        expect(&r, "ORDER 7", SLOT_RUNNING);
        assert_int_equal(r.actions.list[0].worker.version, others[i].version);
        assert_int_equal(r.actions.list[0].worker.active, others[i].active);
    }
}

static void a_worker_that_has_not_heard_the_order_is_told_again(void **state)
{
    struct slot_run r = slot_run_running(a, 7);

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
    struct slot_run r = slot_run_new();

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
        struct slot_run r = slot_run_running(a, 7);

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
    struct slot_run r = slot_run_running(a, 7);

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
    struct slot_run r = slot_run_running(a, 7);

    (void)state;
    want(&r, none);
    want(&r, a);
    expect(&r, "", SLOT_STOPPING);
    exited(&r, 7, 0);
    expect(&r, "FETCH a", SLOT_FETCHING);
}

static void what_was_fetched_for_another_one_starts_nothing(void **state)
{
    struct slot_run r = slot_run_new();
    uint64_t ticket;

    (void)state;
    want(&r, a);
    ticket = r.slot.ticket;
    want(&r, b);
    expect(&r, "REMOVE a, FETCH b", SLOT_FETCHING);
    step(&r, (struct slot_event){.kind = SLOT_FILES_READY, .ticket = ticket});
    expect(&r, "", SLOT_FETCHING);
    files(&r);
    expect(&r, "START b", SLOT_STARTING);
}

static void what_was_fetched_and_is_wanted_no_more_leaves_nothing(void **state)
{
    struct slot_run r = slot_run_new(), again = slot_run_running(a, 7);

    (void)state;
    want(&r, a);
    want(&r, none);
    expect(&r, "REMOVE a", SLOT_EMPTY);
    exited(&again, 7, 1);
    expect(&again, "FETCH a", SLOT_FETCHING);
    want(&again, none);
    expect(&again, "REMOVE a", SLOT_EMPTY);
}

static void a_process_that_comes_when_nobody_wants_it_ends_at_once(void **state)
{
    struct slot_run r = slot_run_new();

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
    struct slot_run r = slot_run_new();

    (void)state;
    want(&r, a);
    files(&r);
    want(&r, b);
    step(&r, (struct slot_event){.kind = SLOT_NOT_STARTED,
                                 .ticket = r.slot.ticket,
                                 .text = "no memory"});
    expect(&r, "REMOVE a, FETCH b", SLOT_FETCHING);
}

/* -- adoption -------------------------------------------------------------- */

static void one_that_is_adopted_runs_before_anybody_says_what_is_wanted(
    void **state)
{
    struct slot_run r = slot_run_new();

    (void)state;
    adopted(&r, 7, a);
    expect(&r, "", SLOT_RUNNING);
    want(&r, a_v2);
    expect(&r, "ORDER 7", SLOT_RUNNING);
}

static void one_that_is_adopted_and_not_wanted_ends(void **state)
{
    const struct slot_wanted wanted[] = {none, b, a_again};
    const char *const expected[] = {"TERM 7", "REMOVE b, TERM 7",
                                    "REMOVE a, TERM 7"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct slot_run before = slot_run_new(), after = slot_run_new();

        want(&before, wanted[i]);
        adopted(&before, 7, a);
        expect(&before, expected[i], SLOT_STOPPING);
        adopted(&after, 7, a);
        want(&after, wanted[i]);
        expect(&after, "TERM 7", SLOT_STOPPING);
    }
}

static void one_that_is_adopted_takes_the_place_of_a_fetch(void **state)
{
    struct slot_run r = slot_run_new();
    uint64_t ticket;

    (void)state;
    want(&r, a);
    ticket = r.slot.ticket;
    adopted(&r, 7, a);
    expect(&r, "", SLOT_RUNNING);
    step(&r, (struct slot_event){.kind = SLOT_FILES_READY, .ticket = ticket});
    expect(&r, "", SLOT_RUNNING);
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
        cmocka_unit_test(what_was_fetched_and_is_wanted_no_more_leaves_nothing),
        cmocka_unit_test(
            a_process_that_comes_when_nobody_wants_it_ends_at_once),
        cmocka_unit_test(
            a_start_that_fails_when_nobody_wants_it_any_more_is_over),
        cmocka_unit_test(
            one_that_is_adopted_runs_before_anybody_says_what_is_wanted),
        cmocka_unit_test(one_that_is_adopted_and_not_wanted_ends),
        cmocka_unit_test(one_that_is_adopted_takes_the_place_of_a_fetch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
