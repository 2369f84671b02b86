/*
 * test_zookeeper_look.c - an ensemble in memory, looked at: each write that is
 * done, and what letters take.
 */
#include "common/zookeeper_memory.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static struct zookeeper_memory *memory;
static struct zookeeper *a, *b;
static int64_t now;

static void pass(int64_t ns)
{
    now += ns;
    zookeeper_memory_advance(memory, now);
}

static int setup(void **state)
{
    (void)state;
    now = SECOND;
    memory = zookeeper_memory_new(now, 0);
    a = zookeeper_memory_join(memory, 9 * SECOND, NULL, NULL);
    b = zookeeper_memory_join(memory, 9 * SECOND, NULL, NULL);
    pass(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    zookeeper_free(a);
    zookeeper_free(b);
    zookeeper_memory_free(memory);
    return 0;
}

struct seen {
    char text[256];
    size_t n;
};

static void see(void *arg, const struct zookeeper_applied *applied)
{
    struct seen *s = arg;

    for (uint32_t i = 0; i < applied->n; i++)
        s->n += (size_t)snprintf(
            s->text + s->n, sizeof(s->text) - s->n, "%s%c%s:%d%s",
            i > 0 ? "+" : " ", "cds-"[applied->writes[i].kind],
            applied -> nodes[i] -> path, applied -> nodes[i] -> stat.version,
            applied->at_its_end ? "!" : "");
}

static void who_looks_sees_each_write_that_is_done_and_no_other(void **state)
{
    const struct zookeeper_write writes[] = {
        {.kind = ZOOKEEPER_CHECK, .path = "/a", .version = 1},
        {.kind = ZOOKEEPER_SET, .path = "/a", .version = ZOOKEEPER_ANY},
        {.kind = ZOOKEEPER_CREATE, .path = "/a/b"},
    };
    const struct zookeeper_then nobody = {.fn = NULL};
    struct seen s = {.n = 0};
    int64_t session = zookeeper_session(a);

    (void)state;
    zookeeper_memory_look(memory, see, &s);
    zookeeper_create(a, "/a", "1", 1, 0, nobody);
    zookeeper_multi(a, writes, 3, nobody); /* another version */
    zookeeper_set(a, "/a", "2", 1, 0, nobody);
    zookeeper_multi(a, writes, 3, nobody);
    zookeeper_create(a, "/mine", "", 0, ZOOKEEPER_EPHEMERAL, nobody);
    zookeeper_get(a, "/a", NULL, nobody);
    pass(0);
    assert_true(zookeeper_memory_has_session(memory, session));
    zookeeper_memory_expire(a);
    pass(0);
    assert_false(zookeeper_memory_has_session(memory, session));
    assert_string_equal(s.text,
                        " c/a:0 s/a:1 -/a:2+s/a:2+c/a/b:0 c/mine:0 d/mine:0!");
    assert_non_null(zookeeper_tree_find(zookeeper_memory_tree(memory), "/a/b"));
}

/* a's ways are slow, and each quicker than the one before. */
static int64_t way(void *arg, const struct zookeeper *z)
{
    int *n = arg;

    return z == a ? (100 - ++*n) * SECOND / 100 : 0;
}

struct answers {
    enum zookeeper_result results[2];
    uint32_t n;
};

static void answered(void *arg, const struct zookeeper_answer *answer)
{
    struct answers *answers = arg;

    answers->results[answers->n++] = answer->result;
}

static void ways_differ_and_nothing_overtakes_what_goes_the_same_way(void **s)
{
    struct answers slow = {.n = 0}, quick = {.n = 0};
    int n = 0;

    (void)s;
    zookeeper_memory_ways(memory, way, &n);
    for (int i = 0; i < 2; i++)
        zookeeper_create(a, "/a", "", 0, 0,
                         (struct zookeeper_then){answered, &slow});
    zookeeper_create(b, "/b", "", 0, 0,
                     (struct zookeeper_then){answered, &quick});
    pass(0);
    assert_int_equal(quick.n, 1);
    assert_int_equal(slow.n, 0);
    pass(2 * SECOND);
    assert_int_equal(slow.n, 2);
    assert_int_equal(slow.results[0], ZOOKEEPER_OK);
    assert_int_equal(slow.results[1], ZOOKEEPER_NODE_EXISTS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_looks_sees_each_write_that_is_done_and_no_other),
        TEST(ways_differ_and_nothing_overtakes_what_goes_the_same_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
