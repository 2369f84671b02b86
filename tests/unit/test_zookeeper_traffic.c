/* test_zookeeper_traffic.c - how much is said to an ensemble, in bytes. */
#include "common/zookeeper_memory.h"
#include "tests/support/cmocka_all.h"

static void woken(void *arg)
{
    (void)arg;
}

/* A length before each message, text and value, a head of twelve bytes or
 * twenty, sixty-eight of what is known of a node. */
static void what_is_said_is_counted_as_it_is_on_the_wire(void **state)
{
    static const struct zookeeper_write two[] = {
        {.kind = ZOOKEEPER_CREATE, .path = "/n/a", .data = "xy", .size = 2},
        {.kind = ZOOKEEPER_DELETE, .path = "/n/a", .version = ZOOKEEPER_ANY},
    };
    struct zookeeper_traffic t;
    const struct zookeeper_then nobody = {NULL, NULL};
    const int64_t now = 1000000000;
    struct zookeeper_memory *memory = zookeeper_memory_new(now, 0);
    struct zookeeper *a = zookeeper_memory_join(memory, 9 * now, NULL, NULL);
    struct zookeeper *b = zookeeper_memory_join(memory, 9 * now, NULL, NULL);
    struct zookeeper_watch watch = {.fn = woken};
    size_t bytes;

    (void)state;
    zookeeper_memory_advance(memory, now);
    zookeeper_create(a, "/n", "", 0, 0, nobody);
    zookeeper_memory_advance(memory, now);
    t = zookeeper_memory_traffic_of(a);
    assert_int_equal(t.writes, 1);
    assert_int_equal(t.bytes_up, 12 + (4 + 2) + 4 + 31 + 4);
    assert_int_equal(t.bytes_down, 20 + (4 + 2));
    zookeeper_children(a, "/n", &watch, nobody);
    zookeeper_memory_advance(memory, now);
    assert_int_equal(zookeeper_memory_watched(a, &bytes), 1);
    assert_int_equal(bytes, 4 + 2);
    zookeeper_multi(b, two, 2, nobody);
    zookeeper_memory_advance(memory, now);
    t = zookeeper_memory_traffic_of(a);
    assert_int_equal(t.reads, 1);
    assert_int_equal(t.watches, 1);
    assert_int_equal(t.events, 1);
    assert_int_equal(t.answer_max, 20 + 4 + 68);
    assert_int_equal(zookeeper_memory_watched(a, &bytes), 0);
    t = zookeeper_memory_traffic(memory);
    assert_int_equal(t.writes, 2);
    assert_int_equal(t.operations, 3);
    assert_int_equal(t.value_max, 2);
    zookeeper_free(a);
    zookeeper_free(b);
    zookeeper_memory_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_counted_as_it_is_on_the_wire),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
