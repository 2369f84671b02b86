/* test_pauses.c - how long a message rests that fails again and again. */
#include "tests/support/cmocka_all.h"
#include "worker/pauses.h"
#include <string.h>

enum { MS = 1000000 };

static int setup(void **state)
{
    static struct pauses p;

    memset(&p, 0, sizeof(p));
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    pauses_fini(*state);
    return 0;
}

static gale_msgid id_of(uint64_t n)
{
    return (gale_msgid){3, n};
}

static void expect(struct pauses *p, int64_t now, uint64_t n)
{
    gale_msgid id;

    assert_true(pauses_take(p, now, &id));
    assert_int_equal(id.hi, 3);
    assert_int_equal(id.lo, n);
}

static void expect_none(struct pauses *p, int64_t now)
{
    gale_msgid id;

    assert_false(pauses_take(p, now, &id));
}

static void the_first_failure_is_told_at_once(void **state)
{
    (void)state;
    assert_int_equal(pauses_ns(1), 0);
}

static void each_pause_is_twice_the_one_before_up_to_a_second(void **state)
{
    (void)state;
    assert_int_equal(pauses_ns(2), 1 * MS);
    assert_int_equal(pauses_ns(3), 2 * MS);
    assert_int_equal(pauses_ns(4), 4 * MS);
    assert_int_equal(pauses_ns(11), 512 * MS);
    assert_int_equal(pauses_ns(12), 1000 * MS);
    assert_int_equal(pauses_ns(13), 1000 * MS);
    assert_int_equal(pauses_ns(UINT32_MAX), 1000 * MS);
}

static void nothing_is_due_where_nothing_rests(void **state)
{
    assert_true(pauses_due(*state) == INT64_MAX);
    expect_none(*state, INT64_MAX);
}

static void what_is_due_comes_in_the_order_of_its_time(void **state)
{
    struct pauses *p = *state;

    pauses_add(p, id_of(1), 4, 0);      /* until 4 ms */
    pauses_add(p, id_of(2), 2, 0);      /* 1 ms */
    pauses_add(p, id_of(3), 2, 2 * MS); /* 3 ms */
    assert_int_equal(p->n, 3);
    assert_int_equal(pauses_due(p), 1 * MS);
    expect_none(p, 1 * MS - 1);
    expect(p, 1 * MS, 2);
    expect_none(p, 3 * MS - 1);
    expect(p, 10 * MS, 3);
    expect(p, 10 * MS, 1);
    expect_none(p, INT64_MAX);
    assert_int_equal(p->n, 0);
}

static void very_many_may_rest_at_once(void **state)
{
    enum { N = 5000 };
    struct pauses *p = *state;

    for (uint64_t i = 0; i < N; i++)
        pauses_add(p, id_of(i), 20, (int64_t)i);
    for (uint64_t i = 0; i < N / 2; i++)
        expect(p, INT64_MAX - 1, i);
    for (uint64_t i = N; i < 2 * N; i++)
        pauses_add(p, id_of(i), 20, (int64_t)i);
    for (uint64_t i = N / 2; i < 2 * N; i++)
        expect(p, INT64_MAX - 1, i);
    assert_int_equal(p->n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_failure_is_told_at_once),
        TEST(each_pause_is_twice_the_one_before_up_to_a_second),
        TEST(nothing_is_due_where_nothing_rests),
        TEST(what_is_due_comes_in_the_order_of_its_time),
        TEST(very_many_may_rest_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
