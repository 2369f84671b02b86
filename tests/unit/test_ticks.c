/* test_ticks.c - ticks in a running topology: when they come, what they do. */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include "worker/bolt_task.h"
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { N = 1000 };

static int setup(void **state)
{
    *state = setting_begin("bolts", N, 1);
    return 0;
}

static gale_component_stats bolt_stats(struct setting *s)
{
    return topology_run_stats(&s->r, "bolt");
}

/* -- results --------------------------------------------------------------- */

/* -- held inputs ----------------------------------------------------------- */

static gale_result tick_each_ms(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

/* -- anchors --------------------------------------------------------------- */

static gale_result fail_all(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_RETRY;
}

/* -- ticks ----------------------------------------------------------------- */

struct ticker {
    _Atomic(uint32_t) ticks;
};

static gale_result count_tick(gale_task *task)
{
    struct ticker *t = probe_arg(task);

    return gale_emit(task, gale_int(++t->ticks));
}

static bool ten_ticks(void *arg)
{
    return ((struct ticker *)arg)->ticks >= 10;
}

static void ticks_come_every_millisecond_and_emit_without_anchor(void **state)
{
    static struct ticker t;
    static const struct probe bolt = {.arg = &t,
                                      .streams = OUTPUT_N,
                                      .open = tick_each_ms,
                                      .execute = setting_take,
                                      .tick = count_tick};
    static const struct probe sink = {.execute = fail_all};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "bolt");
    topology_run_until_complete(&s->r);
    topology_run_until(ten_ticks, &t, "ten ticks");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(topology_run_stats(&s->r, "sink").executed, t.ticks);
}

static void the_configuration_may_ask_for_ticks(void **state)
{
    static struct ticker t;
    static const struct probe bolt = {.arg = &t,
                                      .streams = OUTPUT_N,
                                      .execute = setting_take,
                                      .tick = count_tick};
    struct setting *s = *state;
    gale_declarer *d = topology_run_bolt(&s->r, "bolt", &bolt, 1);

    gale_set(d, "topology.tick.tuple.freq.secs", gale_float(0.001));
    gale_shuffle(d, "numbers");
    topology_run_start(&s->r);
    topology_run_until(ten_ticks, &t, "ten ticks");
}

/* What is negative is refused when a bolt asks for it. */
static const int64_t no_periods[] = {INT64_C(9223372036854),
                                     INT64_C(9223372036855),
                                     INT64_MAX,
                                     INT64_MIN,
                                     -INT64_C(9223372036855),
                                     -1};
enum { BEYOND_THE_CLOCK = 3 };

/* A task for each period. */
static gale_result tick_out_of_range(gale_task *task)
{
    gale_tick_every(task, no_periods[gale_task_index(task)]);
    return GALE_OK;
}

static void a_period_that_no_clock_counts_is_none(void **state)
{
    static struct ticker t;
    static const struct probe bolt = {.arg = &t,
                                      .streams = OUTPUT_N,
                                      .open = tick_out_of_range,
                                      .execute = setting_take,
                                      .tick = count_tick};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, BEYOND_THE_CLOCK),
                 "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(t.ticks, 0);
}

static void a_period_is_never_negative_nor_beyond_the_clock(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(no_periods) / sizeof(no_periods[0]); i++)
        assert_in_range(bolt_tick_ns(no_periods[i]), 0, INT64_MAX / 4);
    assert_int_equal(bolt_tick_ns(1500), INT64_C(1500000000));
}

/* Stops its ticks at the fifth; the other bolt's go on. */
static gale_result tick_five_times(gale_task *task)
{
    struct ticker *t = probe_arg(task);

    if (++t->ticks == 5)
        gale_tick_every(task, 0);
    return GALE_OK;
}

static gale_result only_count(gale_task *task)
{
    ((struct ticker *)probe_arg(task))->ticks++;
    return GALE_OK;
}

static void ticks_stop_when_they_are_no_longer_wanted(void **state)
{
    static struct ticker five, on;
    static const struct probe bolts[2] = {{.arg = &five,
                                           .open = tick_each_ms,
                                           .execute = setting_take,
                                           .tick = tick_five_times},
                                          {.arg = &on,
                                           .open = tick_each_ms,
                                           .execute = setting_take,
                                           .tick = only_count}};
    struct setting *s = *state;
    uint32_t at;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolts[0], 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "on", &bolts[1], 1), "numbers");
    topology_run_start(&s->r);
    while (five.ticks < 5)
        topology_run_until(ten_ticks, &on, "ten ticks");
    at = on.ticks;
    on.ticks = 0;
    topology_run_until(ten_ticks, &on, "ten ticks more");
    assert_int_equal(five.ticks, 5);
    assert_true(at >= 1);
}

static gale_result fail_tick(gale_task *task)
{
    struct ticker *t = probe_arg(task);

    t->ticks++;
    return gale_error(task, t->ticks < 10 ? GALE_RETRY : GALE_FATAL,
                      "tick number %u", t->ticks);
}

static void a_tick_may_report_an_error_or_stop_the_worker(void **state)
{
    static struct ticker t;
    static const struct probe bolt = {.arg = &t,
                                      .open = tick_each_ms,
                                      .execute = setting_take,
                                      .tick = fail_tick};
    struct setting *s = *state;
    const char *why;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_start(&s->r);
    topology_run_until(ten_ticks, &t, "ten ticks");
    while (gale_local_wait(s->r.local, 1000) != GALE_LOCAL_FAILED)
        ;
    why = gale_local_error(s->r.local);
    assert_says(why, "tick number 10");
    assert_says(why, "tick:");
    assert_says(topology_run_log(&s->r), "tick number 1");
    assert_int_equal(t.ticks, 10);
    assert_int_equal(bolt_stats(s).errors, 10);
}

/*
 * Ticks and the end: first ticker ends, then late, which looks whether input
 * still comes after its end, until clock (behind it in the stream) has ticked
 * five times more: if ticker went on ticking, it ticked meanwhile, too.
 */
struct end_of_ticks {
    struct ticker ticker, clock;
    _Atomic(uint32_t) input_after_end;
    _Atomic(bool) ended;
};

static gale_result tick_of_ticker(gale_task *task)
{
    struct end_of_ticks *e = probe_arg(task);

    e->ticker.ticks++;
    return gale_emit(task, gale_int(1));
}

static gale_result input_of_late(gale_task *task, const gale_tuple *in)
{
    struct end_of_ticks *e = probe_arg(task);

    (void)in;
    if (e->ended)
        e->input_after_end++;
    return gale_emit(task, gale_int(1));
}

static gale_result tick_of_clock(gale_task *task)
{
    struct end_of_ticks *e = probe_arg(task);

    e->clock.ticks++;
    return GALE_OK;
}

static gale_result end_of_late(gale_task *task)
{
    struct end_of_ticks *e = probe_arg(task);

    (void)task;
    e->ended = true;
    e->clock.ticks = 0;
    topology_run_until(ten_ticks, &e->clock, "ten ticks of the last bolt");
    return GALE_OK;
}

static void no_tick_comes_after_the_end_of_the_input(void **state)
{
    static struct end_of_ticks e;
    static const struct probe ticker = {.arg = &e,
                                        .streams = OUTPUT_N,
                                        .open = tick_each_ms,
                                        .execute = setting_take,
                                        .tick = tick_of_ticker};
    static const struct probe late = {.arg = &e,
                                      .streams = OUTPUT_N,
                                      .execute = input_of_late,
                                      .end_of_input = end_of_late};
    static const struct probe clock = {.arg = &e,
                                       .open = tick_each_ms,
                                       .execute = setting_take,
                                       .tick = tick_of_clock};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "ticker", &ticker, 1), "numbers");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "late", "probe_bolt_blocking", &late, 1),
        "ticker");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &clock, 1), "late");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(e.input_after_end, 0);
}

/* Longer than the period, so that the next tick is due when one returns. */
static gale_result tick_too_long(gale_task *task)
{
    const struct timespec longer = {0, 1500000};
    struct ticker *t = probe_arg(task);

    nanosleep(&longer, NULL);
    return ++t->ticks % 4 ? GALE_OK : gale_emit(task, gale_int(1));
}

static gale_result emit_ticks(gale_task *task)
{
    return gale_emit(task, gale_int(0));
}

/* Several on each carrier, so that there is no moment in which all rest. */
static void a_run_ends_though_ticks_take_longer_than_their_period(void **state)
{
    static struct ticker t;
    static const struct probe bolt = {.arg = &t,
                                      .streams = OUTPUT_N,
                                      .open = tick_each_ms,
                                      .execute = setting_take,
                                      .tick = tick_too_long,
                                      .end_of_input = emit_ticks};
    static const struct probe sink = {.execute = setting_take};

    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("bolts", N, 1);

        s->r.carriers = carriers;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 5), "numbers");
        gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "bolt");
        topology_run_until_complete(&s->r);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(number_source_unacked(&s->numbers), 0);
        assert_int_equal(topology_run_stats(&s->r, "sink").executed,
                         bolt_stats(s).emitted);
        setting_end((void **)&s);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ticks_come_every_millisecond_and_emit_without_anchor),
        TEST(the_configuration_may_ask_for_ticks),
        TEST(a_period_that_no_clock_counts_is_none),
        cmocka_unit_test(a_period_is_never_negative_nor_beyond_the_clock),
        TEST(ticks_stop_when_they_are_no_longer_wanted),
        TEST(a_tick_may_report_an_error_or_stop_the_worker),
        TEST(no_tick_comes_after_the_end_of_the_input),
        cmocka_unit_test(a_run_ends_though_ticks_take_longer_than_their_period),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
