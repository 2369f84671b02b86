/* test_user_metrics.c - counters, gauges and histograms of a plugin's own. */
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "tests/support/topology_run.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { N = 1000, NAMES_SIZE = 200 };

struct metrics {
    gale_metric *counter, *gauge, *histogram;
};

static gale_result make_metrics(gale_task *task)
{
    struct metrics *m = probe_state(task);

    m->counter = gale_counter(task, "inputs");
    m->gauge = gale_gauge(task, "level");
    m->histogram = gale_histogram(task, "sizes");
    /* The same name and kind is the same metric, another kind is another. */
    if (gale_counter(task, "inputs") != m->counter ||
        gale_gauge(task, "inputs") == m->counter)
        return gale_error(task, GALE_FATAL, "metrics are mixed up");
    gale_gauge_set(task, m->gauge, gale_task_index(task) + 0.5);
    return GALE_OK;
}

static gale_result measure(gale_task *task, const gale_tuple *in)
{
    struct metrics *m = probe_state(task);
    int64_t k = gale_get_int(in, 0);

    gale_counter_add(task, m->counter, 2);
    gale_counter_add(task, m->counter, k == 3 ? -5 : 0);
    gale_histogram_record(task, m->histogram, k);
    return GALE_OK;
}

static void they_add_up_over_the_tasks(void **state)
{
    static const struct probe bolt = {.state_size = sizeof(struct metrics),
                                      .open = make_metrics,
                                      .execute = measure};
    struct number_source numbers;
    struct topology_run r;
    gale_metric_stats m;

    (void)state;
    number_source_init(&numbers, N);
    topology_run_begin(&r, "metrics");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(gale_set_tasks(topology_run_bolt(&r, "bolt", &bolt, 2), 4),
                 "numbers");
    topology_run_complete(&r);
    m = topology_run_metric(&r, "bolt", "level");
    assert_int_equal(m.kind, GALE_METRIC_GAUGE);
    assert_true(m.value == (0.5 + 1.5 + 2.5 + 3.5) / 4); /* the mean */
    m = topology_run_metric(&r, "bolt", "sizes");
    assert_int_equal(m.kind, GALE_METRIC_HISTOGRAM);
    assert_int_equal(m.histogram.n, N);
    assert_int_equal(m.histogram.max, N - 1);
    assert_in_range(m.histogram.p50, N / 2 - N / 16, N / 2 + N / 16);
    assert_true(m.histogram.mean == (N - 1) / 2.0);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

/* "some" has a value in tasks 1 to 3, "none" had one everywhere. */
static gale_result take_values_away(gale_task *task)
{
    gale_metric *some = gale_gauge(task, "some");
    gale_metric *none = gale_gauge(task, "none");

    gale_gauge_set(task, some, 1 + gale_task_index(task));
    gale_gauge_set(task, none, 1);
    if (gale_task_index(task) == 0)
        gale_gauge_set(task, some, NAN);
    gale_gauge_set(task, none, NAN);
    return GALE_OK;
}

static gale_result pass_over(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static void note_name(void *arg, const gale_metric_stats *m)
{
    char *names = arg;
    size_t size = strlen(names);

    snprintf(names + size, NAMES_SIZE - size, "%s ", m->name);
}

static void a_gauge_without_a_value_is_as_if_it_were_not_there(void **state)
{
    static const struct probe bolt = {.open = take_values_away,
                                      .execute = pass_over};
    struct number_source numbers;
    struct topology_run r;
    char names[NAMES_SIZE] = "";

    (void)state;
    number_source_init(&numbers, N);
    topology_run_begin(&r, "metrics");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(topology_run_bolt(&r, "bolt", &bolt, 4), "numbers");
    topology_run_complete(&r);
    gale_local_metrics(r.local, note_name, names);
    assert_string_equal(names, "some ");
    assert_true(topology_run_metric(&r, "bolt", "some").value ==
                (2 + 3 + 4) / 3.0);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

struct found {
    uint32_t n;
    double counter;
};

static void note(void *arg, const gale_metric_stats *m)
{
    struct found *f = arg;

    f->n++;
    if (strcmp(m->name, "inputs") == 0 && m->kind == GALE_METRIC_COUNTER)
        f->counter = m->value;
}

static void metrics_of_one_name_and_several_kinds_are_several(void **state)
{
    static const struct probe bolt = {.state_size = sizeof(struct metrics),
                                      .open = make_metrics,
                                      .execute = measure};
    struct number_source numbers;
    struct topology_run r;
    struct found f = {0, 0};

    (void)state;
    number_source_init(&numbers, N);
    topology_run_begin(&r, "metrics");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(topology_run_bolt(&r, "bolt", &bolt, 3), "numbers");
    topology_run_complete(&r);
    gale_local_metrics(r.local, note, &f);
    assert_int_equal(f.n, 4);
    assert_true(f.counter == 2 * N - 5);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

static const char *odd_name;

static gale_result name_oddly(gale_task *task)
{
    return gale_counter(task, odd_name) != NULL ? GALE_OK : GALE_FATAL;
}

static void a_name_that_cannot_be_shown_is_refused(void **state)
{
    static const struct {
        const char *name, *says;
    } cases[] = {
        {"", "the name \"\" of a metric is empty"},
        {"a\nb", "the name \"a\\nb\" of a metric"},
        {"a\177b", "of a metric is empty or has control characters"},
        {NULL, "the name \"\" of a metric is empty"},
    };
    static const struct probe bolt = {.open = name_oddly};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct number_source numbers;
        struct topology_run r;
        const char *why;

        odd_name = cases[i].name;
        number_source_init(&numbers, N);
        topology_run_begin(&r, "metrics");
        topology_run_spout(&r, "numbers", &numbers.probe, 1);
        gale_shuffle(topology_run_bolt(&r, "bolt", &bolt, 1), "numbers");
        why = topology_run_fails(&r);
        if (strstr(why, cases[i].says) == NULL)
            fail_msg("\"%s\" is not in: %s", cases[i].says, why);
        topology_run_end(&r);
        number_source_fini(&numbers);
    }
}

/* Made by the second task alone, and not before its first input. */
static gale_result measure_late(gale_task *task, const gale_tuple *in)
{
    (void)in;
    if (gale_task_index(task) == 1)
        gale_counter_add(task, gale_counter(task, "late"), 1);
    return GALE_OK;
}

static void a_metric_counts_whichever_task_makes_it(void **state)
{
    static const struct probe bolt = {.execute = measure_late};
    struct number_source numbers;
    struct topology_run r;

    (void)state;
    number_source_init(&numbers, N);
    topology_run_begin(&r, "metrics");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_all(topology_run_bolt(&r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&r);
    assert_true(topology_run_metric(&r, "bolt", "late").value == N);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

/* Read while they are made and written: for the thread sanitizer. */
static gale_result make_and_measure(gale_task *task, const gale_tuple *in)
{
    char name[20];

    snprintf(name, sizeof(name), "metric-%d", (int)(gale_get_int(in, 0) % 50));
    gale_counter_add(task, gale_counter(task, name), 1);
    gale_histogram_record(task, gale_histogram(task, name),
                          gale_get_int(in, 0) << gale_get_int(in, 0) % 40);
    return GALE_OK;
}

static void they_may_be_read_at_any_time(void **state)
{
    static const struct probe bolt = {.execute = make_and_measure};
    struct number_source numbers;
    struct topology_run r;
    struct found f;

    (void)state;
    number_source_init(&numbers, N);
    numbers.endless = true;
    topology_run_begin(&r, "metrics");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(topology_run_bolt(&r, "bolt", &bolt, 2), "numbers");
    topology_run_start(&r);
    do {
        f.n = 0;
        gale_local_metrics(r.local, note, &f);
    } while (tally_get(&numbers.acked) < 5 * N || f.n < 100);
    assert_int_equal(topology_run_stop(&r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_add_up_over_the_tasks),
        cmocka_unit_test(a_name_that_cannot_be_shown_is_refused),
        cmocka_unit_test(a_gauge_without_a_value_is_as_if_it_were_not_there),
        cmocka_unit_test(metrics_of_one_name_and_several_kinds_are_several),
        cmocka_unit_test(a_metric_counts_whichever_task_makes_it),
        cmocka_unit_test(they_may_be_read_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
