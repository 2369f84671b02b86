/*
 * test_reign_begins.c - what a new leader finds half done, and what it believes
 * of whom.
 */
#include "tests/support/reign_world.h"
#include "tests/support/cmocka_all.h"
#include "common/slots_record.h"
#include "common/supervisor_record.h"
#include "topology-api/memory.h"
#include <string.h>

/* -- what is under way when it begins -------------------------------------- */

/* A supervisor with one slot, at the node of that name. */
static void register_at(const char *name, const char *id, bool damaged)
{
    struct supervisor_port port = {.number = 6700};
    struct supervisor_record record = {
        .address = "127.0.0.2", .n_ports = 1, .ports = &port};
    char path[100];
    struct pack p;

    snprintf(record.id, sizeof(record.id), "%s", id);
    snprintf(record.host, sizeof(record.host), "%s", id);
    snprintf(path, sizeof(path), "/supervisors/%s", name);
    pack_init(&p);
    assert_int_equal(supervisor_record_pack(&record, &p, NULL), 0);
    reign_world_put(path, &p, damaged);
    pack_free(&p);
}

static void register_supervisor(const char *id)
{
    register_at(id, id, false);
}

/* Its session was lost with the leader's, and another one was back first. */
static void workers_of_who_is_not_registered_stay_until_it_is_dead(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    register_supervisor("b77c");
    reign_world_leads();
    memory_world_settle(&reign_world.memory, 500);
    reign_world_untouched("a-1-9");
}

/* It drains; two workers are wished for. */
static void put_rebalancing(uint32_t wait_secs)
{
    struct topology_record t;

    reign_world_sample(&t, TOPOLOGY_REBALANCING);
    t.components[0].tasks = 2;
    t.n_wish_executors = 1;
    t.wish_executors = xcalloc(1, sizeof(*t.wish_executors));
    t.wish_executors[0].executors = 2;
    t.wish_workers = 2;
    t.action = TOPOLOGY_REBALANCE;
    t.action_wait_secs = wait_secs;
    t.action_asked_us = env_posix()->ops->wall_us(env_posix());
    reign_world_put_record(&t, t.id, false);
    reign_world_put_assignment(&t, t.id, false);
    topology_record_free(&t);
}

/* As of any worker that moves meanwhile. */
static void another_address_of_a_worker_ends_no_rebalance(void **state)
{
    (void)state;
    put_rebalancing(1000);
    register_supervisor(SUPERVISOR);
    reign_world_leads();
    memory_world_settle(&reign_world.memory, 100);
    assert_true(reign_world_ends_with("/assignments/a-1-9", " v1"));
    reign_world_call("status", "");
    reign_world_expect("REBALANCING");
}

/* What was decided meanwhile is looked at again at once. */
static void what_was_to_be_placed_while_zookeeper_was_away_is_placed(
    void **state)
{
    struct topology_record t;

    (void)state;
    reign_world_sample(&t, TOPOLOGY_ACTIVE);
    reign_world_put_record(&t, t.id, false);
    topology_record_free(&t);
    register_supervisor(SUPERVISOR);
    reign_world_begins();
    reign_zookeeper(reign_world.reign, true);
    memory_world_settle(&reign_world.memory, 100);
    assert_string_equal(
        memory_world_at(&reign_world.memory, "/assignments/a-1-9"), "none");
    reign_zookeeper(reign_world.reign, false);
    memory_world_settle(&reign_world.memory, 500);
    assert_true(reign_world_ends_with("/assignments/a-1-9", " v0"));
}

static void a_wait_that_is_over_is_over_once(void **state)
{
    uint32_t n = 0;

    (void)state;
    put_rebalancing(0);
    reign_world_leads();
    memory_world_settle(&reign_world.memory, 100);
    fflush(reign_world.log_file);
    for (const char *at = reign_world.logged;
         (at = strstr(at, "the wait is over")); at++)
        n++;
    assert_int_equal(n, 1);
    reign_world_call("status", "");
    reign_world_expect("ACTIVE");
    reign_world_expect("has 1 of 2 workers"); /* there are no more slots */
}

static void who_waits_for_one_that_is_not_there_begins(void **state)
{
    struct topology_record t;

    (void)state;
    reign_world_sample(&t, TOPOLOGY_ACTIVE);
    snprintf(t.waits_for, sizeof(t.waits_for), "a-1-3");
    reign_world_put_record(&t, t.id, false);
    topology_record_free(&t);
    register_supervisor(SUPERVISOR);
    reign_world_leads();
    memory_world_settle(&reign_world.memory, 100);
    assert_true(reign_world_ends_with("/assignments/a-1-9", " v0"));
}

static void when_a_damaged_assignment_is_removed_it_goes_on(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, true);
    reign_world_leads();
    reign_world_call("kill", "a");
    reign_world_expect("nothing is changed");
    zookeeper_delete(reign_world.memory.other, "/assignments/a-1-9",
                     ZOOKEEPER_ANY, (struct zookeeper_then){NULL, NULL});
    for (uint32_t i = 0;
         i < 100 && strstr(reign_world.answer, "is killed") == NULL; i++) {
        memory_world_settle(&reign_world.memory, 100);
        reign_world_call("kill", "a");
        memory_world_settle(&reign_world.memory, 100);
    }
    reign_world_expect("topology \"a\" is killed");
}

/* -- damaged registrations ------------------------------------------------- */

static bool status_says(const char *text)
{
    reign_world_call("status", "");
    return strstr(reign_world.answer, text) != NULL;
}

/* Neither has a slot to give; it is said, once, until it is written anew. */
static void a_damaged_registration_or_that_of_another_is_said_and_not_believed(
    void **state)
{
    static const char *const says[] = {
        "/supervisors/b77c: the supervisor record",
        "/supervisors/b77c: it is the record of another supervisor"};

    (void)state;
    for (int another = 0; another < 2; another++) {
        uint32_t n = 0;

        register_at("b77c", another ? "c88d" : "b77c", !another);
        if (another == 0)
            reign_world_leads();
        memory_world_settle(&reign_world.memory, 25000);
        assert_true(status_says(says[another]));
        assert_false(status_says("\"c88d\""));
        fflush(reign_world.log_file);
        for (const char *at = reign_world.logged;
             (at = strstr(at, says[another])); at++)
            n++;
        assert_int_equal(n, 1);
        zookeeper_delete(reign_world.memory.other, "/supervisors/b77c",
                         ZOOKEEPER_ANY, (struct zookeeper_then){NULL, NULL});
        memory_world_settle(&reign_world.memory, 25000);
        assert_false(status_says("records that cannot be read"));
    }
    register_supervisor("b77c");
    memory_world_settle(&reign_world.memory, 25000);
    assert_false(status_says("records that cannot be read"));
    assert_true(status_says("b77c"));
}

/* -- what supervisors are told --------------------------------------------- */

static void take_slots(void *arg, const struct zookeeper_answer *a)
{
    assert_int_equal(a->result, ZOOKEEPER_OK);
    assert_int_equal(
        slots_record_unpack(a->data, a->size, &reign_world_key, arg, NULL), 0);
}

static struct slots_record slots_of_it(void)
{
    struct slots_record slots = {.n_slots = 0};

    zookeeper_get(reign_world.memory.other, "/slots/" SUPERVISOR, NULL,
                  (struct zookeeper_then){take_slots, &slots});
    memory_world_settle(&reign_world.memory, 50);
    return slots;
}

/* As ZooKeeper has it for the one worker of "a". */
static struct slot_order order_of_it(void)
{
    struct slots_record slots = slots_of_it();
    struct slot_order order;

    assert_int_equal(slots.n_slots, 1);
    order = slots.slots[0];
    slots_record_free(&slots);
    return order;
}

static void put_with_status(enum topology_status status)
{
    struct topology_record t;

    reign_world_sample(&t, status);
    t.action_wait_secs = 1000;
    t.action_asked_us = env_posix()->ops->wall_us(env_posix());
    t.action = status == TOPOLOGY_KILLED        ? TOPOLOGY_KILL
               : status == TOPOLOGY_REBALANCING ? TOPOLOGY_REBALANCE
                                                : TOPOLOGY_STAY;
    reign_world_put_record(&t, t.id, false);
    reign_world_put_assignment(&t, t.id, false);
    topology_record_free(&t);
}

/* Any other worker that ends with status 0 is started again. */
static void workers_may_close_when_their_topology_is_led_to_its_end(
    void **state)
{
    static const struct {
        enum topology_status status;
        bool active, closing;
    } cases[] = {
        {TOPOLOGY_ACTIVE, true, false},   {TOPOLOGY_INACTIVE, false, false},
        {TOPOLOGY_KILLED, false, true},   {TOPOLOGY_REBALANCING, false, false},
        {TOPOLOGY_FINISHED, false, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slot_order order;

        if (i > 0)
            reign_world_begin(state);
        put_with_status(cases[i].status);
        register_supervisor(SUPERVISOR);
        reign_world_leads();
        order = order_of_it();
        if (order.active != cases[i].active ||
            order.closing != cases[i].closing)
            fail_msg("%s: active %d, closing %d",
                     topology_status_words[cases[i].status], order.active,
                     order.closing);
        if (i + 1 < sizeof(cases) / sizeof(cases[0]))
            reign_world_end(state);
    }
}

/* Else it would take the first one for one that somebody has put back. */
static void slots_of_one_that_returns_have_a_higher_number(void **state)
{
    struct topology_record t;
    struct slots_record slots;

    (void)state;
    reign_world_sample(&t, TOPOLOGY_KILLED);
    t.action = TOPOLOGY_KILL;
    reign_world_put_record(&t, t.id, false);
    reign_world_put_assignment(&t, t.id, false); /* slots are number 1 */
    topology_record_free(&t);
    reign_world_leads();
    memory_world_settle(&reign_world.memory, 100);
    assert_string_equal(
        memory_world_at(&reign_world.memory, "/slots/" SUPERVISOR), "none");
    register_supervisor(SUPERVISOR);
    memory_world_settle(&reign_world.memory, 200);
    slots = slots_of_it();
    assert_true(slots.change > 1);
    slots_record_free(&slots);
}

/* -- what a worker may say ------------------------------------------------- */

static void a_worker_is_heard_about_itself_alone(void **state)
{
    static const struct {
        const char *topology;
        uint32_t number;
        uint64_t birth;
        bool heard;
    } cases[] = {
        {"b-1-9", 0, 1, false},
        {"a-1-9", 1, 1, false},
        {"a-1-9", 0, 2, false},
        {"a-1-9", 0, 1, true},
    };
    const struct rpc_peer *before = reign_world.client.peer;
    struct pack p;

    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "topology", "a-1-9");
    pack_key_uint(&p, "worker", 0);
    pack_key_uint(&p, "birth", 1);
    pack_key_text(&p, "why", "it was too hot");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rpc_peer caller = {.role = TOKEN_WORKER,
                                  .number = cases[i].number,
                                  .birth = cases[i].birth};

        snprintf(caller.topology, sizeof(caller.topology), "%s",
                 cases[i].topology);
        reign_world.client.peer = &caller;
        reign_world_call_with("worker", &p);
        reign_world.client.peer = before;
        reign_world_call("status", "");
        assert_int_equal(strstr(reign_world.answer, "too hot") != NULL,
                         cases[i].heard);
    }
    pack_free(&p);
}

#define test(name)                                                             \
    cmocka_unit_test_setup_teardown(name, reign_world_begin, reign_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(workers_of_who_is_not_registered_stay_until_it_is_dead),
        test(another_address_of_a_worker_ends_no_rebalance),
        test(what_was_to_be_placed_while_zookeeper_was_away_is_placed),
        test(a_wait_that_is_over_is_over_once),
        test(who_waits_for_one_that_is_not_there_begins),
        test(when_a_damaged_assignment_is_removed_it_goes_on),
        test(
            a_damaged_registration_or_that_of_another_is_said_and_not_believed),
        test(workers_may_close_when_their_topology_is_led_to_its_end),
        test(slots_of_one_that_returns_have_a_higher_number),
        test(a_worker_is_heard_about_itself_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
