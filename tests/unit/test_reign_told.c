/*
 * test_reign_told.c - what a leader makes of what workers tell of their
 * components: counters, metrics, errors.
 */
#include "tests/support/cmocka_all.h"
#include "common/error_record.h"
#include "tests/support/reign_world.h"
#include <string.h>

#define COMPONENT "c0"

struct told_error {
    const char *text;
    int64_t at_us;
    uint64_t count;
};

/* What worker 0 of "a" tells of its component: the last errors, the latest
 * first. */
static void tell_errors(uint64_t birth, const struct told_error *errors,
                        uint32_t n)
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
    pack_map(&p, 2);
    pack_key_text(&p, "id", COMPONENT);
    pack_text(&p, "recent");
    pack_array(&p, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_array(&p, 3);
        pack_int(&p, errors[i].at_us);
        pack_uint(&p, errors[i].count);
        pack_text(&p, errors[i].text);
    }
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    reign_counters(reign_world.reign, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

static void tell(uint64_t birth, const char *text, int64_t at_us)
{
    tell_errors(birth, &(struct told_error){text, at_us, 1}, 1);
}

/* Something else of it, in MessagePack. */
static void tell_of(const char *name, const uint8_t *value, size_t size)
{
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "topology", "a-1-9");
    pack_key_uint(&p, "worker", 0);
    pack_key_uint(&p, "birth", 1);
    pack_text(&p, "components");
    pack_array(&p, 1);
    pack_map(&p, 2);
    pack_key_text(&p, "id", COMPONENT);
    pack_text(&p, name);
    msgpack_sbuffer_write(&p.buffer, (const char *)value, size);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    reign_counters(reign_world.reign, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

static void metrics_are_shown_and_zookeeper_hears_nothing_of_them(void **state)
{
    /* [[0, "rows", 1, 5]] */
    static const uint8_t rows[] = {0x91, 0x94, 0,   0xa4, 'r',
                                   'o',  'w',  's', 1,    5};

    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    reign_world_call("metrics", "a");
    assert_null(strstr(reign_world.answer, "rows"));
    tell_of("metrics", rows, sizeof(rows));
    reign_world_call("metrics", "a");
    reign_world_expect("rows");
    reign_world_expect("counter");
    memory_world_settle(&reign_world.memory, 1200);
    reign_world_untouched("a-1-9");
    assert_string_equal(memory_world_at(&reign_world.memory, "/errors/a-1-9"),
                        "none");
}

/* A worker runs code of users: what it tells may be anything. */
static void counters_that_make_no_sense_are_passed_over(void **state)
{
    static const uint8_t nothing[] = {0xc0}, text[] = {0xa1, 'x'},
                         empty[] = {0x90}, lists[] = {0x92, 0x90, 0x91, 7},
                         map[] = {0x80};
    static const struct {
        const uint8_t *value;
        size_t size;
    } cases[] = {{nothing, 1}, {text, 2}, {empty, 1}, {lists, 4}, {map, 1}};
    static const char *const keys[] = {"streams",  "inputs",      "recent",
                                       "metrics",  "metrics_cut", "errors",
                                       "executed", "times_cut",   "capacity"};

    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            tell_of(keys[k], cases[i].value, cases[i].size);
            reign_world_call("topology", "a");
            reign_world_expect(COMPONENT);
            reign_world_call("metrics", "a");
            reign_world_expect(COMPONENT);
            reign_world_call("errors", "a");
            memory_world_settle(&reign_world.memory, 100);
            reign_world_expect(COMPONENT);
        }
}

/* -- what a topology has done ---------------------------------------------- */

/* Worker 0 of "a" says how it is; or that it has ended as it was told to. */
static void tell_acked(uint64_t acked, bool ended)
{
    const struct rpc_peer *before = reign_world.client.peer;
    struct rpc_peer caller = {
        .role = TOKEN_WORKER, .birth = 1, .topology = "a-1-9"};
    struct pack p;

    pack_init(&p);
    pack_map(&p, 5);
    pack_key_text(&p, "topology", "a-1-9");
    pack_key_uint(&p, "worker", 0);
    pack_key_uint(&p, "birth", 1);
    pack_key_bool(&p, "ended", ended);
    pack_text(&p, "report");
    pack_map(&p, 5);
    pack_key_uint(&p, "incarnation", 5);
    pack_key_uint(&p, "acked", acked);
    pack_key_uint(&p, "failed", 2);
    pack_key_uint(&p, "executed", 31);
    pack_key_uint(&p, "pending", ended ? 0 : 3);
    reign_world.client.peer = &caller;
    reign_world_call_with("worker", &p);
    reign_world.client.peer = before;
    pack_free(&p);
}

/* As "KEY NUMBER" in MessagePack, numbers below 128. */
static void expect_counter(const char *key, char number)
{
    char part[32];

    snprintf(part, sizeof(part), "%s%c", key, number == 0 ? ' ' : number);
    reign_world_call("status", "");
    reign_world_expect(part);
}

static void what_a_finished_topology_has_done_is_shown_until_it_is_killed(
    void **state)
{
    struct topology_record t;

    (void)state;
    reign_world_sample(&t, TOPOLOGY_FINISHED);
    reign_world_put_record(&t, t.id, false);
    reign_world_put_assignment(&t, t.id, false);
    topology_record_free(&t);
    reign_world_leads();
    tell_acked(7, false);
    expect_counter("acked", 7);
    expect_counter("pending", 3);
    tell_acked(9, true);
    memory_world_settle(&reign_world.memory, 100);
    assert_string_equal(
        memory_world_at(&reign_world.memory, "/assignments/a-1-9"), "none");
    expect_counter("acked", 9);
    expect_counter("failed", 2);
    expect_counter("executed", 31);
    expect_counter("pending", 0);
}

#define ERRORS_AT "/errors/a-1-9/" COMPONENT

static void read_errors(void *arg, const struct zookeeper_answer *a)
{
    assert_int_equal(a->result, ZOOKEEPER_OK);
    assert_int_equal(error_record_unpack(a->data, a->size, arg, NULL), 0);
}

/* As ZooKeeper has them after `ms`. */
static void kept_errors(struct error_record *kept, uint32_t ms)
{
    *kept = (struct error_record){.n_errors = 0};
    memory_world_settle(&reign_world.memory, ms);
    zookeeper_get(reign_world.memory.other, ERRORS_AT, NULL,
                  (struct zookeeper_then){read_errors, kept});
    while (kept->component[0] == '\0')
        memory_world_go_on(&reign_world.memory);
}

static void expect_error(const struct reported_error *e, const char *text,
                         int64_t at_us, uint64_t count)
{
    assert_string_equal(e->text, text);
    assert_int_equal(e->at_us, at_us);
    assert_int_equal(e->count, count);
    assert_int_equal(e->worker, 0);
}

static void errors_that_a_worker_tells_are_kept_in_zookeeper(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    tell(1, "it was too hot", 5);
    memory_world_settle(&reign_world.memory, 1200);
    assert_true(reign_world_ends_with(ERRORS_AT, " v0"));
    reign_world_call("errors", "a");
    reign_world_expect("it was too hot");
}

/* A worker tells every few seconds: all that there was meanwhile. How often
 * each came is the sum of what was told of it, also when it had been forgotten
 * by the worker, and came again. */
static void all_errors_that_a_worker_tells_are_kept_and_counted(void **state)
{
    static const struct told_error first[] = {{"cold", 7, 1}, {"hot", 6, 3}},
                                   then[] = {{"hot", 9, 5}, {"wet", 8, 1}},
                                   last[] = {{"cold", 10, 2}, {"hot", 9, 5}};
    struct error_record kept;

    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    tell_errors(1, first, 2);
    tell_errors(1, then, 2);
    tell_errors(1, last, 2);
    kept_errors(&kept, 1200);
    assert_int_equal(kept.n_errors, 3);
    expect_error(&kept.errors[0], "cold", 10, 1 + 2);
    expect_error(&kept.errors[1], "hot", 9, 5);
    expect_error(&kept.errors[2], "wet", 8, 1);
    error_record_free(&kept);
}

/* Each second another one, and still one write. */
static void errors_without_end_are_written_now_and_then(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_leads();
    tell(1, "first", 5);
    memory_world_settle(&reign_world.memory, 1200);
    tell(1, "second", 6);
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
    tell(7, "it was too hot", 5);
    reign_world_call("errors", "a");
    memory_world_settle(&reign_world.memory, 100);
    assert_null(strstr(reign_world.answer, "too hot"));
}

#define test(name)                                                             \
    cmocka_unit_test_setup_teardown(name, reign_world_begin, reign_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_a_finished_topology_has_done_is_shown_until_it_is_killed),
        test(metrics_are_shown_and_zookeeper_hears_nothing_of_them),
        test(counters_that_make_no_sense_are_passed_over),
        test(errors_that_a_worker_tells_are_kept_in_zookeeper),
        test(all_errors_that_a_worker_tells_are_kept_and_counted),
        test(errors_without_end_are_written_now_and_then),
        test(errors_that_a_leader_before_has_kept_are_shown),
        test(who_is_not_in_its_place_any_more_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
