/*
 * test_zookeeper.c - what common/zookeeper.h promises, of the ensemble in
 * memory (zookeeper_memory.c), and what is behind neither.
 *
 * tests/servers/real_zookeeper.c runs the same cases on real servers.
 */
#include "common/zookeeper.h"
#include "common/zookeeper_memory.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/zookeeper_contract.h"
#include <string.h>

#define MS INT64_C(1000000)

static struct zookeeper_memory *memory;
static int64_t now;
static uint32_t n_came;

static void begin(void)
{
    now = 1000 * MS;
    memory = zookeeper_memory_new(now, 1 * MS);
}

static void end(void)
{
    zookeeper_memory_free(memory);
}

static struct zookeeper *join(zookeeper_state_fn *fn, void *arg)
{
    return zookeeper_memory_join(memory, 10000 * MS, fn, arg);
}

static void came(void)
{
    n_came++;
}

static void pump(void)
{
    uint32_t before = n_came;

    while (n_came == before) {
        now = zookeeper_memory_next(memory);
        if (now == INT64_MAX)
            fail_msg("nothing comes any longer");
        zookeeper_memory_advance(memory, now);
    }
}

static int64_t time_now(void)
{
    return now;
}

static const struct zookeeper_world in_memory = {.begin = begin,
                                                 .end = end,
                                                 .join = join,
                                                 .pump = pump,
                                                 .came = came,
                                                 .now = time_now};

/* -- what needs no ensemble ------------------------------------------------ */

static void every_result_has_a_sentence(void **state)
{
    (void)state;
    for (int i = ZOOKEEPER_OK; i <= ZOOKEEPER_FAILED; i++)
        assert_true(strlen(zookeeper_says((enum zookeeper_result)i)) > 5);
}

static void a_sequence_number_is_the_ten_digits_at_the_end(void **state)
{
    static const struct {
        const char *name;
        int64_t number;
    } cases[] = {{"a-0000000007", 7},          {"0000000000", 0},
                 {"a-2147483647", 2147483647}, {"a-123", -1},
                 {"a-00000000x1", -1},         {"", -1},
                 {"a--000000001", -1}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(zookeeper_sequence(cases[i].name) == cases[i].number);
}

static void the_first_child_of_a_prefix_is_found(void **state)
{
    static const char *const names[] = {"a-1", "b-1", "b-2"};
    const struct zookeeper_answer answer = {.children = names, .n_children = 3};

    (void)state;
    assert_ptr_equal(zookeeper_find(&answer, "b-"), names[1]);
    assert_null(zookeeper_find(&answer, "b-3"));
}

static void a_request_of_a_multi_has_1000_kib_with_its_paths(void **state)
{
    enum { N = 1100 };
    static struct zookeeper_write writes[N];
    struct zookeeper_request r = {.kind = ZOOKEEPER_MULTI, .writes = writes};
    char path[900];
    const size_t root = 60, each = sizeof(path) - 1 + root + 64;

    (void)state;
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    for (int i = 0; i < N; i++)
        writes[i] = (struct zookeeper_write){ZOOKEEPER_CHECK, .path = path};
    r.n = (uint32_t)(1000 * 1024 / each);
    assert_int_equal(zookeeper_request_check(&r, root), ZOOKEEPER_OK);
    assert_true(++r.n <= N);
    assert_int_equal(zookeeper_request_check(&r, root), ZOOKEEPER_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_has_a_sentence),
        cmocka_unit_test(a_sequence_number_is_the_ten_digits_at_the_end),
        cmocka_unit_test(the_first_child_of_a_prefix_is_found),
        cmocka_unit_test(a_request_of_a_multi_has_1000_kib_with_its_paths),
    };

    return zookeeper_contract_run(&in_memory) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
