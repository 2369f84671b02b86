/* test_leavings.c - what a topology leaves is removed, whatever fails. */
#include "nimbus/leavings.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/memory_world.h"

#define FOLDER "/positions/a-1-9"

static struct memory_world world;
static struct leavings *leavings;

static int setup(void **state)
{
    static const char *const nodes[] = {"/errors", "/positions", FOLDER,
                                        FOLDER "/1", FOLDER "/2"};

    (void)state;
    memory_world_begin(&world);
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
        memory_world_create(&world, nodes[i], "x", 1);
    leavings = leavings_new(world.mine);
    leavings_add(leavings, "a-1-9", 7);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    leavings_free(leavings);
    memory_world_end(&world);
    return 0;
}

static void expect_left(bool left)
{
    static const char *const nodes[] = {FOLDER, FOLDER "/1", FOLDER "/2"};

    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
        assert_string_equal(memory_world_at(&world, nodes[i]),
                            left ? "x v0" : "none");
}

static void it_stays_until_all_before_is_durable(void **state)
{
    (void)state;
    leavings_durable(leavings, 6);
    leavings_tick(leavings);
    memory_world_settle(&world, 10);
    expect_left(true);
    leavings_durable(leavings, 7);
    memory_world_settle(&world, 10);
    expect_left(false);
}

/* Each of the milliseconds that it takes. */
static void what_is_cut_off_meanwhile_is_tried_again(void **state)
{
    for (uint32_t ms = 0; ms < 6; ms++) {
        if (ms > 0)
            setup(state);
        leavings_durable(leavings, 7);
        memory_world_settle(&world, ms);
        zookeeper_memory_cut(world.mine, ZOOKEEPER_CUT_NOTICED);
        memory_world_settle(&world, 10);
        leavings_tick(leavings); /* in vain */
        memory_world_settle(&world, 10);
        zookeeper_memory_heal(world.mine);
        memory_world_settle(&world, 10);
        leavings_tick(leavings);
        memory_world_settle(&world, 20);
        expect_left(false);
        if (ms < 5)
            teardown(state);
    }
}

static void what_comes_between_is_removed_with_the_next_try(void **state)
{
    (void)state;
    leavings_durable(leavings, 7);
    memory_world_go_on(&world);
    memory_world_create(&world, FOLDER "/3", "late", 4);
    memory_world_settle(&world, 10);
    leavings_tick(leavings);
    memory_world_settle(&world, 20);
    expect_left(false);
    assert_string_equal(memory_world_at(&world, FOLDER "/3"), "none");
}

static void nothing_is_tried_again_that_is_gone(void **state)
{
    (void)state;
    leavings_durable(leavings, 7);
    memory_world_settle(&world, 20);
    memory_world_create(&world, FOLDER, "x", 1);
    leavings_tick(leavings);
    memory_world_settle(&world, 20);
    assert_string_equal(memory_world_at(&world, FOLDER), "x v0");
}

static void it_may_be_over_while_something_is_under_way(void **state)
{
    (void)state;
    leavings_durable(leavings, 7);
    leavings_free(leavings);
    leavings = NULL;
    memory_world_settle(&world, 20);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(it_stays_until_all_before_is_durable),
        test(what_is_cut_off_meanwhile_is_tried_again),
        test(what_comes_between_is_removed_with_the_next_try),
        test(nothing_is_tried_again_that_is_gone),
        test(it_may_be_over_while_something_is_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
