/*
 * test_position_rounds.c - whom a worker's positions go to, and when: to its
 * supervisor, and to nimbus while that is away.
 */
#include "worker/position_rounds.h"
#include "tests/support/cmocka_all.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

static struct orphan orphan;
static struct position_rounds rounds;
static uint32_t n;

static int setup(void **state)
{
    (void)state;
    orphan_init(&orphan, 60 * S, 0);
    orphan_step(&orphan, ORPHAN_SUPERVISOR_UP, 0);
    rounds = (struct position_rounds){.interval = S};
    n = 0;
    return 0;
}

static enum position_way next(uint32_t n_changed, int64_t now)
{
    const struct position_wish wish = {.n_changed = n_changed};

    return position_rounds_next(&rounds, &orphan, &wish, now, &n);
}

static void the_supervisor_gets_them_while_it_is_there(void **state)
{
    static const struct {
        enum orphan_event event;
        int64_t at;
        enum position_way way;
    } cases[] = {
        {ORPHAN_SUPERVISOR_UP, 0, POSITIONS_TO_SUPERVISOR},
        {ORPHAN_SUPERVISOR_DOWN, 10 * S, POSITIONS_STAY},
        /* It is about to be there again, perhaps. */
        {ORPHAN_SUPERVISOR_DOWN, 11 * S - 1, POSITIONS_STAY},
        {ORPHAN_SUPERVISOR_DOWN, 11 * S, POSITIONS_TO_NIMBUS},
        {ORPHAN_NIMBUS_ANSWERED, 30 * S, POSITIONS_TO_NIMBUS},
        {ORPHAN_SUPERVISOR_DOWN, 200 * S, POSITIONS_TO_NIMBUS}, /* its end */
        {ORPHAN_SUPERVISOR_UP, 201 * S, POSITIONS_TO_SUPERVISOR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        orphan_step(&orphan, cases[i].event, cases[i].at);
        assert_int_equal(position_way(&orphan, false, cases[i].at),
                         cases[i].way);
    }
}

/* It will not be there when its supervisor is back. */
static void one_that_ends_waits_for_no_supervisor(void **state)
{
    (void)state;
    assert_int_equal(position_way(&orphan, true, 5 * S),
                     POSITIONS_TO_SUPERVISOR);
    orphan_step(&orphan, ORPHAN_SUPERVISOR_DOWN, 10 * S);
    assert_int_equal(position_way(&orphan, false, 10 * S), POSITIONS_STAY);
    assert_int_equal(position_way(&orphan, true, 10 * S), POSITIONS_TO_NIMBUS);
}

static void a_round_sends_all_that_had_changed_when_it_began(void **state)
{
    (void)state;
    assert_int_equal(next(100, 5 * S), POSITIONS_TO_SUPERVISOR);
    assert_int_equal(n, 100);
    position_rounds_sent(&rounds, POSITIONS_TO_SUPERVISOR, 64);
    assert_int_equal(next(200, 5 * S), POSITIONS_STAY); /* one at a time */
    position_rounds_answered(&rounds, true);
    assert_int_equal(next(200, 5 * S), POSITIONS_TO_SUPERVISOR);
    assert_int_equal(n, 36);
    position_rounds_sent(&rounds, POSITIONS_TO_SUPERVISOR, 36);
    position_rounds_answered(&rounds, true);
    assert_int_equal(next(200, 6 * S - 1), POSITIONS_STAY);
    assert_int_equal(next(200, 6 * S), POSITIONS_TO_SUPERVISOR);
}

static void nothing_is_sent_if_nothing_has_changed(void **state)
{
    (void)state;
    assert_int_equal(next(0, 5 * S), POSITIONS_STAY);
}

static void spouts_that_rest_wait_for_nothing(void **state)
{
    const struct position_wish rest = {.rest = true, .n_changed = 1};

    (void)state;
    assert_int_equal(next(1, 5 * S), POSITIONS_TO_SUPERVISOR);
    position_rounds_sent(&rounds, POSITIONS_TO_SUPERVISOR, 1);
    position_rounds_answered(&rounds, true);
    assert_int_equal(next(1, 5 * S), POSITIONS_STAY);
    assert_int_equal(position_rounds_next(&rounds, &orphan, &rest, 5 * S, &n),
                     POSITIONS_TO_SUPERVISOR);
}

/* It has them in no memory for the process that takes this one's place. */
static void nimbus_gets_them_more_often_but_not_more_than_ten_times_a_second(
    void **state)
{
    int64_t t = 20 * S;

    (void)state;
    orphan_step(&orphan, ORPHAN_SUPERVISOR_DOWN, 10 * S);
    for (int i = 0; i < 5; i++, t += 100 * MS) {
        assert_int_equal(next(1, t), POSITIONS_TO_NIMBUS);
        position_rounds_sent(&rounds, POSITIONS_TO_NIMBUS, 1);
        position_rounds_answered(&rounds, true);
        assert_int_equal(next(1, t + 100 * MS - 1), POSITIONS_STAY);
    }
    rounds.interval = 10 * MS; /* who asks for more gets it */
    assert_int_equal(next(1, t - 90 * MS), POSITIONS_TO_NIMBUS);
}

/* What was not kept has changed again, and is in the next round. */
static void a_round_ends_with_a_call_that_fails(void **state)
{
    (void)state;
    assert_int_equal(next(100, 5 * S), POSITIONS_TO_SUPERVISOR);
    position_rounds_sent(&rounds, POSITIONS_TO_SUPERVISOR, 64);
    position_rounds_answered(&rounds, false);
    assert_int_equal(next(100, 5 * S), POSITIONS_STAY);
    assert_int_equal(next(100, 6 * S), POSITIONS_TO_SUPERVISOR);
    assert_int_equal(n, 100);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_supervisor_gets_them_while_it_is_there),
        TEST(one_that_ends_waits_for_no_supervisor),
        TEST(a_round_sends_all_that_had_changed_when_it_began),
        TEST(nothing_is_sent_if_nothing_has_changed),
        TEST(spouts_that_rest_wait_for_nothing),
        TEST(nimbus_gets_them_more_often_but_not_more_than_ten_times_a_second),
        TEST(a_round_ends_with_a_call_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
