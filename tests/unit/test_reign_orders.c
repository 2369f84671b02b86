/*
 * test_reign_orders.c - workers are told nothing that a leader who is killed in
 * the next moment would not have decided.
 */
#include "tests/support/reign_world.h"
#include "tests/support/cmocka_all.h"
#include "common/rpc_server.h"
#include <string.h>

static uint64_t highest_stage; /* that it was ordered to */

/* In place of the server's: what goes out is looked at here. */
void rpc_link_notify(struct rpc_link *link, const char *method,
                     const struct pack *params)
{
    struct unpacked u;
    uint64_t stage;

    assert_ptr_equal(link, reign_world_link);
    assert_string_equal(method, "order");
    assert_int_equal(unpack(&u, params->buffer.data, params->buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    stage = unpack_uint(unpack_key(u.root, "stage"), 0);
    if (stage > highest_stage)
        highest_stage = stage;
    unpacked_free(&u);
}

/* Its worker runs, has messages under way, and knows of round 0. */
static void report(void)
{
    struct pack worker;

    pack_init(&worker);
    pack_map(&worker, 5);
    pack_key_text(&worker, "topology", "a-1-9");
    pack_key_uint(&worker, "worker", 0);
    pack_key_uint(&worker, "birth", 1);
    pack_key_bool(&worker, "runs", true);
    pack_text(&worker, "report");
    pack_map(&worker, 4);
    pack_key_uint(&worker, "incarnation", 77);
    pack_key_uint(&worker, "number", 1);
    pack_key_uint(&worker, "version", 1);
    pack_key_uint(&worker, "pending", 5);
    reign_world_report(SUPERVISOR, &worker);
    pack_free(&worker);
}

static int setup(void **state)
{
    int result;

    highest_stage = 0;
    result = reign_world_begin_active(state);
    report();
    return result;
}

/* A leader that is cut off and does not know it yet would stop the spouts, and
 * the next one, which has read that they are active, would not let them go on.
 */
static void spouts_are_stopped_when_that_is_durable(void **state)
{
    (void)state;
    zookeeper_memory_cut(reign_world.memory.mine, ZOOKEEPER_CUT_SILENT);
    reign_world_call("kill", "a");
    memory_world_settle(&reign_world.memory, 1200); /* ticks come, too */
    assert_int_equal(highest_stage, 0);
    zookeeper_memory_heal(reign_world.memory.mine);
    memory_world_settle(&reign_world.memory, 1500);
    reign_world_expect("is killed");
    assert_int_equal(highest_stage, 1);
}

static void they_are_stopped_as_soon_as_it_is(void **state)
{
    (void)state;
    reign_world_call("kill", "a");
    while (reign_world.answer[0] == '\0')
        memory_world_go_on(&reign_world.memory);
    assert_int_equal(highest_stage, 1); /* not at the next tick */
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, reign_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(spouts_are_stopped_when_that_is_durable),
        test(they_are_stopped_as_soon_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
