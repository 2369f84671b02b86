/* test_replication.c - files of a nimbus: fetched, counted, removed. */
#include "tests/support/cmocka_all.h"
#include "nimbus/replication.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define S INT64_C(1000000000)

enum { ME = 0, LEADER = 1, OTHER = 2, DELAY = 300 };

struct rig {
    struct replication replication;
    struct replication_actions actions;
    int64_t now;
    char text[400];
};

/* The hash of file number i; a few are under way at a time. */
static const char *hash(uint32_t i)
{
    static char hashes[8][RECORD_HASH_SIZE];
    static uint32_t next;
    char *text = hashes[next++ % 8];

    snprintf(text, RECORD_HASH_SIZE, "%064x", i);
    return text;
}

static uint32_t number_of(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 16);
}

static void describe(struct rig *r)
{
    size_t n = 0;

    r->text[0] = '\0';
    for (uint32_t i = 0; i < r->actions.n; i++) {
        const struct replication_action *a = &r->actions.list[i];

        n += (size_t)snprintf(r->text + n, sizeof(r->text) - n, "%s",
                              i > 0 ? ", " : "");
        if (a->kind == REPLICATION_STORED)
            n += (size_t)snprintf(
                r->text + n, sizeof(r->text) - n, "%s %" PRIu64 " in %" PRIu32,
                a->enough ? "stored" : "goes on", a->submission, a->copies);
        else if (a->kind == REPLICATION_FETCH)
            n += (size_t)snprintf(r->text + n, sizeof(r->text) - n,
                                  "fetch %" PRIu32 " from %" PRIu32,
                                  number_of(a->hash), a->from);
        else
            n += (size_t)snprintf(r->text + n, sizeof(r->text) - n,
                                  "remove %" PRIu32, number_of(a->hash));
    }
}

static void happens(struct rig *r, struct replication_event event)
{
    replication_step(&r->replication, &event, r->now, &r->actions);
    describe(r);
}

#define expect(rig, expected) assert_string_equal((rig)->text, expected)

/* Nimbuses 0, 1 and 2 are alive, 0 is this one, and `leader` leads. */
static void rig_init(struct rig *r, uint32_t leader)
{
    *r = (struct rig){.now = 1000 * S};
    replication_init(&r->replication, ME, DELAY * S);
    happens(r, (struct replication_event){
                   .kind = REPLICATION_NIMBUSES, .alive = 7, .leader = leader});
}

static void rig_fini(struct rig *r)
{
    replication_free(&r->replication);
    free(r->actions.list);
}

static void holds(struct rig *r, uint32_t nimbus, uint32_t file)
{
    happens(r, (struct replication_event){.kind = REPLICATION_HOLDS,
                                          .nimbus = nimbus,
                                          .hash = hash(file)});
}

/* Topologies name files 1 … n. */
static void topologies_name(struct rig *r, uint32_t n)
{
    const char *hashes[8];

    for (uint32_t i = 0; i < n; i++)
        hashes[i] = hash(i + 1);
    happens(r, (struct replication_event){.kind = REPLICATION_TOPOLOGIES,
                                          .hashes = hashes,
                                          .n_hashes = n});
}

static void about(struct rig *r, enum replication_event_kind kind,
                  uint32_t file)
{
    happens(r, (struct replication_event){.kind = kind, .hash = hash(file)});
}

static void ticks_after(struct rig *r, int64_t ns)
{
    r->now += ns;
    happens(r, (struct replication_event){.kind = REPLICATION_TICK});
}

/* Submission 9, of file 1. */
static void submits(struct rig *r, uint32_t leader, uint32_t copies,
                    int64_t wait_secs)
{
    const char *hashes[] = {hash(1)};

    happens(r, (struct replication_event){.kind = REPLICATION_SUBMIT,
                                          .submission = 9,
                                          .leader = leader,
                                          .hashes = hashes,
                                          .n_hashes = 1,
                                          .copies = copies,
                                          .wait_secs = wait_secs});
}

static void what_topologies_name_is_fetched_from_the_leader_if_it_has_it(
    void **state)
{
    static const struct {
        uint32_t holders[3], n;
        const char *expected;
    } cases[] = {
        {{0}, 0, ""},
        {{LEADER}, 1, "fetch 1 from 1"},
        {{OTHER}, 1, "fetch 1 from 2"},
        {{OTHER, LEADER}, 2, "fetch 1 from 1"},
        {{ME, LEADER}, 2, ""},
        {{5}, 1, ""}, /* not alive */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;

        rig_init(&r, LEADER);
        for (uint32_t k = 0; k < cases[i].n; k++)
            holds(&r, cases[i].holders[k], 1);
        topologies_name(&r, 1);
        expect(&r, cases[i].expected);
        rig_fini(&r);
    }
}

static void after_failures_the_next_is_asked_and_then_there_is_a_pause(void **s)
{
    struct rig r;
    int64_t pause = 1;

    (void)s;
    rig_init(&r, LEADER);
    holds(&r, LEADER, 1);
    holds(&r, OTHER, 1);
    topologies_name(&r, 1);
    expect(&r, "fetch 1 from 1");
    for (uint32_t i = 0; i < 7; i++) {
        about(&r, REPLICATION_FAILED, 1);
        expect(&r, "fetch 1 from 2");
        about(&r, REPLICATION_FAILED, 1);
        expect(&r, "");
        assert_int_equal(replication_due(&r.replication), r.now + pause * S);
        ticks_after(&r, pause * S);
        expect(&r, "fetch 1 from 1");
        pause = pause < 16 ? 2 * pause : 30;
    }
    about(&r, REPLICATION_FETCHED, 1);
    assert_int_equal(replication_copies(&r.replication, hash(1)), 3);
    assert_int_equal(replication_due(&r.replication), INT64_MAX);
    rig_fini(&r);
}

static void few_are_fetched_at_a_time(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, LEADER);
    for (uint32_t i = 1; i <= 6; i++)
        holds(&r, LEADER, i);
    topologies_name(&r, 6);
    assert_int_equal(r.actions.n, REPLICATION_FETCHES_MAX);
    assert_int_equal(replication_lacking(&r.replication), 6);
    assert_int_equal(replication_due(&r.replication), INT64_MAX);
    about(&r, REPLICATION_FETCHED, 1);
    expect(&r, "fetch 5 from 1");
    assert_int_equal(replication_lacking(&r.replication), 5);
    rig_fini(&r);
}

/* This one leads; the file was given to it. */
static void a_submission_is_stored_when_there_are_copies_enough(void **state)
{
    static const struct {
        uint32_t copies;
        int64_t wait_secs;
        uint32_t others; /* that fetch it */
        int64_t passes;
        const char *expected;
    } cases[] = {
        {1, 60, 0, 0, "stored 9 in 1"},
        {0, 60, 0, 0, "stored 9 in 1"},
        {2, 60, 0, 59, ""},
        {2, 60, 1, 59, "stored 9 in 2"},
        {2, 60, 0, 60, "goes on 9 in 1"},
        {3, 60, 1, 60, "goes on 9 in 2"},
        {2, 0, 0, 0, "goes on 9 in 1"},
        {2, -1, 0, 1000000, ""}, /* as long as it takes */
        {2, -1, 1, 1000000, "stored 9 in 2"},
        {2, INT64_MAX, 0, 1000000, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;

        rig_init(&r, ME);
        holds(&r, ME, 1);
        submits(&r, ME, cases[i].copies, cases[i].wait_secs);
        if (cases[i].others > 0)
            holds(&r, OTHER, 1);
        if (r.text[0] == '\0')
            ticks_after(&r, cases[i].passes * S);
        expect(&r, cases[i].expected);
        ticks_after(&r, 100 * S);
        if (cases[i].expected[0] != '\0')
            expect(&r, ""); /* said once */
        rig_fini(&r);
    }
}

static void what_nobody_has_does_not_go_on_however_long_it_waits(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, ME);
    submits(&r, ME, 2, 60);
    assert_int_equal(replication_due(&r.replication), INT64_MAX);
    ticks_after(&r, 61 * S);
    expect(&r, "");
    holds(&r, ME, 1);
    expect(&r, "goes on 9 in 1");
    rig_fini(&r);
}

static void what_nobody_names_goes_after_a_delay(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, LEADER);
    holds(&r, ME, 1);
    holds(&r, ME, 2);
    ticks_after(&r, 1000 * S); /* topologies are not known */
    expect(&r, "");
    topologies_name(&r, 1);
    assert_int_equal(replication_due(&r.replication), r.now + DELAY * S);
    ticks_after(&r, (DELAY - 1) * S);
    expect(&r, "");
    ticks_after(&r, 1 * S);
    expect(&r, "remove 2");
    assert_int_equal(replication_copies(&r.replication, hash(2)), 0);
    rig_fini(&r);
}

static void what_is_uploaded_again_stays_for_the_whole_delay(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, LEADER);
    holds(&r, ME, 1);
    topologies_name(&r, 0);
    ticks_after(&r, (DELAY - 1) * S);
    expect(&r, "");
    holds(&r, ME, 1);
    ticks_after(&r, (DELAY - 1) * S);
    expect(&r, "");
    ticks_after(&r, 1 * S);
    expect(&r, "remove 1");
    rig_fini(&r);
}

static void what_is_wanted_and_known_to_be_nowhere_is_sought(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, LEADER);
    topologies_name(&r, 1);
    assert_true(replication_is_sought(&r.replication, r.replication.files));
    assert_false(replication_is_here(&r.replication, hash(1)));
    holds(&r, OTHER, 1);
    assert_false(replication_is_sought(&r.replication, r.replication.files));
    about(&r, REPLICATION_FETCHED, 1);
    assert_true(replication_is_here(&r.replication, hash(1)));
    rig_fini(&r);
}

static void what_may_be_needed_stays(void **state)
{
    static const struct {
        const char *what;
        enum replication_event_kind kind;
    } cases[] = {
        {"ZooKeeper is away", REPLICATION_AWAY},
        {"a submission has it", REPLICATION_SUBMIT},
        {"a topology names it again", REPLICATION_TOPOLOGIES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;
        const char *hashes[] = {hash(1)};

        rig_init(&r, LEADER);
        holds(&r, ME, 1);
        topologies_name(&r, 0);
        r.now += 200 * S;
        happens(&r, (struct replication_event){.kind = cases[i].kind,
                                               .submission = 9,
                                               .leader = LEADER,
                                               .hashes = hashes,
                                               .n_hashes = 1});
        ticks_after(&r, 1000 * S);
        expect(&r, "");

        happens(&r, (struct replication_event){.kind = REPLICATION_SUBMITTED,
                                               .submission = 9});
        topologies_name(&r, 0);
        ticks_after(&r, 200 * S);
        expect(&r, "");
        ticks_after(&r, 100 * S);
        expect(&r, "remove 1");
        rig_fini(&r);
    }
}

/* Announced by a leader that is one no longer. */
static void a_submission_ends_with_its_leader(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, LEADER);
    holds(&r, LEADER, 1);
    submits(&r, LEADER, 0, 0);
    assert_non_null(strstr(r.text, "fetch 1 from 1"));
    about(&r, REPLICATION_FETCHED, 1);
    topologies_name(&r, 0);
    happens(&r, (struct replication_event){.kind = REPLICATION_NIMBUSES,
                                           .alive = 7,
                                           .leader = REPLICATION_NOBODY});
    ticks_after(&r, 1000 * S);
    expect(&r, "");
    happens(&r, (struct replication_event){
                    .kind = REPLICATION_NIMBUSES, .alive = 7, .leader = OTHER});
    ticks_after(&r, 1000 * S);
    expect(&r, "remove 1");
    rig_fini(&r);
}

static void what_a_nimbus_had_that_has_gone_does_not_count(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r, LEADER);
    holds(&r, OTHER, 1);
    assert_int_equal(replication_copies(&r.replication, hash(1)), 1);
    happens(&r, (struct replication_event){.kind = REPLICATION_NIMBUSES,
                                           .alive = 3,
                                           .leader = LEADER});
    happens(&r, (struct replication_event){.kind = REPLICATION_NIMBUSES,
                                           .alive = 7,
                                           .leader = LEADER});
    assert_int_equal(replication_copies(&r.replication, hash(1)), 0);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_topologies_name_is_fetched_from_the_leader_if_it_has_it),
        cmocka_unit_test(
            after_failures_the_next_is_asked_and_then_there_is_a_pause),
        cmocka_unit_test(few_are_fetched_at_a_time),
        cmocka_unit_test(a_submission_is_stored_when_there_are_copies_enough),
        cmocka_unit_test(what_nobody_has_does_not_go_on_however_long_it_waits),
        cmocka_unit_test(what_nobody_names_goes_after_a_delay),
        cmocka_unit_test(what_is_uploaded_again_stays_for_the_whole_delay),
        cmocka_unit_test(what_is_wanted_and_known_to_be_nowhere_is_sought),
        cmocka_unit_test(what_may_be_needed_stays),
        cmocka_unit_test(a_submission_ends_with_its_leader),
        cmocka_unit_test(what_a_nimbus_had_that_has_gone_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
