/* test_zookeeper_watches.c - who waits for which node. */
#include "common/zookeeper_watches.h"
#include "tests/support/cmocka_all.h"

static struct zookeeper_watches watches;
static struct zookeeper_watch a, b, c;
static int n_a, n_b, n_c;

static void count(void *arg)
{
    ++*(int *)arg;
}

static int setup(void **state)
{
    (void)state;
    n_a = n_b = n_c = 0;
    a = (struct zookeeper_watch){.fn = count, .arg = &n_a};
    b = (struct zookeeper_watch){.fn = count, .arg = &n_b};
    c = (struct zookeeper_watch){.fn = count, .arg = &n_c};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    zookeeper_watches_clear(&watches);
    return 0;
}

static uint64_t add(const char *path, bool of_children,
                    struct zookeeper_watch *watch)
{
    return zookeeper_watches_add(&watches, path, of_children, watch)->id;
}

/* Reading the same again and again asks the server for nothing new. */
static void a_spot_is_a_node_or_its_children_whoever_waits(void **state)
{
    uint64_t first = add("/x", false, &a);

    (void)state;
    assert_true(add("/x", false, &a) == first);
    assert_true(add("/x", false, &b) == first);
    assert_true(add("/x", true, &c) != first);
    zookeeper_watches_fire(&watches, first);
    assert_int_equal(n_a, 1);
    assert_int_equal(n_b, 1);
    assert_int_equal(n_c, 0);
    zookeeper_watches_fire(&watches, first);
    assert_int_equal(n_a, 1);
    assert_true(add("/x", false, &a) != first);
}

static void a_spot_stays_when_nobody_waits_there(void **state)
{
    uint64_t id = add("/x", false, &a);

    (void)state;
    zookeeper_watch_clear(&a);
    zookeeper_watch_clear(&a);
    assert_true(add("/x", false, &b) == id);
    zookeeper_watches_fire(&watches, id);
    assert_int_equal(n_a, 0);
    assert_int_equal(n_b, 1);
}

static void a_watch_waits_at_one_spot(void **state)
{
    uint64_t first = add("/x", false, &a), second = add("/y", false, &a);

    (void)state;
    zookeeper_watches_fire(&watches, first);
    assert_int_equal(n_a, 0);
    zookeeper_watches_fire(&watches, second);
    assert_int_equal(n_a, 1);
}

static void clear_others(void *arg)
{
    ++*(int *)arg;
    zookeeper_watch_clear(&a);
    zookeeper_watch_clear(&b);
    add("/x", false, &c);
}

static void who_is_called_may_clear_others_and_wait_again(void **state)
{
    uint64_t id;

    (void)state;
    add("/x", false, &a);
    add("/x", false, &b);
    c.fn = clear_others;
    id = add("/x", false, &c);
    zookeeper_watches_fire(&watches, id);
    assert_int_equal(n_c, 1);
    assert_int_equal(n_a + n_b, 0); /* c came last, and is called first */
    zookeeper_watches_fire_all(&watches);
    assert_int_equal(n_c, 2);
    zookeeper_watches_clear(&watches);
    assert_null(c.link);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_spot_is_a_node_or_its_children_whoever_waits),
        TEST(a_spot_stays_when_nobody_waits_there),
        TEST(a_watch_waits_at_one_spot),
        TEST(who_is_called_may_clear_others_and_wait_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
