/*
 * test_reign_ends.c - what a leader makes of workers that end or do not start,
 * and of supervisors that are gone.
 */
#include "tests/support/cmocka_all.h"
#include "common/rpc_server.h"
#include "common/supervisor_record.h"
#include "tests/support/reign_world.h"
#include <string.h>

#define CRASH                                                                  \
    "the worker was ended by signal 11 (Segmentation fault): segmentation "    \
    "fault in spout \"c0\" (task 1, x.so): the process ends"
#define LACKS "the worker ended with status 1: cannot load x.so: libx.so"

/* In place of the server's: nobody listens here. */
void rpc_link_notify(struct rpc_link *link, const char *method,
                     const struct pack *params)
{
    (void)link;
    (void)method;
    (void)params;
}

/* What the supervisor says of worker 0 of "a". */
struct said {
    const char *why;
    uint32_t errors;
    int64_t error_us;
    uint32_t failed_starts;
    int64_t again_ms;
    bool speaks; /* it reports: perhaps that it cannot open its tasks */
    bool runs;
    const char *hangs; /* NULL: it says nothing of that */
};

static void pack_said(const struct said *said, struct pack *p)
{
    pack_map(p, 10);
    pack_key_text(p, "topology", "a-1-9");
    pack_key_uint(p, "worker", 0);
    pack_key_uint(p, "birth", 1);
    pack_key_bool(p, "runs", said->runs);
    pack_key_text(p, "why", said->why);
    pack_key_uint(p, "errors", said->errors);
    pack_key_int(p, "error_us", said->error_us);
    pack_key_uint(p, "failed_starts", said->failed_starts);
    pack_key_int(p, "again_ns", said->again_ms * MS);
    pack_text(p, "report");
    pack_map(p, said->speaks + (said->hangs != NULL));
    if (said->speaks)
        pack_key_uint(p, "incarnation", 5);
    if (said->hangs != NULL)
        pack_key_text(p, "hangs", said->hangs);
}

static void report(const struct said *said)
{
    struct pack worker;

    pack_init(&worker);
    pack_said(said, &worker);
    reign_world_report(SUPERVISOR, &worker);
    pack_free(&worker);
}

static void call(const char *method)
{
    reign_world_call(method, "a");
    for (uint32_t i = 0; i < 1000 && reign_world.answer[0] == '\0'; i++)
        memory_world_go_on(&reign_world.memory);
}

/* As {"count": N} in MessagePack, below 128. */
static void expect_count(char n)
{
    char part[] = {'c', 'o', 'u', 'n', 't', n, '\0'};

    reign_world_expect(part);
}

/* -- errors ---------------------------------------------------------------- */

static void what_ends_a_worker_is_an_error_of_the_component_that_it_names(
    void **state)
{
    const struct said crash = {.why = CRASH, .errors = 1, .error_us = 7};

    (void)state;
    report(&crash);
    call("errors");
    reign_world_expect("segmentation fault in spout \"c0\"");
    assert_true(strstr(reign_world.answer, CRASH) <
                strstr(reign_world.answer, "workers"));
    memory_world_settle(&reign_world.memory, 1200);
    assert_true(reign_world_ends_with("/errors/a-1-9/c0", " v0"));
    assert_string_equal(
        memory_world_at(&reign_world.memory, "/errors/a-1-9/.workers"), "none");
}

static void what_names_no_component_is_an_error_of_its_workers(void **state)
{
    const struct said lacks = {.why = LACKS, .errors = 1, .error_us = 7};

    (void)state;
    report(&lacks);
    call("errors");
    assert_non_null(strstr(reign_world.answer, LACKS));
    assert_true(strstr(reign_world.answer, LACKS) >
                strstr(reign_world.answer, "workers"));
    memory_world_settle(&reign_world.memory, 1200);
    assert_true(reign_world_ends_with("/errors/a-1-9/.workers", " v0"));
}

/* A supervisor says the same each second, and how often. */
static void each_end_counts_once(void **state)
{
    static const struct {
        uint32_t errors;
        int64_t error_us;
        char count; /* of all so far */
    } reports[] = {{1, 7, 1},  {1, 7, 1}, {2, 8, 2}, {5, 9, 5},
                   {5, 9, 5},  {0, 0, 5}, /* a supervisor that has begun anew */
                   {1, 12, 6}, {1, 12, 6}};

    (void)state;
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        const struct said said = {.why = LACKS,
                                  .errors = reports[i].errors,
                                  .error_us = reports[i].error_us};

        report(&said);
        call("errors");
        expect_count(reports[i].count);
    }
}

static void an_end_that_is_no_error_is_none(void **state)
{
    const struct said told = {.why = "the worker was told to end"};

    (void)state;
    report(&told);
    call("errors");
    assert_null(strstr(reign_world.answer, "told to end"));
}

static void it_is_said_when_a_worker_is_started_again(void **state)
{
    const struct said waits = {.why = LACKS, .again_ms = 8000};
    const struct said starts = {.why = LACKS};

    (void)state;
    report(&waits);
    call("status");
    reign_world_expect(LACKS "; it is started again in 8 s");
    report(&starts);
    call("status");
    reign_world_expect(LACKS);
    assert_null(strstr(reign_world.answer, "started again in"));
}

static void it_is_said_who_does_not_return_as_long_as_that_is_so(void **state)
{
    static const char hang[] = "c0-0 has been in one call for 31.2 s";
    const struct said hangs = {
        .why = "", .speaks = true, .runs = true, .hangs = hang};
    const struct said returned = {
        .why = "", .speaks = true, .runs = true, .hangs = ""};
    const struct said gone = {.why = LACKS};

    (void)state;
    report(&hangs);
    call("status");
    reign_world_expect(
        "worker 0: c0-0 has been in one call for 31.2 s; its log "
        "has the stack");
    report(&returned);
    call("status");
    assert_null(strstr(reign_world.answer, hang));
    report(&hangs);
    report(&gone);
    call("status");
    assert_null(strstr(reign_world.answer, hang));
}

/* -- what cannot drain ----------------------------------------------------- */

static void expect_gone_within(uint32_t ms)
{
    memory_world_settle(&reign_world.memory, ms);
    assert_string_equal(
        memory_world_at(&reign_world.memory, "/topologies/a-1-9"), "none");
}

/* The command's wait is 1000 s. */
static void a_topology_none_of_whose_workers_is_up_is_killed_at_once(
    void **state)
{
    static const struct {
        struct said first, then;
    } cases[] = {
        /* It cannot start. */
        {{.speaks = true}, {.why = LACKS, .failed_starts = 1}},
        /* It came up once, and ends again and again; or starts no more. */
        {{.speaks = true, .runs = true}, {.why = CRASH, .again_ms = 1000}},
        {{.speaks = true, .runs = true}, {.why = LACKS, .failed_starts = 1}},
        {{.failed_starts = 1, .speaks = true, .runs = true},
         {.why = LACKS, .failed_starts = 2}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (i > 0)
            reign_world_begin_active(state);
        report(&cases[i].first);
        report(&cases[i].then);
        call("kill");
        reign_world_expect("no worker of it is up, and it goes at once");
        expect_gone_within(100);
        if (i + 1 < sizeof(cases) / sizeof(cases[0]))
            reign_world_end(state);
    }
}

static void one_whose_last_worker_falls_while_it_drains_is_not_waited_for(
    void **state)
{
    const struct said runs = {.why = "", .speaks = true, .runs = true};
    const struct said falls = {.why = CRASH, .again_ms = 4000};

    (void)state;
    report(&runs);
    call("kill");
    reign_world_expect("it drains, and is gone then");
    report(&falls);
    expect_gone_within(1100);
}

static void one_that_may_have_something_under_way_drains(void **state)
{
    static const struct {
        struct said first, then;
    } cases[] = {
        {{.speaks = true, .runs = true}, {.speaks = true, .runs = true}},
        {{.failed_starts = 1},
         {.failed_starts = 1, .speaks = true, .runs = true}},
        /* It is started again at once. */
        {{.speaks = true, .runs = true}, {.why = CRASH}},
        {{.failed_starts = 1, .speaks = true, .runs = true},
         {.why = CRASH, .failed_starts = 1}},
        {{.why = ""}, {.why = ""}}, /* it may start just now */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (i > 0)
            reign_world_begin_active(state);
        report(&cases[i].first);
        report(&cases[i].then);
        call("kill");
        reign_world_expect("it drains, and is gone then");
        memory_world_settle(&reign_world.memory, 100);
        assert_true(reign_world_ends_with("/topologies/a-1-9", " v1"));
        if (i + 1 < sizeof(cases) / sizeof(cases[0]))
            reign_world_end(state);
    }
}

/* Nobody has told yet how its workers are. */
static void a_leader_that_has_just_begun_lets_it_drain(void **state)
{
    (void)state;
    call("kill");
    reign_world_expect("it drains, and is gone then");
}

/* -- supervisors ----------------------------------------------------------- */

static void put_supervisor(void)
{
    struct supervisor_port port = {.number = 6700};
    struct supervisor_record s = {.id = "b1",
                                  .host = "host-b",
                                  .address = "10.0.0.2",
                                  .n_ports = 1,
                                  .ports = &port};
    struct pack p;

    snprintf(s.gale, sizeof(s.gale), "0.1.0");
    pack_init(&p);
    assert_int_equal(supervisor_record_pack(&s, &p, NULL), 0);
    reign_world_put("/supervisors/b1", &p, false);
    pack_free(&p);
}

static void await(const char *part)
{
    do {
        memory_world_go_on(&reign_world.memory);
        call("status");
    } while (strstr(reign_world.answer, part) == NULL);
}

/* That of b1 alone: the other one is never registered. */
static void await_state(const char *state)
{
    char part[60];

    snprintf(part, sizeof(part), "state%c%s", (char)(0xa0 + strlen(state)),
             state);
    await(part);
}

static void remove_b1(void)
{
    zookeeper_delete(reign_world.memory.other, "/supervisors/b1", ZOOKEEPER_ANY,
                     (struct zookeeper_then){NULL, NULL});
}

/* One that has nothing to do, too: somebody may look for it. */
static void a_supervisor_that_is_gone_is_shown_as_dead(void **state)
{
    (void)state;
    put_supervisor();
    await_state("not heard yet");
    reign_world_report("b1", NULL);
    await_state("alive");
    reign_left(reign_world.reign, reign_world_link);
    await_state("silent"); /* it was heard */
    remove_b1();
    await("supervisor b1 of host-b is dead; it was heard ");
    put_supervisor();
    reign_world_report("b1", NULL);
    await_state("alive");
    assert_null(strstr(reign_world.answer, "host-b is"));
}

static void a_topology_whose_machines_are_gone_is_killed_at_once(void **state)
{
    (void)state;
    await("is dead");
    call("kill");
    reign_world_expect("no worker of it is up, and it goes at once");
    expect_gone_within(100);
}

static void a_supervisor_that_was_ended_is_wrong_only_if_it_is_needed(
    void **state)
{
    (void)state;
    put_supervisor();
    reign_world_report("b1", NULL);
    await_state("alive");
    reign_world_report_end("b1");
    reign_left(reign_world.reign, reign_world_link);
    remove_b1();
    await_state("ended");
    await("is dead"); /* the other one */
    await_state("ended");
    assert_null(strstr(reign_world.answer, "of host-b"));
    reign_world_report_end(SUPERVISOR);
    await("was ended, and 1 worker on it goes on without it: start it again");
    put_supervisor();
    await_state("silent");
    reign_world_report(SUPERVISOR, NULL);
    call("status");
    assert_null(strstr(reign_world.answer, "was ended"));
}

#define test(name)                                                             \
    cmocka_unit_test_setup_teardown(name, reign_world_begin_active,            \
                                    reign_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_ends_a_worker_is_an_error_of_the_component_that_it_names),
        test(what_names_no_component_is_an_error_of_its_workers),
        test(each_end_counts_once),
        test(an_end_that_is_no_error_is_none),
        test(it_is_said_when_a_worker_is_started_again),
        test(it_is_said_who_does_not_return_as_long_as_that_is_so),
        test(a_topology_none_of_whose_workers_is_up_is_killed_at_once),
        test(one_whose_last_worker_falls_while_it_drains_is_not_waited_for),
        test(one_that_may_have_something_under_way_drains),
        test(a_leader_that_has_just_begun_lets_it_drain),
        test(a_supervisor_that_is_gone_is_shown_as_dead),
        test(a_topology_whose_machines_are_gone_is_killed_at_once),
        test(a_supervisor_that_was_ended_is_wrong_only_if_it_is_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
