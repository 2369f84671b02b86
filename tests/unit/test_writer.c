/*
 * test_writer.c - what a leader wants gets into ZooKeeper, whatever becomes of
 * an answer; and nothing does when another one leads.
 */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include "common/zookeeper_memory.h"
#include "nimbus/writer.h"
#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)
#define SESSION (10000 * MS)

static struct loop *loop;
static struct zookeeper_memory *memory;
static struct zookeeper *zookeeper; /* the leader's … */
static struct zookeeper *other;     /* … and somebody else's */
static struct writer *writer;
static uint32_t n_written, n_fenced, n_troubles;
static bool ends_when_fenced;

static void state_changed(void *arg, enum zookeeper_state state)
{
    (void)arg;
    (void)state;
}

static void written(void *arg)
{
    (void)arg;
    n_written++;
}

static void fenced(void *arg)
{
    (void)arg;
    n_fenced++;
    if (ends_when_fenced) {
        writer_free(writer);
        writer = NULL;
    }
}

static void trouble(void *arg, const char *text)
{
    (void)arg;
    (void)text;
    n_troubles++;
}

static void go_on(void)
{
    zookeeper_memory_advance(memory, loop_now(loop));
    loop_run_for(loop, MS);
}

/* Until nothing happens any more: a retry is due after 200 ms. */
static void settle(void)
{
    int64_t end = loop_now(loop) + 300 * MS;

    while (loop_now(loop) < end)
        go_on();
}

/* As long as it takes; 10 s at most. */
static bool becomes_durable(void)
{
    struct mirror *m = writer_mirror(writer);
    int64_t end = loop_now(loop) + SESSION;

    while (mirror_durable(m) < mirror_changes(m) && loop_now(loop) < end)
        go_on();
    return mirror_durable(m) == mirror_changes(m);
}

static void create(const char *path, const char *text)
{
    zookeeper_create(other, path, text, strlen(text), 0,
                     (struct zookeeper_then){NULL, NULL});
}

static int setup(void **state)
{
    const struct writer_options options = {
        .written = written, .fenced = fenced, .trouble = trouble};
    struct writer_options o = options;

    (void)state;
    loop = loop_new(env_posix());
    memory = zookeeper_memory_new(loop_now(loop), MS);
    zookeeper = zookeeper_memory_join(memory, SESSION, state_changed, NULL);
    other = zookeeper_memory_join(memory, SESSION, state_changed, NULL);
    n_written = n_fenced = n_troubles = 0;
    ends_when_fenced = false;
    while (zookeeper_state(other) != ZOOKEEPER_IS_CONNECTED ||
           zookeeper_state(zookeeper) != ZOOKEEPER_IS_CONNECTED)
        go_on();
    create("/epoch", "1");
    create("/topologies", "");
    create("/topologies/old", "old");
    settle();
    o.loop = loop;
    o.zookeeper = zookeeper;
    o.epoch_version = 0;
    writer = writer_new(&o);
    mirror_read(writer_mirror(writer), "/topologies/old", "old", 3, 0);
    mirror_complete(writer_mirror(writer));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    writer_free(writer);
    zookeeper_free(zookeeper);
    zookeeper_free(other);
    zookeeper_memory_free(memory);
    loop_free(loop);
    return 0;
}

static void want(const char *path, const char *text)
{
    mirror_want(writer_mirror(writer), path, text,
                text == NULL ? 0 : strlen(text));
    writer_go(writer);
}

static char found[100];

static void got(void *arg, const struct zookeeper_answer *answer)
{
    (void)arg;
    if (answer->result == ZOOKEEPER_OK)
        snprintf(found, sizeof(found), "%.*s v%d", (int)answer->size,
                 (const char *)answer->data, answer->stat.version);
    else
        snprintf(found, sizeof(found), "none");
}

/* Its value and version, as somebody else sees it. */
static const char *is_at(const char *path)
{
    found[0] = '\0';
    zookeeper_get(other, path, NULL, (struct zookeeper_then){got, NULL});
    while (found[0] == '\0')
        go_on();
    return found;
}

static void what_is_wanted_gets_there_together(void **state)
{
    (void)state;
    want("/topologies/old", NULL);
    want("/topologies/new", "new");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "none");
    assert_string_equal(is_at("/topologies/new"), "new v0");
    assert_int_equal(n_written, 1);
}

static void what_was_wanted_meanwhile_follows(void **state)
{
    (void)state;
    want("/topologies/old", "one");
    while (zookeeper_memory_next(memory) == INT64_MAX)
        loop_run_for(loop, MS); /* until it is sent */
    want("/topologies/old", "two");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "two v2");
}

static void a_lost_answer_is_no_reason_to_write_twice(void **state)
{
    (void)state;
    zookeeper_memory_lose_answers(zookeeper, 1);
    want("/topologies/new", "new");
    want("/topologies/old", "changed");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/new"), "new v0");
    assert_string_equal(is_at("/topologies/old"), "changed v1");
    assert_int_equal(n_troubles, 1);
    assert_int_equal(n_fenced, 0);
}

static void what_somebody_else_changed_is_read_again_and_put_right(void **state)
{
    (void)state;
    zookeeper_set(other, "/topologies/old", "theirs", 6, ZOOKEEPER_ANY,
                  (struct zookeeper_then){NULL, NULL});
    assert_string_equal(is_at("/topologies/old"), "theirs v1");
    want("/topologies/old", "mine");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "mine v2");
    assert_int_equal(n_fenced, 0);
}

static void nothing_is_written_when_another_one_leads(void **state)
{
    (void)state;
    zookeeper_set(other, "/epoch", "2", 1, ZOOKEEPER_ANY,
                  (struct zookeeper_then){NULL, NULL});
    assert_string_equal(is_at("/epoch"), "2 v1");
    want("/topologies/old", "mine");
    settle();
    assert_int_equal(n_fenced, 1);
    assert_string_equal(is_at("/topologies/old"), "old v0");
    assert_true(mirror_durable(writer_mirror(writer)) <
                mirror_changes(writer_mirror(writer)));
}

static void it_may_be_ended_by_who_hears_that_another_one_leads(void **state)
{
    (void)state;
    ends_when_fenced = true;
    zookeeper_set(other, "/epoch", "2", 1, ZOOKEEPER_ANY,
                  (struct zookeeper_then){NULL, NULL});
    assert_string_equal(is_at("/epoch"), "2 v1");
    want("/topologies/old", "mine");
    settle();
    assert_int_equal(n_fenced, 1);
    assert_null(writer);
}

static void it_may_be_ended_while_an_answer_is_under_way(void **state)
{
    (void)state;
    want("/topologies/old", "mine");
    while (zookeeper_memory_next(memory) == INT64_MAX)
        loop_run_for(loop, MS); /* until it is sent */
    writer_free(writer);
    writer = NULL;
    assert_string_equal(is_at("/topologies/old"), "mine v1");
    assert_int_equal(n_written, 0);
}

static void while_zookeeper_is_away_it_goes_on_trying(void **state)
{
    (void)state;
    zookeeper_memory_cut(zookeeper, ZOOKEEPER_CUT_NOTICED);
    want("/topologies/old", "mine");
    settle();
    assert_string_equal(is_at("/topologies/old"), "old v0");
    zookeeper_memory_heal(zookeeper);
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "mine v1");
    assert_true(n_troubles > 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_is_wanted_gets_there_together),
        test(what_was_wanted_meanwhile_follows),
        test(a_lost_answer_is_no_reason_to_write_twice),
        test(what_somebody_else_changed_is_read_again_and_put_right),
        test(nothing_is_written_when_another_one_leads),
        test(it_may_be_ended_by_who_hears_that_another_one_leads),
        test(it_may_be_ended_while_an_answer_is_under_way),
        test(while_zookeeper_is_away_it_goes_on_trying),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
