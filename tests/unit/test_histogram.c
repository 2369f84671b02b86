/* test_histogram.c - counts in log-linear buckets. */
#include "common/histogram.h"
#include "common/random.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int setup(void **state)
{
    struct histogram *h = malloc(sizeof(*h));

    histogram_init(h);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    histogram_fini(*state);
    free(*state);
    return 0;
}

static struct histogram_snapshot read_once(const struct histogram *h)
{
    struct histogram_snapshot s;

    memset(&s, 0, sizeof(s));
    histogram_read(h, &s);
    return s;
}

static void every_value_lies_in_the_bucket_that_bounds_it(void **state)
{
    (void)state;
    for (uint32_t b = 1; b < HISTOGRAM_BUCKETS; b++) {
        uint64_t last = (uint64_t)histogram_bound(b);
        uint64_t first = (uint64_t)histogram_bound(b - 1) + 1;

        assert_true(first <= last);
        assert_int_equal(histogram_bucket(first), b);
        assert_int_equal(histogram_bucket(last), b);
        assert_true(last - first <= first / 16); /* within 1/16 */
    }
    assert_int_equal(histogram_bucket(0), 0);
    assert_true(histogram_bound(0) == 0);
    assert_true(histogram_bound(HISTOGRAM_BUCKETS - 1) == INT64_MAX);
}

static void an_empty_histogram_answers_zero(void **state)
{
    struct histogram_snapshot s = read_once(*state);

    assert_int_equal(s.n, 0);
    assert_true(histogram_quantile(&s, 0.5) == 0);
    assert_true(histogram_mean(&s) == 0);
    assert_true(s.max == 0);
}

static void small_values_are_exact(void **state)
{
    struct histogram_snapshot s;

    for (int64_t v = 0; v < 32; v++)
        histogram_add(*state, v, 1);
    s = read_once(*state);
    assert_int_equal(s.n, 32);
    assert_true(histogram_quantile(&s, 0) == 0);
    assert_true(histogram_quantile(&s, 0.5) == 15);
    assert_true(histogram_quantile(&s, 1) == 31);
    assert_true(histogram_mean(&s) == 15.5);
    assert_true(s.max == 31);
}

static void a_weight_counts_as_so_many_values(void **state)
{
    struct histogram_snapshot s;

    histogram_add(*state, 10, 99);
    histogram_add(*state, 1000000, 1);
    s = read_once(*state);
    assert_int_equal(s.n, 100);
    assert_true(histogram_quantile(&s, 0.99) == 10);
    assert_true(histogram_quantile(&s, 0.991) == 1000000); /* max, not bound */
    assert_true(histogram_mean(&s) == (990 + 1000000) / 100.0);
}

static void negative_values_count_as_zero(void **state)
{
    struct histogram_snapshot s;

    histogram_add(*state, -1, 1);
    histogram_add(*state, INT64_MIN, 1);
    s = read_once(*state);
    assert_int_equal(s.counts[0], 2);
    assert_true(s.sum == 0 && s.max == 0);
}

/* 1024 to 1087 is one bucket. */
static void values_of_a_bucket_count_as_spread_evenly_over_it(void **state)
{
    struct histogram_snapshot s;

    for (int64_t v = 1024; v < 1088; v++)
        histogram_add(*state, v, 10);
    histogram_add(*state, 5000, 1);
    s = read_once(*state);
    assert_int_equal(histogram_quantile(&s, 0.001), 1024);
    assert_int_equal(histogram_quantile(&s, 0.25), 1039);
    assert_int_equal(histogram_quantile(&s, 0.5), 1055);
    assert_int_equal(histogram_quantile(&s, 640. / 641), 1087);
    assert_int_equal(histogram_quantile(&s, 1), 5000);
}

static void the_largest_value_is_taken(void **state)
{
    struct histogram_snapshot s;

    histogram_add(*state, INT64_MAX, 3);
    s = read_once(*state);
    assert_int_equal(s.counts[HISTOGRAM_BUCKETS - 1], 3);
    assert_true(histogram_quantile(&s, 0.5) >= INT64_MAX - INT64_MAX / 16);
    assert_true(histogram_quantile(&s, 1) == INT64_MAX);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void quantiles_are_exact_within_one_sixteenth(void **state)
{
    enum { VALUES = 20000 };
    static const double quantiles[] = {0, 0.001, 0.25, 0.5, 0.99, 0.999, 1};
    static int64_t values[VALUES];
    struct histogram_snapshot s;
    struct random r;

    random_seed(&r, 5);
    for (int i = 0; i < VALUES; i++) {
        values[i] = (int64_t)(random_next(&r) >> (1 + random_below(&r, 60)));
        histogram_add(*state, values[i], 1);
    }
    qsort(values, VALUES, sizeof(values[0]), compare);
    s = read_once(*state);
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        size_t rank = (size_t)ceil(quantiles[i] * VALUES);
        int64_t exact = values[rank ? rank - 1 : 0];
        int64_t found = histogram_quantile(&s, quantiles[i]);

        assert_true(llabs(found - exact) <= exact / 16);
    }
    assert_true(histogram_quantile(&s, 1) == values[VALUES - 1]);
}

static void merging_and_reading_twice_add_up(void **state)
{
    struct histogram_snapshot a, b;

    histogram_add(*state, 7, 2);
    histogram_add(*state, 100, 1);
    a = read_once(*state);
    b = a;
    histogram_merge(&a, &b);
    histogram_read(*state, &b);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(a.n, 6);
    assert_true(a.sum == 228 && a.max == 100);
}

static void memory_grows_by_groups_of_buckets(void **state)
{
    struct histogram *h = *state;
    int used = 0;

    assert_true(sizeof(*h) <= 512);
    histogram_add(h, 5, 1);
    histogram_add(h, 15, 1);
    histogram_add(h, 1000, 1);
    for (int g = 0; g < HISTOGRAM_GROUPS; g++)
        used += h->groups[g] != NULL;
    assert_int_equal(used, 2);
}

enum { WRITES = 300000 };

static void *write_all(void *arg)
{
    struct random r;

    random_seed(&r, 9);
    for (int i = 0; i < WRITES; i++)
        histogram_add(arg, (int64_t)(random_next(&r) >> 20), 1);
    return NULL;
}

static void a_reader_beside_the_writer_sees_counts_that_only_grow(void **state)
{
    struct histogram_snapshot s;
    uint64_t before = 0;
    pthread_t writer;

    assert_int_equal(pthread_create(&writer, NULL, write_all, *state), 0);
    do {
        s = read_once(*state);
        assert_true(s.n >= before && s.n <= WRITES);
        before = s.n;
    } while (s.n < WRITES);
    pthread_join(writer, NULL);
    assert_true(histogram_quantile(&s, 0.5) > 0);
}

/* -- slots ----------------------------------------------------------------- */

static void a_slot_is_empty_until_its_first_value(void **state)
{
    static const struct {
        int64_t value;
        uint64_t weight;
    } added[] = {{5, 1}, {5, 2}, {700, 1}};
    struct histogram_snapshot s;
    histogram_slot slot = NULL;
    uint64_t n = 0;

    (void)state;
    memset(&s, 0, sizeof(s));
    histogram_slot_read(&slot, &s);
    assert_int_equal(s.n, 0);
    assert_null(slot);
    for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
        histogram_slot_add(&slot, added[i].value, added[i].weight);
        n += added[i].weight;
        memset(&s, 0, sizeof(s));
        histogram_slot_read(&slot, &s);
        assert_int_equal(s.n, n);
        assert_int_equal(s.max, added[i].value);
    }
    histogram_slot_fini(&slot);
    assert_null(slot);
    histogram_slot_fini(&slot);
}

/* As the counts of a component are those of its streams. */
static void slots_that_are_read_one_by_one_add_up_to_one_of_all(void **state)
{
    struct histogram_snapshot one, sum, all;
    histogram_slot streams[3] = {NULL, NULL, NULL}, together = NULL;
    struct random r;

    (void)state;
    random_seed(&r, 7);
    for (int i = 0; i < 10000; i++) {
        int64_t value = (int64_t)(random_next(&r) >> (random_next(&r) % 60));

        histogram_slot_add(&streams[i % 2], value, 1); /* none into the 3rd */
        histogram_slot_add(&together, value, 1);
    }
    memset(&sum, 0, sizeof(sum));
    memset(&all, 0, sizeof(all));
    for (int i = 0; i < 3; i++) {
        memset(&one, 0, sizeof(one));
        histogram_slot_read(&streams[i], &one);
        histogram_merge(&sum, &one);
        histogram_slot_fini(&streams[i]);
    }
    histogram_slot_read(&together, &all);
    histogram_slot_fini(&together);
    assert_int_equal(sum.n, 10000);
    assert_int_equal(sum.max, all.max);
    assert_memory_equal(sum.counts, all.counts, sizeof(all.counts));
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_lies_in_the_bucket_that_bounds_it),
        cmocka_unit_test(a_slot_is_empty_until_its_first_value),
        cmocka_unit_test(slots_that_are_read_one_by_one_add_up_to_one_of_all),
        test(an_empty_histogram_answers_zero),
        test(small_values_are_exact),
        test(a_weight_counts_as_so_many_values),
        test(negative_values_count_as_zero),
        test(values_of_a_bucket_count_as_spread_evenly_over_it),
        test(the_largest_value_is_taken),
        test(quantiles_are_exact_within_one_sixteenth),
        test(merging_and_reading_twice_add_up),
        test(memory_grows_by_groups_of_buckets),
        test(a_reader_beside_the_writer_sees_counts_that_only_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
