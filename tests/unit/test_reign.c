/*
 * test_reign.c - one leadership over ZooKeeper in memory: what it makes of the
 * records that it finds, and when commands are answered.
 */
#include "tests/support/reign_world.h"
#include "tests/support/cmocka_all.h"
#include "common/error_record.h"
#include "common/slots_record.h"
#include "tests/support/sample_topology.h"
#include <string.h>

#define COMPONENT "c0"

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
    struct slots_record slots = {.supervisor = "gone"};
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

/* -- counters and errors --------------------------------------------------- */

/* What worker 0 of "a" tells of its component; text NULL: no error. */
static void tell(uint64_t birth, uint64_t executed, const char *text,
                 int64_t at_us)
{
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "topology", "a-1-9");
    pack_key_uint(&p, "worker", 0);
    pack_key_uint(&p, "birth", birth);
    pack_text(&p, "components");
    pack_array(&p, 1);
    pack_map(&p, 5);
    pack_key_text(&p, "id", COMPONENT);
    pack_key_uint(&p, "executed", executed);
    pack_key_uint(&p, "errors", text != NULL);
    pack_key_text(&p, "error", text);
    pack_key_int(&p, "error_us", at_us);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    reign_counters(reign_world.reign, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

#define ERRORS_AT "/errors/a-1-9/" COMPONENT

static void errors_that_a_worker_tells_are_kept_in_zookeeper(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    tell(1, 1, "it was too hot", 5);
    memory_world_settle(&reign_world.memory, 1200);
    assert_true(reign_world_ends_with(ERRORS_AT, " v0"));
    reign_world_call("errors", "a");
    reign_world_expect("it was too hot");
}

/* Each second another one, and still one write. */
static void errors_without_end_are_written_now_and_then(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    tell(1, 1, "first", 5);
    memory_world_settle(&reign_world.memory, 1200);
    tell(1, 2, "second", 6);
    memory_world_settle(&reign_world.memory, 1200);
    assert_true(reign_world_ends_with(ERRORS_AT, " v0"));
    reign_world_call("errors", "a"); /* who looks sees all of them */
    reign_world_expect("second");
}

static void errors_that_a_leader_before_has_kept_are_shown(void **state)
{
    struct reported_error old = {.at_us = 3, .count = 1, .host = "host-a"};
    struct error_record kept = {.component = COMPONENT};
    struct pack p;

    (void)state;
    old.text = (char *)"long ago";
    error_record_add(&kept, &old, false);
    memory_world_create(&reign_world.memory, "/errors", "", 0);
    memory_world_create(&reign_world.memory, "/errors/a-1-9", "", 0);
    pack_init(&p);
    assert_int_equal(error_record_pack(&kept, &p, NULL), 0);
    reign_world_put(ERRORS_AT, &p, false);
    pack_free(&p);
    error_record_free(&kept);
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    reign_world_call("errors", "a");
    assert_string_equal(reign_world.answer, ""); /* they must be read */
    memory_world_settle(&reign_world.memory, 100);
    reign_world_expect("long ago");
}

static void who_is_not_in_its_place_any_more_tells_nothing(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    tell(7, 1, "it was too hot", 5);
    reign_world_call("errors", "a");
    memory_world_settle(&reign_world.memory, 100);
    assert_null(strstr(reign_world.answer, "too hot"));
}

#define test(name)                                                             \
    cmocka_unit_test_setup_teardown(name, reign_world_begin, reign_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_is_as_it_shall_be_is_not_written),
        test(records_that_cannot_be_read_freeze_what_is_there),
        test(when_a_record_is_mended_it_goes_on),
        test(a_command_is_answered_when_it_is_durable),
        test(a_lost_answer_of_zookeeper_delays_it_and_does_nothing_twice),
        test(who_waits_hears_when_another_nimbus_leads),
        test(slots_of_a_supervisor_that_is_gone_leave_no_record),
        test(errors_that_a_worker_tells_are_kept_in_zookeeper),
        test(errors_without_end_are_written_now_and_then),
        test(errors_that_a_leader_before_has_kept_are_shown),
        test(who_is_not_in_its_place_any_more_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
