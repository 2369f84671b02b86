/* test_simulated_stranger.c - processes of somebody else beside a cluster's. */
#include "simulator/simulated_stranger.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/in_child.h"
#include "tests/support/one_machine.h"
#include <string.h>

static struct simulated_cluster cluster;
static struct simulated_daemon beside = {.cluster = &cluster,
                                         .name = "supervisor-1"};

/* NULL: there is none any more. */
static struct world_process *a_stranger(void)
{
    struct world_process *p = NULL;

    while ((p = world_process_next(world, p)) != NULL)
        if (world_process_runs(p) &&
            strcmp(world_process_name(p), "stranger") == 0)
            return p;
    return NULL;
}

static void begin_with_strangers(void)
{
    begin(1);
    cluster.world = world;
    beside.machine = machine;
    while (a_stranger() == NULL)
        simulated_strangers_start(&beside);
}

static void one_who_has_slept_enough_ends(void)
{
    begin_with_strangers();
    let_pass(60000 * MS);
    assert_null(a_stranger());
    assert_string_equal(cluster.wrong, "");
}

static void nobody_else_ends_him(void)
{
    begin_with_strangers();
    world_process_signal(a_stranger(), 15);
    assert_non_null(strstr(cluster.wrong, "T: process 10"));
    assert_non_null(strstr(cluster.wrong, "on the machine of supervisor-1 is "
                                          "ended, and is somebody else's"));
}

static void but_for_his_machine_that_loses_power(void)
{
    begin_with_strangers();
    beside.loses_power = true;
    world_machine_lose_power(machine);
    assert_null(a_stranger());
    assert_string_equal(cluster.wrong, "");
}

static int come_and_go(struct env *of, void *arg)
{
    (void)of, (void)arg;
    return 0;
}

static void he_gets_the_number_of_one_who_has_ended(void)
{
    struct env_process_id before, his;
    struct world_process *p;

    begin(1);
    p = start(come_and_go, NULL);
    before = world_process_id(p);
    await_end(p);
    cluster.world = world;
    beside.machine = machine;
    while (a_stranger() == NULL)
        simulated_strangers_start(&beside);
    his = world_process_id(a_stranger());
    assert_int_equal(his.pid, before.pid);
    assert_true(his.start != before.start);
}

int main(void)
{
#define TEST(name) in_child_test(name)
    const struct CMUnitTest tests[] = {
        TEST(one_who_has_slept_enough_ends),
        TEST(nobody_else_ends_him),
        TEST(but_for_his_machine_that_loses_power),
        TEST(he_gets_the_number_of_one_who_has_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
