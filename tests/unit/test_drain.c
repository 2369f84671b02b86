/* test_drain.c - which reports count, what they show, who is led where. */
#include "tests/support/cmocka_all.h"
#include "nimbus/drain.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two turns; rounds begin at 100, and the assignment is version 7. */
enum { TURNS = 2, FIRST = 100, VERSION = 7, STOP = 1, CLOSE = 4 };

struct rig {
    struct drain drain;
    struct drain_actions actions;
    uint64_t number;
    char text[400];
};

static void happens(struct rig *r, struct drain_event event)
{
    size_t n = 0;

    drain_step(&r->drain, &event, &r->actions);
    r->text[0] = '\0';
    for (uint32_t i = 0; i < r->actions.n; i++) {
        const struct drain_action *a = &r->actions.list[i];
        static const char *const words[] = {[DRAIN_EXHAUSTED] = "exhausted",
                                            [DRAIN_DRAINED] = "drained",
                                            [DRAIN_ENDED] = "ended"};

        n += (size_t)snprintf(r->text + n, sizeof(r->text) - n, "%s",
                              i > 0 ? ", " : "");
        if (a->kind == DRAIN_ORDER)
            n += (size_t)snprintf(r->text + n, sizeof(r->text) - n,
                                  "%" PRIu32 " to %" PRIu32 " round %" PRIu64,
                                  a->worker, a->stage, a->round);
        else
            n += (size_t)snprintf(r->text + n, sizeof(r->text) - n, "%s",
                                  words[a->kind]);
    }
}

#define expect(rig, expected) assert_string_equal((rig)->text, expected)

static void rig_init(struct rig *r, uint32_t n, enum drain_goal goal)
{
    *r = (struct rig){.number = 0};
    drain_init(&r->drain, TURNS, FIRST);
    happens(r, (struct drain_event){
                   .kind = DRAIN_ASSIGNED, .version = VERSION, .n_workers = n});
    happens(r, (struct drain_event){.kind = DRAIN_SET_GOAL, .goal = goal});
}

static void rig_fini(struct rig *r)
{
    drain_free(&r->drain);
    free(r->actions.list);
}

/* All is still, and the last round is answered, unless it is changed. */
static struct drain_report still(struct rig *r, uint32_t worker, uint32_t stage)
{
    return (struct drain_report){.worker = worker,
                                 .version = VERSION,
                                 .incarnation = worker + 10,
                                 .number = ++r->number,
                                 .round = r->drain.asked ? r->drain.round : 0,
                                 .stage = stage,
                                 .quiet = true,
                                 .exhausted = true,
                                 .sent = 5,
                                 .received = 5};
}

static void says(struct rig *r, struct drain_report report)
{
    happens(r, (struct drain_event){.kind = DRAIN_REPORT, .report = &report});
}

static void all_say(struct rig *r, uint32_t stage)
{
    for (uint32_t i = 0; i < r->drain.n_workers; i++)
        says(r, still(r, i, stage));
}

static void ends(struct rig *r, uint32_t worker)
{
    happens(r, (struct drain_event){.kind = DRAIN_ENDED_IT,
                                    .worker = worker,
                                    .incarnation = worker + 10});
}

static void ticks(struct rig *r)
{
    happens(r, (struct drain_event){.kind = DRAIN_TICK});
}

static void two_rounds_of_reports_show_that_nothing_is_under_way(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, 2, DRAIN_WATCH);
    expect(&r, "");
    says(&r, still(&r, 0, 0));
    expect(&r, "");
    says(&r, still(&r, 1, 0));
    expect(&r, "0 to 0 round 100, 1 to 0 round 100");
    says(&r, still(&r, 1, 0));
    expect(&r, "");
    says(&r, still(&r, 0, 0));
    expect(&r, "0 to 0 round 101, 1 to 0 round 101");
    says(&r, still(&r, 0, 0));
    expect(&r, "");
    says(&r, still(&r, 1, 0));
    expect(&r, "exhausted");
    all_say(&r, 0);
    expect(&r, "");
    rig_fini(&r);
}

/* In the second round, worker 1 says something else. */
static void whatever_is_not_still_begins_it_anew(void **state)
{
    static const struct {
        const char *what;
        struct drain_report said; /* instead, where it is not 0 */
        bool is_busy, has_more;
    } cases[] = {
        {.what = "not quiet", .is_busy = true},
        {.what = "a spout has more", .has_more = true},
        {.what = "pending", .said = {.pending = 1}},
        {.what = "sent and not received", .said = {.sent = 6}},
        {.what = "as much, but more", .said = {.sent = 6, .received = 6}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;
        struct drain_report report;

        rig_init(&r, 2, DRAIN_WATCH);
        all_say(&r, 0);
        all_say(&r, 0);
        says(&r, still(&r, 0, 0));
        report = still(&r, 1, 0);
        report.quiet = !cases[i].is_busy;
        report.exhausted = !cases[i].has_more;
        report.pending = cases[i].said.pending;
        report.sent += cases[i].said.sent;
        report.received += cases[i].said.received;
        says(&r, report);
        assert_null(strstr(r.text, "exhausted"));
        if (r.text[0] == '\0') {
            report = still(&r, 1, 0);
            says(&r, report); /* still now, in the same round */
        }
        expect(&r, "0 to 0 round 102, 1 to 0 round 102");
        rig_fini(&r);
    }
}

static void reports_that_do_not_count(void **state)
{
    static const struct {
        const char *what;
        uint64_t version, incarnation, number, round;
        uint32_t worker, stage;
    } cases[] = {
        {"of an older assignment", VERSION - 1, 10, 1000, 100, 0, 0},
        {"of a newer one", VERSION + 1, 10, 1000, 100, 0, 0},
        {"older than the one that was taken", VERSION, 10, 499, 100, 0, 0},
        {"the same again", VERSION, 10, 500, 100, 0, 0},
        {"of an earlier round", VERSION, 10, 1000, 99, 0, 0},
        {"of a round that nobody has asked for", VERSION, 10, 1000, 101, 0, 0},
        {"of a worker that is none", VERSION, 10, 1000, 100, 2, 0},
        {"at a stage that is none", VERSION, 10, 1000, 100, 0, CLOSE + 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;
        struct drain_report report;

        rig_init(&r, 2, DRAIN_WATCH);
        all_say(&r, 0);
        r.number = 499;
        says(&r, still(&r, 0, 0));
        report = still(&r, 0, 0);
        report.version = cases[i].version;
        report.incarnation = cases[i].incarnation;
        report.number = cases[i].number;
        report.round = cases[i].round;
        report.worker = cases[i].worker;
        report.stage = cases[i].stage;
        report.quiet = false;
        says(&r, report);
        expect(&r, "");
        r.number = 2000;
        says(&r, still(&r, 1, 0));
        expect(&r, "0 to 0 round 101, 1 to 0 round 101");
        rig_fini(&r);
    }
}

/* Of worker 0 there are two processes: 10, which was known, and 99. */
static void whoever_answers_the_next_round_is_there(void **state)
{
    struct rig r;
    struct drain_report stranger, late;

    (void)state;
    rig_init(&r, 2, DRAIN_WATCH);
    all_say(&r, 0);
    says(&r, still(&r, 0, 0));
    stranger = still(&r, 0, 0);
    stranger.incarnation = 99;
    stranger.round = 0;
    stranger.exhausted = false;
    says(&r, stranger);
    expect(&r, "0 to 0 round 101, 1 to 0 round 101");
    says(&r, stranger); /* is asked already */
    expect(&r, "");
    stranger.round = 101;
    says(&r, stranger);
    late = still(&r, 0, 0);
    late.round = 100;
    says(&r, late);
    expect(&r, "0 to 0 round 102, 1 to 0 round 102"); /* who is it this time? */
    assert_int_equal(r.drain.workers[0].last.incarnation, 99);
    stranger = still(&r, 0, 0);
    stranger.incarnation = 99;
    says(&r, still(&r, 1, 0));
    says(&r, stranger);
    expect(&r, "0 to 0 round 103, 1 to 0 round 103");
    rig_fini(&r);
}

static void who_is_replaced_between_two_rounds_has_to_answer_both(void **state)
{
    struct rig r;
    struct drain_report replaced;

    (void)state;
    rig_init(&r, 1, DRAIN_WATCH);
    all_say(&r, 0);
    all_say(&r, 0);
    replaced = still(&r, 0, 0);
    replaced.incarnation = 99;
    says(&r, replaced);
    expect(&r, "0 to 0 round 102");
    replaced = still(&r, 0, 0);
    replaced.incarnation = 99;
    says(&r, replaced);
    expect(&r, "exhausted");
    rig_fini(&r);
}

/* Worker 0 has ended; what its predecessor had said comes only now. */
static void what_was_said_before_somebody_ended_does_not_count(void **state)
{
    struct rig r;
    struct drain_report late;

    (void)state;
    rig_init(&r, 2, DRAIN_END);
    all_say(&r, 3);
    late = still(&r, 0, 3);
    late.incarnation = 97;
    ends(&r, 0);
    says(&r, late);
    assert_true(r.drain.workers[0].ended);
    rig_fini(&r);
}

static void what_is_not_answered_is_asked_again(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, 2, DRAIN_STOP);
    expect(&r, "0 to 1 round 99, 1 to 1 round 99");
    ticks(&r);
    expect(&r, "0 to 1 round 99, 1 to 1 round 99");
    says(&r, still(&r, 0, STOP));
    says(&r, still(&r, 1, 0));
    ticks(&r);
    expect(&r, "1 to 1 round 99");
    says(&r, still(&r, 1, STOP));
    expect(&r, "0 to 1 round 100, 1 to 1 round 100");
    says(&r, still(&r, 0, STOP));
    ticks(&r);
    expect(&r, "1 to 1 round 100");
    rig_fini(&r);
}

static void a_rebalance_waits_until_spouts_rest_and_nothing_is_pending(void **s)
{
    struct rig r;

    (void)s;
    rig_init(&r, 1, DRAIN_STOP);
    says(&r, still(&r, 0, 0));
    expect(&r, "0 to 1 round 99");
    all_say(&r, STOP);
    all_say(&r, STOP);
    expect(&r, "0 to 1 round 101");
    all_say(&r, STOP);
    expect(&r, "drained");
    rig_fini(&r);
}

/* Rounds until somebody is led on. */
static void until_led(struct rig *r, const uint32_t *stages)
{
    for (uint32_t round = 0; round < 4; round++)
        for (uint32_t i = 0; i < r->drain.n_workers; i++) {
            says(r, still(r, i, stages[i]));
            if (r->actions.n > 0 && r->actions.list[0].stage > stages[0])
                return;
        }
    fail_msg("nobody was led on");
}

static void all_are_led_to_the_end_turn_by_turn(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, 2, DRAIN_END);
    for (uint32_t stage = STOP; stage < CLOSE; stage++) {
        until_led(&r, (const uint32_t[]){stage, stage});
        assert_int_equal(r.actions.n, 2);
        for (uint32_t i = 0; i < 2; i++)
            assert_int_equal(r.actions.list[i].stage, stage + 1);
    }
    says(&r, still(&r, 0, CLOSE));
    expect(&r, "");
    ends(&r, 0);
    expect(&r, "");
    ends(&r, 1);
    expect(&r, "ended");
    ends(&r, 1); /* its supervisor says it again */
    expect(&r, "");
    rig_fini(&r);
}

static void only_who_is_behind_is_led_and_the_others_wait(void **state)
{
    static const uint32_t stages[][2] = {{1, 3}, {2, 3}};
    struct rig r;

    (void)state;
    rig_init(&r, 2, DRAIN_END); /* a leader that finds them so */
    for (uint32_t i = 0; i < 2; i++) {
        until_led(&r, stages[i]);
        assert_int_equal(r.actions.n, 1);
        assert_int_equal(r.actions.list[0].worker, 0);
        assert_int_equal(r.actions.list[0].stage, stages[i][0] + 1);
        assert_int_equal(r.actions.list[0].incarnation, 10);
    }
    until_led(&r, (const uint32_t[]){3, 3});
    assert_int_equal(r.actions.n, 2);
    assert_int_equal(r.actions.list[1].stage, CLOSE);
    rig_fini(&r);
}

static void when_one_closes_as_it_was_told_all_others_do(void **state)
{
    struct rig r;
    struct drain_report replaced;

    (void)state;
    rig_init(&r, 2, DRAIN_END);
    says(&r, still(&r, 0, CLOSE));
    says(&r, still(&r, 1, STOP));
    expect(&r, "1 to 4 round 99");
    ends(&r, 0);
    expect(&r, "");

    /* It is replaced by one that has just begun, and is not quiet. */
    replaced = still(&r, 1, 0);
    replaced.incarnation = 98;
    replaced.quiet = false;
    says(&r, replaced);
    expect(&r, "1 to 4 round 100");
    replaced.round = 100;
    says(&r, replaced);
    expect(&r, "1 to 1 round 100, 1 to 4 round 100");
    rig_fini(&r);
}

/* All were told to close, and one that has not said so yet is replaced. */
static void who_is_replaced_while_others_close_is_not_led_through_turns(
    void **s)
{
    struct rig r;
    struct drain_report replaced;

    (void)s;
    rig_init(&r, 2, DRAIN_END);
    until_led(&r, (const uint32_t[]){3, 3});
    replaced = still(&r, 0, 0);
    replaced.incarnation = 98;
    replaced.round = 0;
    says(&r, replaced);
    replaced.round = r.drain.round;
    says(&r, replaced);
    assert_int_equal(r.actions.list[r.actions.n - 1].stage, CLOSE);
    rig_fini(&r);
}

static void a_worker_that_has_ended_may_begin_again_and_is_told_to_close(
    void **s)
{
    struct rig r;
    struct drain_report again;

    (void)s;
    rig_init(&r, 2, DRAIN_END);
    ends(&r, 0);
    says(&r, still(&r, 0, CLOSE)); /* a late report */
    assert_true(r.drain.workers[0].ended);
    again = still(&r, 0, 0);
    again.incarnation = 98;
    again.round = 0;
    says(&r, again);
    assert_int_equal(r.actions.list[r.actions.n - 1].worker, 0);
    again.round = r.drain.round;
    says(&r, again);
    assert_false(r.drain.workers[0].ended);
    assert_int_equal(r.actions.list[r.actions.n - 1].stage, CLOSE);
    ends(&r, 1);
    expect(&r, "");
    happens(&r, (struct drain_event){
                    .kind = DRAIN_ENDED_IT, .worker = 0, .incarnation = 98});
    expect(&r, "ended");
    rig_fini(&r);
}

/* As a worker does that nobody has spoken to for long. */
static void who_ends_without_being_asked_to_is_not_quiet(void **state)
{
    static const enum drain_goal goals[] = {DRAIN_WATCH, DRAIN_STOP};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct rig r;

        rig_init(&r, 2, goals[i]);
        ends(&r, 0);
        for (uint32_t round = 0; round < 4; round++)
            says(&r, still(&r, 1, goals[i] == DRAIN_STOP));
        expect(&r, "");
        rig_fini(&r);
    }
}

static void another_assignment_begins_it_anew(void **state)
{
    struct rig r;
    struct drain_report report;

    (void)state;
    rig_init(&r, 1, DRAIN_WATCH);
    all_say(&r, 0);
    all_say(&r, 0);
    happens(&r, (struct drain_event){.kind = DRAIN_ASSIGNED,
                                     .version = VERSION + 1,
                                     .n_workers = 1});
    all_say(&r, 0);
    expect(&r, "");
    report = still(&r, 0, 0);
    report.version = VERSION + 1;
    says(&r, report);
    expect(&r, "0 to 0 round 102");
    rig_fini(&r);
}

static void what_is_given_up_is_said(void **state)
{
    struct rig r;
    struct drain_report report;
    char text[400];

    (void)state;
    rig_init(&r, 8, DRAIN_END);
    for (uint32_t i = 0; i < 8; i++) {
        report = still(&r, i, i == 3 ? CLOSE : STOP);
        report.quiet = i != 1;
        report.pending = i == 1 ? 17 : 0;
        if (i != 2)
            says(&r, report);
    }
    assert_true(drain_given_up(&r.drain, text, sizeof(text)));
    assert_string_equal(text,
                        "17 messages pending; worker 0 not led to the end "
                        "of its input; worker 1 not quiet; worker 2 not "
                        "heard; worker 4 not led to the end of its input; "
                        "worker 5 not led to the end of its input; and 2 "
                        "more workers");
    rig_fini(&r);

    rig_init(&r, 1, DRAIN_STOP);
    says(&r, still(&r, 0, STOP));
    assert_false(drain_given_up(&r.drain, text, sizeof(text)));
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_rounds_of_reports_show_that_nothing_is_under_way),
        cmocka_unit_test(whatever_is_not_still_begins_it_anew),
        cmocka_unit_test(reports_that_do_not_count),
        cmocka_unit_test(whoever_answers_the_next_round_is_there),
        cmocka_unit_test(who_is_replaced_between_two_rounds_has_to_answer_both),
        cmocka_unit_test(what_was_said_before_somebody_ended_does_not_count),
        cmocka_unit_test(what_is_not_answered_is_asked_again),
        cmocka_unit_test(
            a_rebalance_waits_until_spouts_rest_and_nothing_is_pending),
        cmocka_unit_test(all_are_led_to_the_end_turn_by_turn),
        cmocka_unit_test(only_who_is_behind_is_led_and_the_others_wait),
        cmocka_unit_test(when_one_closes_as_it_was_told_all_others_do),
        cmocka_unit_test(
            who_is_replaced_while_others_close_is_not_led_through_turns),
        cmocka_unit_test(
            a_worker_that_has_ended_may_begin_again_and_is_told_to_close),
        cmocka_unit_test(who_ends_without_being_asked_to_is_not_quiet),
        cmocka_unit_test(another_assignment_begins_it_anew),
        cmocka_unit_test(what_is_given_up_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
