/* test_topology_life.c - states, commands, and what is delayed. */
#include "tests/support/cmocka_all.h"
#include "nimbus/topology_life.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"

#define S INT64_C(1000000) /* us */
#define NOW (INT64_C(1700000000) * S)
#define NEVER INT64_MAX

enum {
    A = TOPOLOGY_ACTIVE,
    I = TOPOLOGY_INACTIVE,
    K = TOPOLOGY_KILLED,
    R = TOPOLOGY_REBALANCING,
    F = TOPOLOGY_FINISHED,
};

/* Two components, c0 with 2 executors and c1 with 5, each of as many tasks, on
 * 3 workers; rebalanced from ACTIVE, killed or rebalanced 4 s ago, to wait for
 * 30 s. */
static struct topology_record in_status(uint32_t status)
{
    struct topology_record t;

    sample_topology(&t, "words", 5, 3, 2, (const uint32_t[]){2, 5});
    t.components[0].executors = 1;
    t.status = status;
    t.status_back = TOPOLOGY_ACTIVE;
    if (status == K || status == R) {
        t.action = status == K ? TOPOLOGY_KILL : TOPOLOGY_REBALANCE;
        t.action_asked_us = NOW - 4 * S;
        t.action_wait_secs = 30;
    }
    if (status == R)
        t.wish_workers = 2;
    return t;
}

static struct life_event event_of(enum life_event_kind kind)
{
    return (struct life_event){.kind = kind, .runs = true, .wait_secs = 10};
}

static void every_state_has_its_answer_to_every_command(void **state)
{
    static const struct {
        uint32_t status;
        enum life_event_kind kind;
        uint32_t becomes;
        bool write;
    } cases[] = {
        {A, LIFE_ACTIVATE, A, false}, {A, LIFE_DEACTIVATE, I, true},
        {A, LIFE_KILL, K, true},      {A, LIFE_REBALANCE, R, true},
        {I, LIFE_ACTIVATE, A, true},  {I, LIFE_DEACTIVATE, I, false},
        {I, LIFE_KILL, K, true},      {I, LIFE_REBALANCE, R, true},
        {R, LIFE_KILL, K, true},      {R, LIFE_REBALANCE, R, true},
        {K, LIFE_KILL, K, true},      {F, LIFE_KILL, K, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(cases[i].status);
        struct life_event event = event_of(cases[i].kind);
        struct life_actions actions;

        assert_int_equal(topology_life_step(&t, &event, NOW, &actions, NULL),
                         0);
        assert_int_equal(t.status, cases[i].becomes);
        assert_int_equal(actions.write, cases[i].write);
        assert_int_equal(actions.spouts, cases[i].becomes == A);
        assert_false(actions.remove || actions.release || actions.assign);
        topology_record_free(&t);
    }
}

static void what_is_not_possible_is_refused_with_what_is(void **state)
{
    static const struct {
        uint32_t status;
        enum life_event_kind kind;
        const char *sentence;
    } cases[] = {
        {R, LIFE_ACTIVATE,
         "topology \"words\" cannot be activated while it is REBALANCING; what "
         "can be done: wait until it is done, rebalance in another way, or "
         "kill"},
        {R, LIFE_DEACTIVATE,
         "topology \"words\" cannot be deactivated while it is REBALANCING; "
         "what can be done: wait until it is done, rebalance in another way, "
         "or kill"},
        {K, LIFE_ACTIVATE,
         "topology \"words\" cannot be activated while it is KILLED; what can "
         "be done: kill, with a shorter wait"},
        {K, LIFE_DEACTIVATE,
         "topology \"words\" cannot be deactivated while it is KILLED; what "
         "can be done: kill, with a shorter wait"},
        {K, LIFE_REBALANCE,
         "topology \"words\" cannot be rebalanced while it is KILLED; what can "
         "be done: kill, with a shorter wait"},
        {F, LIFE_ACTIVATE,
         "topology \"words\" cannot be activated while it is FINISHING; what "
         "can be done: kill"},
        {F, LIFE_DEACTIVATE,
         "topology \"words\" cannot be deactivated while it is FINISHING; what "
         "can be done: kill"},
        {F, LIFE_REBALANCE,
         "topology \"words\" cannot be rebalanced while it is FINISHING; what "
         "can be done: kill"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(cases[i].status);
        struct life_event event = event_of(cases[i].kind);
        struct life_actions actions;
        gale_err error;

        assert_int_equal(topology_life_step(&t, &event, NOW, &actions, &error),
                         -1);
        assert_string_equal(error.text, cases[i].sentence);
        assert_int_equal(t.status, cases[i].status);
        topology_record_free(&t);
    }
}

static void wishes_that_cannot_be_are_refused(void **state)
{
    static const struct {
        struct life_executors executors;
        uint32_t workers;
        const char *sentence;
    } cases[] = {
        {{"c2", 1},
         0,
         "topology \"words\" has no component \"c2\" to rebalance"},
        {{"c1", 6},
         0,
         "topology \"words\": component \"c1\" cannot have 6 executors, "
         "expected 1 to 5, the number of its tasks"},
        {{"c1", 0},
         0,
         "topology \"words\": component \"c1\" cannot have 0 executors, "
         "expected 1 to 5, the number of its tasks"},
        {{"c1", 5},
         1025,
         "topology \"words\" cannot have 1025 workers, expected at most 1024"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(A);
        struct life_event event = event_of(LIFE_REBALANCE);
        struct life_actions actions;
        gale_err error;

        event.workers = cases[i].workers;
        event.n_executors = 1;
        event.executors = &cases[i].executors;
        assert_int_equal(topology_life_step(&t, &event, NOW, &actions, &error),
                         -1);
        assert_string_equal(error.text, cases[i].sentence);
        assert_int_equal(t.status, A);
        topology_record_free(&t);
    }
}

static void what_happens_by_itself(void **state)
{
    static const struct {
        uint32_t status;
        enum life_event_kind kind;
        uint32_t becomes;
        const char *actions; /* write, remove, Release, assign */
        enum life_drain drain;
    } cases[] = {
        {A, LIFE_TAKEN_OVER, A, "", LIFE_DRAIN_WATCH},
        {A, LIFE_SUBMITTED, A, "w", LIFE_DRAIN_WATCH},
        {A, LIFE_EXHAUSTED, F, "w", LIFE_DRAIN_END},
        {F, LIFE_TAKEN_OVER, F, "", LIFE_DRAIN_END},
        {F, LIFE_ENDED, F, "R", LIFE_DRAIN_NOTHING},
        {I, LIFE_EXHAUSTED, I, "", LIFE_DRAIN_NOTHING},
        {R, LIFE_TAKEN_OVER, R, "", LIFE_DRAIN_STOP},
        {R, LIFE_DRAINED, R, "a", LIFE_DRAIN_STOP},
        {R, LIFE_DUE, R, "a", LIFE_DRAIN_STOP},
        {R, LIFE_ASSIGNED, A, "w", LIFE_DRAIN_WATCH},
        {K, LIFE_TAKEN_OVER, K, "", LIFE_DRAIN_END},
        {K, LIFE_ENDED, K, "r", LIFE_DRAIN_NOTHING},
        {K, LIFE_DUE, K, "r", LIFE_DRAIN_NOTHING},
        {R, LIFE_DESERTED, R, "a", LIFE_DRAIN_STOP},
        {K, LIFE_DESERTED, K, "r", LIFE_DRAIN_NOTHING},
        {F, LIFE_DESERTED, F, "", LIFE_DRAIN_END},
        {A, LIFE_DESERTED, A, "", LIFE_DRAIN_WATCH},
        /* Of what it was before. */
        {A, LIFE_DUE, A, "", LIFE_DRAIN_WATCH},
        {A, LIFE_DRAINED, A, "", LIFE_DRAIN_WATCH},
        {A, LIFE_ENDED, A, "", LIFE_DRAIN_WATCH},
        {A, LIFE_ASSIGNED, A, "", LIFE_DRAIN_WATCH},
        {K, LIFE_DRAINED, K, "", LIFE_DRAIN_END},
        {K, LIFE_EXHAUSTED, K, "", LIFE_DRAIN_END},
        {K, LIFE_ASSIGNED, K, "", LIFE_DRAIN_END},
        {R, LIFE_EXHAUSTED, R, "", LIFE_DRAIN_STOP},
        {R, LIFE_ENDED, R, "", LIFE_DRAIN_STOP},
        {F, LIFE_DUE, F, "", LIFE_DRAIN_END},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(cases[i].status);
        struct life_event event = event_of(cases[i].kind);
        struct life_actions actions;
        char text[8];

        assert_int_equal(topology_life_step(&t, &event, NOW, &actions, NULL),
                         0);
        snprintf(text, sizeof(text), "%s%s%s%s", actions.write ? "w" : "",
                 actions.remove ? "r" : "", actions.release ? "R" : "",
                 actions.assign ? "a" : "");
        assert_string_equal(text, cases[i].actions);
        assert_int_equal(t.status, cases[i].becomes);
        assert_int_equal(actions.drain, cases[i].drain);
        topology_record_free(&t);
    }
}

static void what_runs_nowhere_has_nothing_to_wait_for(void **state)
{
    static const struct {
        uint32_t status;
        enum life_event_kind kind;
        uint32_t becomes;
        const char *actions;
    } cases[] = {
        {A, LIFE_SUBMITTED, A, "wa"}, {I, LIFE_TAKEN_OVER, I, "a"},
        {A, LIFE_KILL, A, "r"},       {F, LIFE_KILL, F, "r"},
        {A, LIFE_REBALANCE, A, "wa"}, {R, LIFE_TAKEN_OVER, R, "a"},
        {F, LIFE_TAKEN_OVER, F, ""},  {K, LIFE_TAKEN_OVER, K, "r"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(cases[i].status);
        struct life_event event = event_of(cases[i].kind);
        struct life_actions actions;
        char text[8];

        event.runs = false;
        event.workers = cases[i].kind == LIFE_REBALANCE ? 7 : 0;
        assert_int_equal(topology_life_step(&t, &event, NOW, &actions, NULL),
                         0);
        snprintf(text, sizeof(text), "%s%s%s%s", actions.write ? "w" : "",
                 actions.remove ? "r" : "", actions.release ? "R" : "",
                 actions.assign ? "a" : "");
        assert_string_equal(text, cases[i].actions);
        assert_int_equal(t.status, cases[i].becomes);
        assert_int_equal(t.workers, event.workers == 7 ? 7 : 3);
        assert_int_equal(actions.drain, LIFE_DRAIN_NOTHING);
        topology_record_free(&t);
    }
}

static void a_second_kill_makes_it_sooner_and_never_later(void **state)
{
    static const struct {
        uint32_t wait_secs;
        int64_t due_us;
        bool write;
    } cases[] = {
        {0, 0, true},        {10, 10 * S, true},  {25, 25 * S, true},
        {26, 26 * S, false}, {30, 26 * S, false}, {1000, 26 * S, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(K);
        struct life_event event = event_of(LIFE_KILL);
        struct life_actions actions;

        event.wait_secs = cases[i].wait_secs;
        topology_life_step(&t, &event, NOW, &actions, NULL);
        assert_int_equal(actions.due_us, cases[i].due_us);
        assert_int_equal(actions.write, cases[i].write);
        topology_record_free(&t);
    }
}

/* What the one before wished for is forgotten, and its wait is never longer. */
static void a_second_rebalance_takes_the_place_of_the_first(void **state)
{
    static const struct {
        uint32_t wait_secs;
        int64_t due_us;
    } cases[] = {{0, 0}, {25, 25 * S}, {26, 26 * S}, {1000, 26 * S}};
    static const struct life_executors wishes[] = {{"c0", 2}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(R);
        struct life_event event = event_of(LIFE_REBALANCE);
        struct life_actions actions;

        t.status_back = TOPOLOGY_INACTIVE;
        event.wait_secs = cases[i].wait_secs;
        event.n_executors = 1;
        event.executors = wishes;
        assert_int_equal(topology_life_step(&t, &event, NOW, &actions, NULL),
                         0);
        assert_int_equal(actions.due_us, cases[i].due_us);
        assert_int_equal(actions.drain, LIFE_DRAIN_STOP);
        assert_true(actions.write);
        assert_int_equal(t.wish_workers, 0);
        assert_int_equal(t.wish_executors[0].executors, 2);
        event = event_of(LIFE_ASSIGNED);
        topology_life_step(&t, &event, NOW, &actions, NULL);
        assert_int_equal(t.status, I);
        assert_int_equal(t.workers, 3);
        topology_record_free(&t);
    }
}

/* Asked for 4 s ago, to wait for 30 s. */
static void the_next_leader_goes_on_with_what_is_left_of_the_wait(void **state)
{
    static const struct {
        int64_t now_us, due_us;
    } cases[] = {
        {NOW, 26 * S},
        {NOW + 25 * S, 1 * S},
        {NOW + 26 * S, 0},
        {NOW + 1000 * S, 0},
        {NOW - 4 * S, 30 * S},
        {NOW - 100 * S, 30 * S}, /* its clock is behind */
        {0, 30 * S},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(i % 2 == 0 ? K : R);
        struct life_event event = event_of(LIFE_TAKEN_OVER);
        struct life_actions actions;

        topology_life_step(&t, &event, cases[i].now_us, &actions, NULL);
        assert_int_equal(actions.due_us, cases[i].due_us);
        assert_false(actions.write);
        topology_record_free(&t);
    }
}

static void a_rebalance_gives_what_was_wished_for_when_it_is_assigned(void **s)
{
    static const struct life_executors wishes[] = {{"c0", 2}};
    struct topology_record t = in_status(I);
    struct life_event event = event_of(LIFE_REBALANCE);
    struct life_actions actions;

    (void)s;
    event.workers = 6;
    event.n_executors = 1;
    event.executors = wishes;
    event.conf = "{\"topology.debug\":true}";
    topology_life_step(&t, &event, NOW, &actions, NULL);
    assert_int_equal(t.workers, 3);
    assert_int_equal(t.components[0].executors, 1);
    assert_null(t.conf);
    assert_int_equal(actions.due_us, 10 * S);

    event = event_of(LIFE_ASSIGNED);
    topology_life_step(&t, &event, NOW + S, &actions, NULL);
    assert_int_equal(t.status, TOPOLOGY_INACTIVE);
    assert_int_equal(t.workers, 6);
    assert_int_equal(t.components[0].executors, 2);
    assert_int_equal(t.components[1].executors, 5);
    assert_string_equal(t.conf, "{\"topology.debug\":true}");
    assert_int_equal(t.wish_workers, 0);
    assert_null(t.wish_executors);
    assert_null(t.wish_conf);
    assert_int_equal(actions.due_us, NEVER);
    topology_record_free(&t);
}

static void a_kill_takes_the_place_of_a_rebalance_that_waits(void **state)
{
    struct topology_record t = in_status(R);
    struct life_event event = event_of(LIFE_KILL);
    struct life_actions actions;

    (void)state;
    event.wait_secs = 60; /* longer than what the rebalance would wait */
    topology_life_step(&t, &event, NOW, &actions, NULL);
    assert_int_equal(t.status, TOPOLOGY_KILLED);
    assert_int_equal(t.action, TOPOLOGY_KILL);
    assert_int_equal(t.wish_workers, 0);
    assert_int_equal(actions.due_us, 60 * S);
    topology_record_free(&t);
}

static void what_is_finished_and_still_runs_is_called_finishing(void **state)
{
    static const struct {
        uint32_t status;
        bool runs;
        const char *word;
    } cases[] = {
        {A, true, "ACTIVE"},    {A, false, "ACTIVE"},
        {K, true, "KILLED"},    {R, true, "REBALANCING"},
        {F, true, "FINISHING"}, {F, false, "FINISHED"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(cases[i].status);

        assert_string_equal(topology_life_word(&t, cases[i].runs),
                            cases[i].word);
        topology_record_free(&t);
    }
}

static void a_name_is_in_use_until_its_topology_has_gone(void **state)
{
    static const struct {
        uint32_t status;
        bool runs, replace;
        const char *sentence; /* "": it may */
    } cases[] = {
        {A, true, false,
         "the name \"words\" is in use: topology words-1-5 is ACTIVE; kill it "
         "first, or submit with --replace words, or under another name"},
        {R, true, false,
         "the name \"words\" is in use: topology words-1-5 is REBALANCING; "
         "kill it first, or submit with --replace words, or under another "
         "name"},
        {K, true, false,
         "the name \"words\" is in use: topology words-1-5 is KILLED; wait "
         "until it has gone, or submit with --replace words, or under another "
         "name"},
        {F, true, false,
         "the name \"words\" is in use: topology words-1-5 is FINISHING; wait "
         "until it is FINISHED, or submit with --replace words, or under "
         "another "
         "name"},
        {F, false, false, ""},
        {A, true, true, ""},
        {K, true, true, ""},
        {A, false, true, ""},
    };

    (void)state;
    assert_int_equal(topology_life_admit(NULL, false, false, NULL), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t = in_status(cases[i].status);
        gale_err error = {""};

        assert_int_equal(
            topology_life_admit(&t, cases[i].runs, cases[i].replace, &error),
            cases[i].sentence[0] != '\0' ? -1 : 0);
        assert_string_equal(error.text, cases[i].sentence);
        topology_record_free(&t);
    }
}

static void set_waits_for(struct topology_record *t, const char *id)
{
    snprintf(t->waits_for, sizeof(t->waits_for), "%s", id);
}

/* words-1-5 is replaced by words-1-6; that, while it waits, by words-1-7. */
static void a_successor_starts_when_the_one_before_it_has_gone(void **state)
{
    struct topology_record t = in_status(A), next, last;
    struct life_event kill = event_of(LIFE_KILL);
    struct life_event gone = event_of(LIFE_BEFORE_GONE);
    struct life_event submitted = event_of(LIFE_SUBMITTED);
    struct life_actions actions;

    (void)state;
    sample_topology(&next, "words", 6, 3, 1, (const uint32_t[]){1});
    sample_topology(&last, "words", 7, 3, 1, (const uint32_t[]){1});
    kill.runs = true;
    topology_life_step(&t, &kill, NOW, &actions, NULL);
    set_waits_for(&next, topology_life_waits_for(&t, &actions));
    assert_string_equal(next.waits_for, "words-1-5");
    submitted.runs = false;
    topology_life_step(&next, &submitted, NOW, &actions, NULL);
    assert_false(actions.assign);

    kill.runs = false;
    topology_life_step(&next, &kill, NOW, &actions, NULL);
    assert_true(actions.remove);
    set_waits_for(&last, topology_life_waits_for(&next, &actions));
    assert_string_equal(last.waits_for, "words-1-5");

    gone.runs = false;
    topology_life_step(&last, &gone, NOW, &actions, NULL);
    assert_true(actions.assign && actions.write);
    assert_string_equal(last.waits_for, "");
    topology_record_free(&t);
    topology_record_free(&next);
    topology_record_free(&last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_its_answer_to_every_command),
        cmocka_unit_test(what_is_not_possible_is_refused_with_what_is),
        cmocka_unit_test(wishes_that_cannot_be_are_refused),
        cmocka_unit_test(what_happens_by_itself),
        cmocka_unit_test(what_runs_nowhere_has_nothing_to_wait_for),
        cmocka_unit_test(a_second_kill_makes_it_sooner_and_never_later),
        cmocka_unit_test(a_second_rebalance_takes_the_place_of_the_first),
        cmocka_unit_test(the_next_leader_goes_on_with_what_is_left_of_the_wait),
        cmocka_unit_test(
            a_rebalance_gives_what_was_wished_for_when_it_is_assigned),
        cmocka_unit_test(a_kill_takes_the_place_of_a_rebalance_that_waits),
        cmocka_unit_test(what_is_finished_and_still_runs_is_called_finishing),
        cmocka_unit_test(a_name_is_in_use_until_its_topology_has_gone),
        cmocka_unit_test(a_successor_starts_when_the_one_before_it_has_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
