/* test_retry_queue.c - when what failed is emitted again. */
#include "connectors/retry_queue.h"
#include "tests/support/cmocka_all.h"
#include <stdlib.h>

static gale_msgid id(uint64_t n)
{
    return (gale_msgid){0, n};
}

static void the_pause_doubles_up_to_the_longest(void **state)
{
    static const struct {
        uint32_t fails;
        int64_t pause;
    } cases[] = {{1, 100}, {2, 200}, {3, 400}, {4, 800}, {5, 1000}, {99, 1000}};
    struct retry_queue q = {.first = 100, .most = 1000};
    gale_msgid found;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        retry_queue_push(&q, id(i), cases[i].fails, 5000, 0);
        assert_int_equal(retry_queue_due(&q), 5000 + cases[i].pause);
        assert_false(retry_queue_pop(&q, 4999 + cases[i].pause, &found));
        assert_true(retry_queue_pop(&q, 5000 + cases[i].pause, &found));
        assert_int_equal(found.lo, i);
    }
    retry_queue_fini(&q);
}

static void chance_shortens_it_by_up_to_a_quarter(void **state)
{
    struct retry_queue q = {.first = 100, .most = 1000};
    gale_msgid found;

    (void)state;
    for (uint64_t chance = 0; chance < 200; chance++) {
        retry_queue_push(&q, id(1), 1, 0, chance);
        assert_in_range(retry_queue_due(&q), 75, 100);
        assert_true(retry_queue_pop(&q, 100, &found));
    }
    retry_queue_fini(&q);
}

/* As somebody may set retry.ms and retry.max.ms. */
static void a_longest_pause_below_the_first_one_is_the_longest(void **state)
{
    struct retry_queue q = {.first = 1000, .most = 100};

    (void)state;
    retry_queue_push(&q, id(1), 1, 0, 0);
    assert_int_equal(retry_queue_due(&q), 100);
    retry_queue_fini(&q);
}

static void an_empty_queue_is_never_due(void **state)
{
    struct retry_queue q = {.first = 1, .most = 1};
    gale_msgid found;

    (void)state;
    assert_int_equal(retry_queue_due(&q), INT64_MAX);
    assert_false(retry_queue_pop(&q, INT64_MAX, &found));
}

static void a_pause_of_the_greatest_length_does_not_overflow(void **state)
{
    struct retry_queue q = {.first = INT64_MAX / 4, .most = INT64_MAX / 2};

    (void)state;
    retry_queue_push(&q, id(1), 60, 0, 0);
    assert_int_equal(retry_queue_due(&q), INT64_MAX / 2);
    retry_queue_fini(&q);
}

static void they_come_in_the_order_of_their_times(void **state)
{
    struct retry_queue q = {.first = 100, .most = 100000};
    unsigned seed = 1;
    int64_t last = 0;
    gale_msgid found;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        retry_queue_push(&q, id(i), (uint32_t)rand_r(&seed) % 12 + 1,
                         rand_r(&seed) % 5000, (uint64_t)rand_r(&seed));
    for (int i = 0; i < 1000; i++) {
        int64_t due = retry_queue_due(&q);

        assert_true(due >= last);
        last = due;
        assert_true(retry_queue_pop(&q, due, &found));
    }
    assert_int_equal(q.n, 0);
    retry_queue_fini(&q);
}

static void of_two_at_the_same_time_the_first_comes_first(void **state)
{
    struct retry_queue q = {.first = 100, .most = 100};
    gale_msgid found;

    (void)state;
    for (uint64_t i = 0; i < 100; i++)
        retry_queue_push(&q, id(i), 1, 0, 0);
    for (uint64_t i = 0; i < 100; i++) {
        assert_true(retry_queue_pop(&q, 100, &found));
        assert_int_equal(found.lo, i);
    }
    retry_queue_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pause_doubles_up_to_the_longest),
        cmocka_unit_test(chance_shortens_it_by_up_to_a_quarter),
        cmocka_unit_test(a_longest_pause_below_the_first_one_is_the_longest),
        cmocka_unit_test(an_empty_queue_is_never_due),
        cmocka_unit_test(a_pause_of_the_greatest_length_does_not_overflow),
        cmocka_unit_test(they_come_in_the_order_of_their_times),
        cmocka_unit_test(of_two_at_the_same_time_the_first_comes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
