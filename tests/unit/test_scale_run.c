/*
 * test_scale_run.c - what a simulated cluster goes through, small: what moves,
 * and what is said to ZooKeeper in its own time.
 */
#include "cli/scale_run.h"
#include "tests/support/cmocka_all.h"

/* Of one shape, at two sizes; and with few workers. */
static struct scale_result small, large, many;

static int setup(void **state)
{
    const struct scale_options of_20 = {20, 50, 5000, 60};
    const struct scale_options of_60 = {60, 150, 15000, 60};
    const struct scale_options of_200 = {200, 200, 2000, 1};

    (void)state;
    scale_run(&of_20, NULL, &small);
    scale_run(&of_60, NULL, &large);
    scale_run(&of_200, NULL, &many);
    return 0;
}

static void all_that_was_submitted_runs(void **state)
{
    (void)state;
    assert_int_equal(small.workers, 100);
    assert_int_equal(large.workers, 300);
    assert_int_equal(small.not_running, 0);
    assert_int_equal(small.unsupplied, 0);
    assert_int_equal(large.not_running, 0);
    assert_int_equal(large.unsupplied, 0);
}

static void assert_only_lost_ones_move(const struct scale_moves *m,
                                       uint32_t lost)
{
    assert_int_equal(m->lost_tasks, lost);
    assert_int_equal(m->moved_tasks, lost);
    assert_int_equal(m->others, 0);
    assert_int_equal(m->nowhere, 0);
}

/* A rack is one supervisor of twenty, three of sixty. */
static void only_what_a_rack_had_moves(void **state)
{
    (void)state;
    assert_only_lost_ones_move(&small.by_rack, 250);
    assert_only_lost_ones_move(&large.by_rack, 750);
}

static void nothing_moves_for_a_leader_or_for_supervisors_that_return(
    void **state)
{
    (void)state;
    assert_only_lost_ones_move(&small.by_leader, 0);
    assert_only_lost_ones_move(&small.by_storm, 0);
    assert_only_lost_ones_move(&large.by_leader, 0);
    assert_only_lost_ones_move(&large.by_storm, 0);
}

/* Parents are made sure of every ten seconds by two nimbuses, and nothing else
 * is written. */
static void at_rest_writes_do_not_grow_with_the_cluster(void **state)
{
    (void)state;
    assert_int_equal(small.idle.traffic.writes, large.idle.traffic.writes);
    assert_true(large.idle.traffic.writes <= 60);
    assert_true(large.idle.writes_peak <= SCALE_IDLE_WRITES);
}

/* Every ten seconds a supervisor reads two nodes, and the leader its record. */
static void at_rest_reads_grow_with_supervisors_alone(void **state)
{
    uint64_t each = 3 * (60 / 10);

    (void)state;
    assert_int_equal(large.idle.traffic.reads - small.idle.traffic.reads,
                     each * 40);
    assert_int_equal(large.idle.traffic.events, 0);
}

/* The records of those that are lost are not written one by one. */
static void a_rack_that_is_lost_takes_few_writes(void **state)
{
    (void)state;
    assert_true(large.rack.traffic.writes < 20);
}

/* Two hundred of them, within a second: each reads what it has to, and who has
 * its name; but the leader does not read all of them for each that comes. */
static void supervisors_that_come_one_by_one_are_not_all_read_for_each(
    void **state)
{
    uint64_t own = 200 * (2 * 3 + 1) + 200 * 3;
    uint64_t all_for_each = 200 * 200;

    (void)state;
    assert_int_equal(many.workers, 200);
    assert_true(many.storm.traffic.reads < own + all_for_each / 3);
}

static void no_client_watches_more_nodes_than_a_small_number(void **state)
{
    (void)state;
    assert_int_equal(small.watched_max, 4);
    assert_int_equal(large.watched_max, 4);
}

static void the_answer_to_gale_list_is_one_that_a_command_takes(void **state)
{
    (void)state;
    assert_true(small.list_is_read && large.list_is_read);
    assert_true(small.list_bytes > 100 * 50);
    assert_true(large.list_bytes > 100 * 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_was_submitted_runs),
        cmocka_unit_test(only_what_a_rack_had_moves),
        cmocka_unit_test(
            nothing_moves_for_a_leader_or_for_supervisors_that_return),
        cmocka_unit_test(at_rest_writes_do_not_grow_with_the_cluster),
        cmocka_unit_test(at_rest_reads_grow_with_supervisors_alone),
        cmocka_unit_test(a_rack_that_is_lost_takes_few_writes),
        cmocka_unit_test(
            supervisors_that_come_one_by_one_are_not_all_read_for_each),
        cmocka_unit_test(no_client_watches_more_nodes_than_a_small_number),
        cmocka_unit_test(the_answer_to_gale_list_is_one_that_a_command_takes),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
