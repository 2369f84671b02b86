/*
 * test_reign.c - one leadership over ZooKeeper in memory: what it makes of the
 * records that it finds, and when commands are answered.
 */
#include "tests/support/cmocka_all.h"
#include "common/error_record.h"
#include "common/rpc_dispatch.h"
#include "common/slots_record.h"
#include "common/supervisor_record.h"
#include "nimbus/reign.h"
#include "tests/support/memory_world.h"
#include "tests/support/sample_topology.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUPERVISOR "4f2a"
#define NUMBER 5u /* of the leadership */
#define COMPONENT "c0"

static struct memory_world world;
static struct daemon_config *config;
static struct store *store;
static struct copies *copies;
static struct reign *reign;
static struct log *quiet;
static FILE *devnull;
static char directory[64];
static const struct digest key = {{7}};
static const struct nimbus_record me = {.id = "ab12", .address = "127.0.0.1"};
static uint32_t n_fenced;

static struct rpc_dispatch client;
static struct rpc_peer peer = {.role = TOKEN_ADMIN};
static char answer[2000]; /* the latest, "": none */

/* -- the nimbus around it -------------------------------------------------- */

static void lacks(void *arg, uint32_t n)
{
    (void)arg;
    (void)n;
}

static void stored(void *arg, uint64_t submission, uint32_t n, bool enough)
{
    (void)arg;
    reign_stored(reign, submission, n, enough);
}

static void fenced(void *arg)
{
    (void)arg;
    n_fenced++;
    reign_end(reign, "because of a test");
    reign = NULL;
}

static void kill_it(void *arg, struct rpc_call *call,
                    const msgpack_object *params)
{
    (void)arg;
    reign_kill(reign, call, params);
}

static void list(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct pack result;

    (void)arg;
    (void)params;
    pack_init(&result);
    pack_map(&result, REIGN_STATUS_PAIRS);
    reign_status(reign, &result);
    rpc_reply(call, &result);
    pack_free(&result);
}

static void errors(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    (void)arg;
    reign_errors(reign, call, params);
}

static void topology(void *arg, struct rpc_call *call,
                     const msgpack_object *params)
{
    (void)arg;
    reign_topology(reign, call, params);
}

static void rebalance(void *arg, struct rpc_call *call,
                      const msgpack_object *params)
{
    (void)arg;
    reign_rebalance(reign, call, params);
}

static const struct rpc_method methods[] = {
    {"rebalance", RPC_ANYBODY, rebalance},
    {"errors", RPC_ANYBODY, errors},
    {"topology", RPC_ANYBODY, topology},
    {"kill", RPC_ANYBODY, kill_it},
    {"status", RPC_ANYBODY, list},
};

/* Texts are in it as they are. */
static bool take_answer(void *to, const struct pack *message)
{
    size_t n = message->buffer.size < sizeof(answer) - 1 ? message->buffer.size
                                                         : sizeof(answer) - 1;

    (void)to;
    for (size_t i = 0; i < n; i++)
        answer[i] =
            message->buffer.data[i] == '\0' ? ' ' : message->buffer.data[i];
    answer[n] = '\0';
    return true;
}

static void noted(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

static int setup(void **state)
{
    static const char *const folders[] = {
        "/epoch", "/topologies", "/assignments", "/slots", "/supervisors"};
    struct copies_options o = {
        .store = NULL,
        .records_key = &key,
        .me = &me,
        .identity = {.role = TOKEN_ADMIN, .insecure = true},
        .delay_ns = 1000 * MS,
        .lacks = lacks,
        .stored = stored,
    };

    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/gale-reign-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    memory_world_begin(&world);
    for (uint32_t i = 0; i < 5; i++)
        memory_world_create(&world, folders[i], "", 0);
    devnull = fopen("/dev/null", "w");
    quiet = log_new(env_posix(), devnull, "nimbus");
    config = daemon_config_new(noted, NULL);
    store = store_open(env_posix(), directory, NULL);
    o.store = store;
    o.loop = world.loop;
    o.zookeeper = world.mine;
    o.log = quiet;
    copies = copies_new(&o);
    client = (struct rpc_dispatch){
        .methods = methods,
        .n_methods = sizeof(methods) / sizeof(methods[0]),
        .peer = &peer,
        .calls_max = 8,
        .send = take_answer,
    };
    n_fenced = 0;
    answer[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    char command[100];

    (void)state;
    reign_end(reign, "because of a test");
    reign = NULL;
    rpc_dispatch_close(&client);
    copies_end(copies);
    memory_world_end(&world);
    copies_free(copies);
    store_close(store);
    daemon_config_free(config);
    log_free(quiet);
    fclose(devnull);
    snprintf(command, sizeof(command), "%s/lock", directory);
    unlink(command);
    return rmdir(directory);
}

static void leads(void)
{
    const struct reign_options options = {
        .loop = world.loop,
        .zookeeper = world.mine,
        .log = quiet,
        .config = config,
        .store = store,
        .copies = copies,
        .records_key = &key,
        .epoch = NUMBER,
        .epoch_version = 0,
        .fenced = fenced,
    };

    reign = reign_begin(&options);
    memory_world_settle(&world, 100);
}

/* A command of a client, whose answer comes at once or later. */
static void call(const char *method, const char *name)
{
    struct pack p;
    struct unpacked u;
    struct rpc_message message = {.kind = RPC_REQUEST};

    pack_init(&p);
    pack_map(&p, 2);
    pack_key_text(&p, "name", name);
    pack_key_int(&p, "wait", 1000);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    message.method = gale_str_make(method, strlen(method));
    message.params = u.root;
    answer[0] = '\0';
    rpc_dispatch(&client, &message);
    unpacked_free(&u);
    pack_free(&p);
}

static void expect_answer(const char *part)
{
    if (strstr(answer, part) == NULL)
        fail_msg("expected \"%s\" in the answer, found: %s", part, answer);
}

/* -- what is there --------------------------------------------------------- */

/* As the leader before would have written it; damaged: one byte is another. */
static void put(const char *path, struct pack *p, bool damaged)
{
    if (damaged)
        p->buffer.data[p->buffer.size - 3] ^= 1;
    memory_world_create(&world, path, p->buffer.data, p->buffer.size);
    pack_free(p);
    pack_init(p);
}

/* "a", of one worker that runs on the supervisor's port 6700. */
static void put_topology(const char *at, bool bad_record, bool bad_assignment)
{
    struct topology_record t;
    struct executor_range range = {.component = 0, .first = 0, .n = 1};
    struct component_size size = {.executors = 1};
    struct assigned_worker worker = {.supervisor = SUPERVISOR,
                                     .address = "127.0.0.1",
                                     .port = 6700,
                                     .birth = 1,
                                     .n_executors = 1,
                                     .executors = &range};
    struct assignment_record a = {.assignment_version = 1,
                                  .epoch = 1,
                                  .n_components = 1,
                                  .components = &size,
                                  .n_workers = 1,
                                  .workers = &worker};
    struct slots_record slots = {.supervisor = SUPERVISOR};
    char path[100];
    struct pack p;

    sample_topology(&t, "a", 9, 1, 1, (uint32_t[]){1});
    t.status = TOPOLOGY_ACTIVE;
    t.assignment_version = 1;
    snprintf(a.topology, sizeof(a.topology), "%s", t.id);
    slots_record_assign(&slots, t.id, &a, true, 0);
    pack_init(&p);
    assert_int_equal(topology_record_pack(&t, &key, &p, NULL), 0);
    snprintf(path, sizeof(path), "/topologies/%s", at);
    put(path, &p, bad_record);
    assert_int_equal(assignment_record_pack(&a, &key, &p, NULL), 0);
    snprintf(path, sizeof(path), "/assignments/%s", at);
    put(path, &p, bad_assignment);
    assert_int_equal(slots_record_pack(&slots, &key, &p, NULL), 0);
    put("/slots/" SUPERVISOR, &p, false);
    pack_free(&p);
    slots_record_free(&slots);
    topology_record_free(&t);
}

static bool ends_with(const char *path, const char *end)
{
    const char *found = memory_world_at(&world, path);
    size_t n = strlen(found), k = strlen(end);

    return n >= k && strcmp(found + n - k, end) == 0;
}

static void expect_untouched(const char *id)
{
    char path[100];

    snprintf(path, sizeof(path), "/topologies/%s", id);
    assert_true(ends_with(path, " v0"));
    snprintf(path, sizeof(path), "/assignments/%s", id);
    assert_true(ends_with(path, " v0"));
    assert_true(ends_with("/slots/" SUPERVISOR, " v0"));
}

/* -- tests ----------------------------------------------------------------- */

static void what_is_as_it_shall_be_is_not_written(void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    expect_untouched("a-1-9");
    call("status", "");
    expect_answer("a-1-9");
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
            assert_int_equal(setup(state), 0);
        put_topology(cases[i].at, cases[i].bad_record, cases[i].bad_assignment);
        leads();
        expect_untouched(cases[i].at);
        call("kill", "a");
        expect_answer("nothing is changed while records in ZooKeeper cannot "
                      "be read");
        expect_answer(cases[i].says);
        call("status", "");
        expect_answer("nothing is placed and no command is taken");
        memory_world_settle(&world, 1200);
        expect_untouched(cases[i].at);
        if (i + 1 < sizeof(cases) / sizeof(cases[0]))
            assert_int_equal(teardown(state), 0);
    }
}

static void when_a_record_is_mended_it_goes_on(void **state)
{
    struct topology_record t;
    struct pack p;

    (void)state;
    put_topology("a-1-9", true, false);
    leads();
    call("kill", "a");
    expect_answer("nothing is changed");
    sample_topology(&t, "a", 9, 1, 1, (uint32_t[]){1});
    t.status = TOPOLOGY_ACTIVE;
    t.assignment_version = 1;
    pack_init(&p);
    assert_int_equal(topology_record_pack(&t, &key, &p, NULL), 0);
    memory_world_set(&world, "/topologies/a-1-9", p.buffer.data, p.buffer.size);
    pack_free(&p);
    topology_record_free(&t);
    for (uint32_t i = 0; i < 100 && strstr(answer, "is killed") == NULL; i++) {
        memory_world_settle(&world, 100);
        call("kill", "a");
        memory_world_settle(&world, 100);
    }
    expect_answer("topology \"a\" is killed");
}

static void a_command_is_answered_when_it_is_durable(void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    call("kill", "a");
    assert_string_equal(answer, "");
    memory_world_settle(&world, 100);
    expect_answer("topology \"a\" is killed");
    assert_true(ends_with("/topologies/a-1-9", " v1"));
}

static void a_lost_answer_of_zookeeper_delays_it_and_does_nothing_twice(
    void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    zookeeper_memory_lose_answers(world.mine, 1);
    call("kill", "a");
    memory_world_settle(&world, 500);
    expect_answer("topology \"a\" is killed");
    assert_true(ends_with("/topologies/a-1-9", " v1"));
}

static void who_waits_hears_when_another_nimbus_leads(void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    memory_world_set(&world, "/epoch", "2", 1);
    call("kill", "a");
    memory_world_settle(&world, 100);
    assert_int_equal(n_fenced, 1);
    expect_answer("this nimbus leads no longer, because of a test: the command "
                  "may have been carried out or not");
    expect_untouched("a-1-9");
}

static void slots_of_a_supervisor_that_is_gone_leave_no_record(void **state)
{
    struct slots_record slots = {.supervisor = "gone"};
    struct pack p;

    (void)state;
    pack_init(&p);
    assert_int_equal(slots_record_pack(&slots, &key, &p, NULL), 0);
    put("/slots/gone", &p, false);
    pack_free(&p);
    leads();
    assert_string_equal(memory_world_at(&world, "/slots/gone"), "none");
}

/* -- a rebalance ----------------------------------------------------------- */

/* A supervisor that is registered, with two slots. */
static void put_supervisor(const char *id)
{
    static struct supervisor_port ports[] = {{6700}, {6701}};
    struct supervisor_record s = {
        .address = "127.0.0.1", .n_ports = 2, .ports = ports};
    char path[100];
    struct pack p;

    snprintf(s.id, sizeof(s.id), "%s", id);
    snprintf(s.host, sizeof(s.host), "host");
    snprintf(path, sizeof(path), "/supervisors/%s", id);
    pack_init(&p);
    assert_int_equal(supervisor_record_pack(&s, &p, NULL), 0);
    put(path, &p, false);
    pack_free(&p);
}

static void status_becomes(const char *text)
{
    for (uint32_t i = 0; i < 50; i++) {
        call("status", "");
        if (strstr(answer, text) != NULL)
            return;
        memory_world_settle(&world, 100);
    }
    fail_msg("the status does not become \"%s\": %s", text, answer);
}

/* Its supervisor is not there any more: the worker is lost, and goes to another
 * one. That is not what the rebalance was asked for, which still drains. */
static void a_worker_that_is_lost_meanwhile_is_not_the_rebalance(void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    call("rebalance", "a");
    memory_world_settle(&world, 100);
    expect_answer("is rebalanced");
    status_becomes("REBALANCING");
    put_supervisor("other");
    while (ends_with("/assignments/a-1-9", " v0"))
        memory_world_settle(&world, 100);
    status_becomes("REBALANCING");
    assert_true(ends_with("/assignments/a-1-9", " v1"));
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
    reign_counters(reign, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

#define ERRORS_AT "/errors/a-1-9/" COMPONENT

static void errors_that_a_worker_tells_are_kept_in_zookeeper(void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    tell(1, 1, "it was too hot", 5);
    memory_world_settle(&world, 1200);
    assert_true(ends_with(ERRORS_AT, " v0"));
    call("errors", "a");
    expect_answer("it was too hot");
}

/* Each second another one, and still one write. */
static void errors_without_end_are_written_now_and_then(void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    tell(1, 1, "first", 5);
    memory_world_settle(&world, 1200);
    tell(1, 2, "second", 6);
    memory_world_settle(&world, 1200);
    assert_true(ends_with(ERRORS_AT, " v0"));
    call("errors", "a"); /* who looks sees all of them */
    expect_answer("second");
}

static void errors_that_a_leader_before_has_kept_are_shown(void **state)
{
    struct reported_error old = {.at_us = 3, .count = 1, .host = "host-a"};
    struct error_record kept = {.component = COMPONENT};
    struct pack p;

    (void)state;
    old.text = (char *)"long ago";
    error_record_add(&kept, &old, false);
    memory_world_create(&world, "/errors", "", 0);
    memory_world_create(&world, "/errors/a-1-9", "", 0);
    pack_init(&p);
    assert_int_equal(error_record_pack(&kept, &p, NULL), 0);
    put(ERRORS_AT, &p, false);
    pack_free(&p);
    error_record_free(&kept);
    put_topology("a-1-9", false, false);
    leads();
    call("errors", "a");
    assert_string_equal(answer, ""); /* they must be read */
    memory_world_settle(&world, 100);
    expect_answer("long ago");
}

static void who_is_not_in_its_place_any_more_tells_nothing(void **state)
{
    (void)state;
    put_topology("a-1-9", false, false);
    leads();
    tell(7, 1, "it was too hot", 5);
    call("errors", "a");
    memory_world_settle(&world, 100);
    assert_null(strstr(answer, "too hot"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        test(a_worker_that_is_lost_meanwhile_is_not_the_rebalance),
        test(errors_that_a_worker_tells_are_kept_in_zookeeper),
        test(errors_without_end_are_written_now_and_then),
        test(errors_that_a_leader_before_has_kept_are_shown),
        test(who_is_not_in_its_place_any_more_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
