/* test_metric_table.c - metrics of plugins, added up over tasks and workers. */
#include "tests/support/cmocka_all.h"
#include "common/metric_table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct metric_table *table;

static int begin(void **state)
{
    (void)state;
    table = calloc(1, sizeof(*table));
    table->max = METRICS_MAX;
    return 0;
}

static int end(void **state)
{
    (void)state;
    metric_table_free(table);
    free(table);
    return 0;
}

static struct metric *at(gale_metric_kind kind, const char *name)
{
    return metric_table_at(table, kind, gale_str_make(name, strlen(name)));
}

/* What a worker tells of `t` comes to `table`, in at most so many bytes. */
static void tell(struct metric_table *t, size_t bytes)
{
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    metric_table_pack(t, bytes, &p);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1 << 20, 1 << 20}, "it", NULL),
                     0);
    metric_table_add(table, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

static void record(struct histogram_snapshot *h, int64_t value, uint64_t n)
{
    h->counts[histogram_bucket((uint64_t)value)] += n;
    h->n += n;
    h->sum += (double)value * (double)n;
    if (value > h->max)
        h->max = value;
}

/* One task's, or several tasks'. */
static void fill(int64_t count, double gauge, int64_t value, uint64_t n)
{
    at(GALE_METRIC_COUNTER, "lines")->count += count;
    metric_set(at(GALE_METRIC_GAUGE, "level"), gauge);
    record(at(GALE_METRIC_HISTOGRAM, "sizes")->histogram, value, n);
}

static void expect_both_tasks(void)
{
    struct metric *m;

    metric_table_sort(table);
    assert_int_equal(table->n, 3);
    m = &table->list[0];
    assert_string_equal(m->name, "level");
    assert_int_equal(m->n_tasks, 2);
    assert_true(m->sum == 10 && m->min == -2 && m->max == 12);
    m = &table->list[1];
    assert_string_equal(m->name, "lines");
    assert_int_equal(m->count, 12);
    m = &table->list[2];
    assert_string_equal(m->name, "sizes");
    assert_int_equal(m->n_tasks, 2);
    assert_int_equal(m->histogram->n, 100);
    assert_int_equal(m->histogram->max, 1000);
    assert_in_range(histogram_quantile(m->histogram, 0.5), 10, 10);
    assert_in_range(histogram_quantile(m->histogram, 0.98), 992, 1000);
    assert_true(histogram_mean(m->histogram) == (90 * 10 + 10 * 1000) / 100.0);
    assert_false(table->cut);
}

static void those_of_tasks_are_added_up(void **state)
{
    (void)state;
    fill(5, 12, 10, 90);
    fill(7, -2, 1000, 10);
    expect_both_tasks();
}

static void those_of_workers_are_what_they_would_be_in_one(void **state)
{
    struct metric_table *other;

    fill(5, 12, 10, 90);
    other = table;
    begin(state);
    tell(other, SIZE_MAX);
    metric_table_free(other);
    free(other);
    other = table;
    begin(state);
    fill(7, -2, 1000, 10);
    tell(other, SIZE_MAX);
    metric_table_free(other);
    free(other);
    expect_both_tasks();
}

static void one_name_of_several_kinds_is_several(void **state)
{
    (void)state;
    at(GALE_METRIC_GAUGE, "x");
    at(GALE_METRIC_COUNTER, "x");
    at(GALE_METRIC_HISTOGRAM, "x");
    at(GALE_METRIC_COUNTER, "x");
    metric_table_sort(table);
    assert_int_equal(table->n, 3);
    assert_int_equal(table->list[0].kind, GALE_METRIC_COUNTER);
    assert_int_equal(table->list[0].n_tasks, 2);
}

static void a_gauge_that_is_no_number_hides_no_other(void **state)
{
    struct metric *m;

    (void)state;
    metric_set(at(GALE_METRIC_GAUGE, "level"), NAN);
    metric_set(at(GALE_METRIC_GAUGE, "level"), 3);
    m = &table->list[0];
    assert_true(isnan(m->sum) && m->min == 3 && m->max == 3);
}

/* -- bounds ---------------------------------------------------------------- */

static void more_than_there_is_room_for_are_left_out_and_that_is_known(
    void **state)
{
    static const uint32_t rooms[] = {METRICS_MAX, 3, 0};

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        char name[20];

        table->max = rooms[i];
        for (uint32_t k = 0; k < rooms[i]; k++) {
            snprintf(name, sizeof(name), "n%u", k);
            assert_non_null(at(GALE_METRIC_COUNTER, name));
        }
        assert_false(table->cut);
        assert_null(at(GALE_METRIC_COUNTER, "another"));
        assert_true(table->cut);
        if (rooms[i] > 0)
            assert_non_null(at(GALE_METRIC_COUNTER, "n0"));
        assert_int_equal(table->n, rooms[i]);
        end(state);
        begin(state);
    }
}

static void a_name_that_is_too_long_is_left_out(void **state)
{
    char name[METRIC_NAME_MAX + 2];

    (void)state;
    memset(name, 'x', sizeof(name));
    name[METRIC_NAME_MAX] = '\0';
    assert_non_null(at(GALE_METRIC_COUNTER, name));
    assert_false(table->cut);
    name[METRIC_NAME_MAX] = 'x';
    name[METRIC_NAME_MAX + 1] = '\0';
    assert_null(at(GALE_METRIC_COUNTER, name));
    assert_true(table->cut);
}

/* [0, "lines", 1, 5] takes 10 bytes. */
static void what_is_told_has_so_many_bytes_and_no_more(void **state)
{
    static const struct {
        size_t bytes;
        uint32_t told;
    } cases[] = {{0, 0}, {9, 0}, {10, 1}, {19, 1}, {20, 2}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct metric_table *worker;

        at(GALE_METRIC_COUNTER, "lines")->count = 5;
        at(GALE_METRIC_COUNTER, "other")->count = 5;
        worker = table;
        begin(state);
        tell(worker, cases[i].bytes);
        assert_int_equal(table->n, cases[i].told);
        assert_int_equal(worker->cut, cases[i].told < 2);
        metric_table_free(worker);
        free(worker);
        end(state);
        begin(state);
    }
}

/* -- from anybody ---------------------------------------------------------- */

#define add(...)                                                               \
    add_bytes((const uint8_t[]){__VA_ARGS__},                                  \
              sizeof((const uint8_t[]){__VA_ARGS__}))

static void add_bytes(const uint8_t *bytes, size_t size)
{
    struct unpacked u;

    assert_int_equal(
        unpack(&u, bytes, size, (struct pack_limits){1000, 100}, "it", NULL),
        0);
    metric_table_add(table, u.root);
    unpacked_free(&u);
}

static void what_makes_no_sense_is_passed_over(void **state)
{
    (void)state;
    add(0xc0);                                           /* nil */
    add(0x91, 0x90);                                     /* [[]] */
    add(0x91, 0x91, 0);                                  /* [[0]] */
    add(0x92, 5, 0xa1, 'x');                             /* [5, "x"] */
    add(0x91, 0x93, 0, 0xa1, 'x', 1);                    /* too short */
    add(0x91, 0x95, 0, 0xa1, 'x', 1, 1, 1);              /* too long */
    add(0x91, 0x94, 3, 0xa1, 'x', 1, 1);                 /* no such kind */
    add(0x91, 0x94, 0xff, 0xa1, 'x', 1, 1);              /* kind -1 */
    add(0x91, 0x94, 0, 0xa0, 1, 1);                      /* no name */
    add(0x91, 0x94, 0, 0xa2, 'x', 0, 1, 1);              /* a NUL byte in it */
    add(0x91, 0x94, 0, 0xa2, 'x', 0x1b, 1, 1);           /* an escape */
    add(0x91, 0x94, 0, 7, 1, 1);                         /* the name is 7 */
    add(0x91, 0x96, 0, 0xa1, 'x', 1, 1, 1, 0x92, 60, 1); /* of another kind */
    assert_int_equal(table->n, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(those_of_tasks_are_added_up),
        test(those_of_workers_are_what_they_would_be_in_one),
        test(one_name_of_several_kinds_is_several),
        test(a_gauge_that_is_no_number_hides_no_other),
        test(more_than_there_is_room_for_are_left_out_and_that_is_known),
        test(a_name_that_is_too_long_is_left_out),
        test(what_is_told_has_so_many_bytes_and_no_more),
        test(what_makes_no_sense_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
