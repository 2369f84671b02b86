/*
 * test_reign.c - one leadership over ZooKeeper in memory: what it makes of the
 * records that it finds, and when commands are answered.
 */
#include "tests/support/reign_world.h"
#include "tests/support/cmocka_all.h"
#include "common/slots_record.h"
#include "tests/support/sample_topology.h"
#include <gale/task.h>
#include <string.h>

/* -- tests ----------------------------------------------------------------- */

static void what_is_as_it_shall_be_is_not_written(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    reign_world_untouched("a-1-9");
    reign_world_call("status", "");
    reign_world_expect("a-1-9");
}

/* All that would give its slots away or end its workers. */
static void records_that_cannot_be_read_freeze_what_is_there(void **state)
{
    static const struct {
        const char *at;
        bool bad_record, bad_assignment;
        const char *says;
    } cases[] = {
        {"a-1-9", true, false, "/topologies/a-1-9"},
        {"a-1-9", false, true, "/assignments/a-1-9"},
        {"b-1-9", false, false, "it is the record of another topology"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (i > 0)
            assert_int_equal(reign_world_begin(state), 0);
        reign_world_put_topology(cases[i].at, cases[i].bad_record,
                                 cases[i].bad_assignment);
        reign_world_leads();
        reign_world_untouched(cases[i].at);
        reign_world_call("kill", "a");
        reign_world_expect(
            "nothing is changed while records in ZooKeeper cannot "
            "be read");
        reign_world_expect(cases[i].says);
        reign_world_call("status", "");
        reign_world_expect("nothing is placed and no command is taken");
        memory_world_settle(&reign_world.memory, 1200);
        reign_world_untouched(cases[i].at);
        if (i + 1 < sizeof(cases) / sizeof(cases[0]))
            assert_int_equal(reign_world_end(state), 0);
    }
}

/* … also when a supervisor has acted by what this leader does not know of. */
static void who_is_frozen_writes_no_slots_for_what_a_report_says(void **state)
{
    struct zookeeper_traffic before;
    struct unpacked u;
    struct pack p;

    (void)state;
    reign_world_put_topology("a-1-9", false, true);
    reign_world_leads();
    before = zookeeper_memory_traffic_of(reign_world.memory.mine);
    pack_init(&p);
    pack_map(&p, 2);
    pack_key_text(&p, "supervisor", SUPERVISOR);
    pack_key_uint(&p, "change", 7);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    reign_report(reign_world.reign, reign_world_link, u.root);
    memory_world_settle(&reign_world.memory, 200);
    assert_int_equal(
        zookeeper_memory_traffic_of(reign_world.memory.mine).writes,
        before.writes);
    unpacked_free(&u);
    pack_free(&p);
}

static void when_a_record_is_mended_it_goes_on(void **state)
{
    struct topology_record t;
    struct pack p;

    (void)state;
    reign_world_put_topology("a-1-9", true, false);
    reign_world_leads();
    reign_world_call("kill", "a");
    reign_world_expect("nothing is changed");
    sample_topology(&t, "a", 9, 1, 1, (uint32_t[]){1});
    t.status = TOPOLOGY_ACTIVE;
    t.assignment_version = 1;
    pack_init(&p);
    assert_int_equal(topology_record_pack(&t, &reign_world_key, &p, NULL), 0);
    memory_world_set(&reign_world.memory, "/topologies/a-1-9", p.buffer.data,
                     p.buffer.size);
    pack_free(&p);
    topology_record_free(&t);
    for (uint32_t i = 0;
         i < 100 && strstr(reign_world.answer, "is killed") == NULL; i++) {
        memory_world_settle(&reign_world.memory, 100);
        reign_world_call("kill", "a");
        memory_world_settle(&reign_world.memory, 100);
    }
    reign_world_expect("topology \"a\" is killed");
}

static void a_command_is_answered_when_it_is_durable(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    reign_world_call("kill", "a");
    assert_string_equal(reign_world.answer, "");
    memory_world_settle(&reign_world.memory, 100);
    reign_world_expect("topology \"a\" is killed");
    assert_true(reign_world_ends_with("/topologies/a-1-9", " v1"));
}

/* With the word by which a client asks again. */
static void until_all_is_read_nothing_is_answered(void **state)
{
    static const char *const methods[] = {"kill", "topology", "list"};

    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_begins();
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        reign_world_call(methods[i], "a");
        reign_world_expect("not-leader");
        reign_world_expect("the nimbus that leads has just begun to");
    }
    memory_world_settle(&reign_world.memory, 500);
    reign_world_call("topology", "a");
    reign_world_expect("a-1-9");
}

static void a_lost_answer_of_zookeeper_delays_it_and_does_nothing_twice(
    void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    zookeeper_memory_lose_answers(reign_world.memory.mine, 1);
    reign_world_call("kill", "a");
    memory_world_settle(&reign_world.memory, 500);
    reign_world_expect("topology \"a\" is killed");
    assert_true(reign_world_ends_with("/topologies/a-1-9", " v1"));
}

static void who_waits_hears_when_another_nimbus_leads(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    memory_world_set(&reign_world.memory, "/epoch", "2", 1);
    reign_world_call("kill", "a");
    memory_world_settle(&reign_world.memory, 100);
    assert_int_equal(reign_world.n_fenced, 1);
    reign_world_expect(
        "this nimbus leads no longer, because of a test: the command "
        "may have been carried out or not");
    reign_world_untouched("a-1-9");
}

static void slots_of_a_supervisor_that_is_gone_leave_no_record(void **state)
{
    struct slots_record slots = {.supervisor = "gone", .change = 1};
    struct pack p;

    (void)state;
    pack_init(&p);
    assert_int_equal(slots_record_pack(&slots, &reign_world_key, &p, NULL), 0);
    reign_world_put("/slots/gone", &p, false);
    pack_free(&p);
    reign_world_leads();
    assert_string_equal(memory_world_at(&reign_world.memory, "/slots/gone"),
                        "none");
}

static void read_record(void *arg, const struct zookeeper_answer *a)
{
    assert_int_equal(a->result, ZOOKEEPER_OK);
    assert_int_equal(
        topology_record_unpack(a->data, a->size, &reign_world_key, arg, NULL),
        0);
}

static void what_workers_log_is_answered_when_it_is_kept(void **state)
{
    struct topology_record t = {.n_files = 0};

    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    reign_world_call("set_log_level", "a");
    assert_string_equal(reign_world.answer, "");
    memory_world_settle(&reign_world.memory, 100);
    reign_world_expect("of 1 workers log DEBUG and above, for 100 s");
    zookeeper_get(reign_world.memory.other, "/topologies/a-1-9", NULL,
                  (struct zookeeper_then){read_record, &t});
    while (t.id[0] == '\0')
        memory_world_go_on(&reign_world.memory);
    assert_int_equal(t.log_level, 1 + GALE_LOG_DEBUG);
    assert_true(t.log_until_us > 0);
    topology_record_free(&t);
}

/* All is acked, and its bolts are led to their end, however long that takes. */
static void it_is_not_called_finished_while_it_runs(void **state)
{
    struct topology_record t;

    (void)state;
    reign_world_sample(&t, TOPOLOGY_FINISHED);
    reign_world_put_record(&t, "a-1-9", false);
    reign_world_put_assignment(&t, "a-1-9", false);
    topology_record_free(&t);
    reign_world_leads();
    reign_world_call("status", "");
    reign_world_expect("FINISHING");
    assert_null(strstr(reign_world.answer, "FINISHED"));
    reign_world_call("topology", "a");
    reign_world_expect("FINISHING");
    reign_world_call("metrics", "a");
    reign_world_expect("FINISHING");
}

#define test(name)                                                             \
    cmocka_unit_test_setup_teardown(name, reign_world_begin, reign_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_is_as_it_shall_be_is_not_written),
        test(records_that_cannot_be_read_freeze_what_is_there),
        test(who_is_frozen_writes_no_slots_for_what_a_report_says),
        test(when_a_record_is_mended_it_goes_on),
        test(a_command_is_answered_when_it_is_durable),
        test(until_all_is_read_nothing_is_answered),
        test(a_lost_answer_of_zookeeper_delays_it_and_does_nothing_twice),
        test(what_workers_log_is_answered_when_it_is_kept),
        test(it_is_not_called_finished_while_it_runs),
        test(who_waits_hears_when_another_nimbus_leads),
        test(slots_of_a_supervisor_that_is_gone_leave_no_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
