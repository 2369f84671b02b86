/*
 * test_writer.c - what a leader wants gets into ZooKeeper, whatever becomes of
 * an answer; and nothing does when another one leads.
 */
#include "tests/support/cmocka_all.h"
#include "nimbus/writer.h"
#include "tests/support/memory_world.h"
#include <string.h>

static struct memory_world world;
static struct writer *writer;
static uint32_t n_written, n_fenced, n_troubles;
static bool ends_when_fenced;

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

/* A retry is due after 200 ms. */
static void settle(void)
{
    memory_world_settle(&world, 300);
}

/* As long as it takes; 10 s at most. */
static bool becomes_durable(void)
{
    struct mirror *m = writer_mirror(writer);
    int64_t end = loop_now(world.loop) + 10000 * MS;

    while (mirror_durable(m) < mirror_changes(m) && loop_now(world.loop) < end)
        memory_world_go_on(&world);
    return mirror_durable(m) == mirror_changes(m);
}

static const char *is_at(const char *path)
{
    return memory_world_at(&world, path);
}

static void others_set(const char *path, const char *text)
{
    memory_world_set(&world, path, text, strlen(text));
}

/* Until it is sent. */
static void begin_to_write(void)
{
    while (zookeeper_memory_next(world.memory) == INT64_MAX)
        loop_run_for(world.loop, MS);
}

static int setup(void **state)
{
    struct writer_options options = {
        .written = written, .fenced = fenced, .trouble = trouble};

    (void)state;
    n_written = n_fenced = n_troubles = 0;
    ends_when_fenced = false;
    memory_world_begin(&world);
    memory_world_create(&world, "/epoch", "1", 1);
    memory_world_create(&world, "/topologies", "", 0);
    memory_world_create(&world, "/topologies/old", "old", 3);
    options.loop = world.loop;
    options.zookeeper = world.mine;
    writer = writer_new(&options);
    mirror_read(writer_mirror(writer), "/topologies/old", "old", 3, 0);
    mirror_complete(writer_mirror(writer));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    writer_free(writer);
    memory_world_end(&world);
    return 0;
}

static void want(const char *path, const char *text)
{
    mirror_want(writer_mirror(writer), path, text,
                text == NULL ? 0 : strlen(text));
    writer_go(writer);
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
    begin_to_write();
    want("/topologies/old", "two");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "two v2");
}

static void a_lost_answer_is_no_reason_to_write_twice(void **state)
{
    (void)state;
    zookeeper_memory_lose_answers(world.mine, 1);
    want("/topologies/new", "new");
    want("/topologies/old", "changed");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/new"), "new v0");
    assert_string_equal(is_at("/topologies/old"), "changed v1");
    assert_int_equal(n_troubles, 1);
    assert_true(n_written > 0); /* who waits is answered */
    assert_int_equal(n_fenced, 0);
}

static void what_somebody_else_changed_is_read_again_and_put_right(void **state)
{
    (void)state;
    others_set("/topologies/old", "theirs");
    want("/topologies/old", "mine");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "mine v2");
    assert_int_equal(n_fenced, 0);
}

static void nothing_is_written_when_another_one_leads(void **state)
{
    (void)state;
    others_set("/epoch", "2");
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
    others_set("/epoch", "2");
    want("/topologies/old", "mine");
    settle();
    assert_int_equal(n_fenced, 1);
    assert_null(writer);
}

static void it_may_be_ended_while_an_answer_is_under_way(void **state)
{
    (void)state;
    want("/topologies/old", "mine");
    begin_to_write();
    writer_free(writer);
    writer = NULL;
    assert_string_equal(is_at("/topologies/old"), "mine v1");
    assert_int_equal(n_written, 0);
}

static void while_zookeeper_is_away_it_goes_on_trying(void **state)
{
    (void)state;
    zookeeper_memory_cut(world.mine, ZOOKEEPER_CUT_NOTICED);
    want("/topologies/old", "mine");
    settle();
    assert_string_equal(is_at("/topologies/old"), "old v0");
    zookeeper_memory_heal(world.mine);
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "mine v1");
    assert_true(n_troubles > 0);
}

static void others_make(const char *path)
{
    memory_world_create(&world, path, "", 0);
}

/* Another gale has made them, or somebody by hand. */
static void what_nobody_here_knows_does_not_keep_a_node(void **state)
{
    static const char *const strange[] = {
        "/topologies/old/strange", "/topologies/old/other",
        "/topologies/old/strange/deep", "/topologies/old/strange/deep/deeper"};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        others_make(strange[i]);
    want("/topologies/old", NULL);
    want("/topologies/new", "new");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old"), "none");
    assert_string_equal(is_at("/topologies/new"), "new v0");
    assert_int_equal(n_fenced, 0);
}

/* What a node has that stays is nobody's business here. */
static void what_nobody_here_knows_stays_below_what_stays(void **state)
{
    (void)state;
    others_make("/topologies/old/strange");
    want("/topologies/old", "new");
    assert_true(becomes_durable());
    assert_string_equal(is_at("/topologies/old/strange"), " v0");
}

static void one_that_was_deposed_removes_nothing(void **state)
{
    (void)state;
    others_make("/topologies/old/strange");
    others_set("/epoch", "2");
    want("/topologies/old", NULL);
    settle();
    assert_int_equal(n_fenced, 1);
    assert_string_equal(is_at("/topologies/old/strange"), " v0");
}

/* -- one whose answers are the test's -------------------------------------- */

static struct {
    struct zookeeper base;
    struct zookeeper_then multi, gets[4]; /* in the order of the questions */
    uint32_t n_gets;
    uint32_t n_writes; /* of the multi: 1 is the check of /epoch alone */
} slow;

static void slow_request(struct zookeeper *z, const struct zookeeper_request *r)
{
    (void)z;
    if (r->kind == ZOOKEEPER_MULTI) {
        slow.multi = r->then;
        slow.n_writes = r->n;
    } else if (slow.n_gets < 4) {
        slow.gets[slow.n_gets++] = r->then;
    }
}

static const struct zookeeper_ops slow_ops = {.request = slow_request};

static void answer(struct zookeeper_then then, enum zookeeper_result result)
{
    then.fn(then.arg, &(struct zookeeper_answer){.result = result});
}

static void use_slow(void)
{
    const struct writer_options options = {.loop = world.loop,
                                           .zookeeper = &slow.base,
                                           .written = written,
                                           .fenced = fenced,
                                           .trouble = trouble};

    memset(&slow, 0, sizeof(slow));
    slow.base.ops = &slow_ops;
    writer_free(writer);
    writer = writer_new(&options);
    mirror_complete(writer_mirror(writer));
}

/* What was sent by another connection may happen yet, and the server that is
 * asked now may not have heard of it: what it answers to a write, it answers
 * when it has. */
static void nothing_is_read_again_before_what_was_sent_is_over(void **state)
{
    static const enum zookeeper_result failures[] = {
        ZOOKEEPER_UNKNOWN, ZOOKEEPER_AWAY, ZOOKEEPER_UNKNOWN};

    (void)state;
    use_slow();
    want("/topologies/a", "a");
    settle();
    assert_int_equal(slow.n_writes, 2);
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        answer(slow.multi, failures[i]);
        slow.n_writes = 0;
        settle();
        assert_int_equal(slow.n_writes, 1);
        assert_int_equal(slow.n_gets, 0);
    }
    answer(slow.multi, ZOOKEEPER_OK);
    settle();
    assert_int_equal(slow.n_gets, 1);
    answer(slow.gets[0], ZOOKEEPER_NO_NODE);
    settle();
    assert_int_equal(slow.n_writes, 2);
    answer(slow.multi, ZOOKEEPER_UNKNOWN);
    settle();
    answer(slow.multi, ZOOKEEPER_BAD_VERSION);
    assert_int_equal(n_fenced, 1);
    assert_int_equal(slow.n_gets, 1);
}

static void what_could_not_be_read_is_read_again_though_others_came_late(
    void **state)
{
    (void)state;
    use_slow();
    want("/topologies/a", "a");
    want("/topologies/b", "b");
    settle();
    answer(slow.multi, ZOOKEEPER_UNKNOWN);
    settle();
    answer(slow.multi, ZOOKEEPER_OK);
    settle();
    assert_int_equal(slow.n_gets, 2);
    answer(slow.gets[0], ZOOKEEPER_AWAY);
    settle(); /* its time comes while the other one is waited for */
    answer(slow.gets[1], ZOOKEEPER_NO_NODE);
    settle();
    answer(slow.multi, ZOOKEEPER_OK);
    settle();
    assert_int_equal(slow.n_gets, 3);
    answer(slow.gets[2], ZOOKEEPER_NO_NODE);
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
        test(what_nobody_here_knows_does_not_keep_a_node),
        test(what_nobody_here_knows_stays_below_what_stays),
        test(one_that_was_deposed_removes_nothing),
        test(nothing_is_read_again_before_what_was_sent_is_over),
        test(what_could_not_be_read_is_read_again_though_others_came_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
