/*
 * test_reign_positions.c - a leader writes positions of a worker whose
 * supervisor is away: of that worker alone, not too often, and not any more
 * when another one leads.
 */
#include "tests/support/cmocka_all.h"
#include "common/position_record.h"
#include "nimbus/position_pace.h"
#include "tests/support/reign_world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "a-1-9"

static char name[DIGEST_HEX], path[120];

/* Worker `number` of the birth, of ID, has position "AT" of task `index`. */
static void call(uint32_t number, uint64_t birth, uint32_t index, uint64_t at)
{
    const struct rpc_peer *before = reign_world.client.peer;
    struct rpc_peer caller = {
        .role = TOKEN_WORKER, .number = number, .birth = birth, .topology = ID};
    char text[24];
    int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)at);
    const struct position_record r = {
        .component = gale_str_make("c0", 2),
        .index = index,
        .split = gale_str_make("", 0),
        .position = gale_str_make(text, (size_t)n),
        .order = {birth, at},
    };
    struct pack p, data;

    position_record_name(&r, name);
    snprintf(path, sizeof(path), "/positions/" ID "/%s", name);
    pack_init(&data);
    position_record_pack(&r, &data);
    pack_init(&p);
    pack_array(&p, 1);
    pack_map(&p, 2);
    pack_key_text(&p, "name", name);
    pack_key_bytes(&p, "data", data.buffer.data, data.buffer.size);
    pack_free(&data);
    reign_world.client.peer = &caller;
    reign_world_call_with("positions", &p);
    reign_world.client.peer = before;
    pack_free(&p);
}

static void settle(uint32_t ms)
{
    memory_world_settle(&reign_world.memory, ms);
}

/* "vVERSION"; what is there has the text in it. */
static void expect_kept(const char *text, const char *version)
{
    const char *found = memory_world_at(&reign_world.memory, path);

    if (strstr(found, text) == NULL || strstr(found, version) == NULL)
        fail_msg("expected %s of %s, found %s", version, text, found);
}

static void expect_nothing(void)
{
    assert_string_equal(memory_world_at(&reign_world.memory, path), "none");
}

/* An answer without an error: nil. */
static bool was_kept(void)
{
    return reign_world.answer[0] != '\0' &&
           strstr(reign_world.answer, "not kept") == NULL &&
           strstr(reign_world.answer, "cannot be kept") == NULL;
}

static void it_is_answered_when_it_is_kept(void **state)
{
    (void)state;
    call(0, 1, 0, 1001);
    assert_string_equal(reign_world.answer, "");
    settle(50);
    assert_true(was_kept());
    expect_kept("1001", " v0");
    call(0, 1, 0, 1002);
    settle(50);
    expect_kept("1002", " v1");
}

/* Its supervisor was back in between. */
static void an_older_one_does_not_take_the_place_of_a_newer_one(void **state)
{
    (void)state;
    call(0, 1, 0, 2000);
    settle(50);
    call(0, 1, 0, 1999);
    settle(50);
    assert_true(was_kept());
    expect_kept("2000", " v0");
}

static void who_is_not_the_worker_that_is_wanted_keeps_nothing(void **state)
{
    static const struct {
        uint32_t number;
        uint64_t birth;
    } cases[] = {{0, 0}, {0, 2}, {1, 1}, {UINT32_MAX, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        call(cases[i].number, cases[i].birth, 0, 1000);
        reign_world_expect("this worker is not wanted any more");
        reign_world_expect("outdated");
        settle(50);
        expect_nothing();
    }
}

static void a_task_of_others_is_refused(void **state)
{
    (void)state;
    call(0, 1, 1, 1000);
    reign_world_expect("it is of a task that this worker does not have");
    reign_world_expect("bad-request");
    settle(50);
    expect_nothing();
}

static void a_leader_that_still_reads_lets_it_be_asked_again(void **state)
{
    (void)state;
    reign_world_put_topology(ID, false, false);
    reign_world_begins();
    call(0, 1, 0, 1000);
    reign_world_expect("not-leader");
    settle(100);
    call(0, 1, 0, 1000);
    settle(50);
    expect_kept("1000", " v0");
}

/* Another one leads already, and it does not know that yet. */
static void who_is_deposed_writes_nothing(void **state)
{
    (void)state;
    memory_world_set(&reign_world.memory, "/epoch", "", 0);
    call(0, 1, 0, 1000);
    settle(50);
    assert_false(was_kept());
    expect_nothing();
    assert_int_equal(reign_world.n_fenced, 1);
}

/* Somebody else has changed it, whoever that is. */
static void nothing_is_written_by_an_assignment_that_is_another_one_now(
    void **state)
{
    (void)state;
    memory_world_set(&reign_world.memory, "/assignments/" ID, "", 0);
    call(0, 1, 0, 1000);
    settle(50);
    reign_world_expect("cannot be kept");
    expect_nothing();
    assert_int_equal(reign_world.n_fenced, 0);
}

/* One is being written; of those that come meanwhile the last one is next. */
static void of_several_that_wait_the_newest_is_written(void **state)
{
    (void)state;
    call(0, 1, 0, 1001);
    settle(2); /* it has begun */
    call(0, 1, 0, 1002);
    call(0, 1, 0, 1003);
    reign_world_expect("newer ones have come");
    settle(100);
    expect_kept("1003", " v1");
}

/* However often workers ask: counted by the versions of the node. */
static void it_writes_no_more_than_fifty_times_a_second(void **state)
{
    struct loop *loop = reign_world.memory.loop;
    int64_t began = loop_now(loop), most;
    const char *version;

    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        call(0, 1, 0, 1000 + i);
        settle(1);
    }
    most = (loop_now(loop) - began) / POSITION_PACE_NS;
    version = strrchr(memory_world_at(&reign_world.memory, path), 'v');
    assert_non_null(version);
    assert_in_range(strtol(version + 1, NULL, 10), 5, most);
}

static void an_end_of_the_leadership_sends_workers_to_the_next(void **state)
{
    (void)state;
    call(0, 1, 0, 1000);
    reign_end(reign_world.reign, "because of a test");
    reign_world.reign = NULL;
    reign_world_expect("not-leader");
    settle(50);
    /* also of one that is under way */
    reign_world_leads();
    call(0, 1, 0, 2000);
    settle(2);
    reign_end(reign_world.reign, "because of a test");
    reign_world.reign = NULL;
    reign_world_expect("not-leader");
    settle(50);
}

static void the_pace_is_one_at_a_time_and_so_often(void **state)
{
    struct position_pace p = {.begun = false};

    (void)state;
    assert_int_equal(position_pace_due(&p, 5), 5);
    position_pace_begins(&p, 5);
    assert_true(position_pace_due(&p, 1000 * POSITION_PACE_NS) == INT64_MAX);
    position_pace_ends(&p);
    assert_int_equal(position_pace_due(&p, 6), 5 + POSITION_PACE_NS);
    assert_int_equal(position_pace_due(&p, 9 * POSITION_PACE_NS),
                     9 * POSITION_PACE_NS);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, reign_world_begin_active,            \
                                    reign_world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_answered_when_it_is_kept),
        TEST(an_older_one_does_not_take_the_place_of_a_newer_one),
        TEST(who_is_not_the_worker_that_is_wanted_keeps_nothing),
        TEST(a_task_of_others_is_refused),
        cmocka_unit_test_setup_teardown(
            a_leader_that_still_reads_lets_it_be_asked_again, reign_world_begin,
            reign_world_end),
        TEST(who_is_deposed_writes_nothing),
        TEST(nothing_is_written_by_an_assignment_that_is_another_one_now),
        TEST(of_several_that_wait_the_newest_is_written),
        TEST(it_writes_no_more_than_fifty_times_a_second),
        TEST(an_end_of_the_leadership_sends_workers_to_the_next),
        cmocka_unit_test(the_pace_is_one_at_a_time_and_so_often),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
