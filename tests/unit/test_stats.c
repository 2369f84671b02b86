/* test_stats.c - counters: exact, per component, stream and input. */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 5000 };

static int setup(void **state)
{
    *state = setting_begin("stats", N, 2);
    return 0;
}

/* Two streams; how much of each, and the results, follow from the number. */
static const gale_stream two_streams[] = {GALE_STREAM("default", "n"),
                                          GALE_STREAM("odd", "n", "text")};

static gale_result fork(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    gale_emit(task, gale_int(k));
    if (k % 2)
        gale_emit_to(task, 1, gale_int(k), gale_cstr("some text to go with"));
    return k % 5 == 0 ? GALE_RETRY : k % 7 == 0 ? GALE_DROP : GALE_OK;
}

static gale_result fail_thirds(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) % 3 == 0 ? GALE_RETRY : GALE_OK;
}

static uint64_t count_of(bool (*is)(uint64_t k))
{
    uint64_t n = 0;

    for (uint64_t k = 0; k < N; k++)
        n += is(k);
    return n;
}

static bool fifth(uint64_t k)
{
    return k % 5 == 0;
}

static bool dropped(uint64_t k)
{
    return k % 5 != 0 && k % 7 == 0;
}

static bool third(uint64_t k)
{
    return k % 3 == 0;
}

static bool odd_third(uint64_t k)
{
    return k % 2 && k % 3 == 0;
}

static bool fails(uint64_t k) /* at fork, or at a sink */
{
    return k % 5 == 0 || k % 3 == 0;
}

static void assert_input(struct setting *s, const char *stream, uint64_t n,
                         uint64_t failed)
{
    gale_stream_stats in = topology_run_input(&s->r, "sink", "fork", stream);

    assert_int_equal(in.emitted, n);
    assert_int_equal(in.acked, n - failed);
    assert_int_equal(in.failed, failed);
    assert_int_equal(in.execute.n, n);
    assert_int_equal(in.process.n, n);
}

static void every_counter_is_exact(void **state)
{
    static const struct probe forker = {
        .streams = {two_streams, 2, sizeof(two_streams[0])}, .execute = fork};
    static const struct probe sink = {.execute = fail_thirds};
    struct setting *s = *state;
    gale_component_stats c;
    gale_declarer *d;

    gale_shuffle(
        gale_set_tasks(topology_run_bolt(&s->r, "fork", &forker, 2), 3),
        "numbers");
    d = topology_run_bolt(&s->r, "sink", &sink, 2);
    gale_shuffle(d, "fork");
    gale_all_stream(d, "fork", "odd");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);

    c = topology_run_stats(&s->r, "numbers");
    assert_true(c.spout);
    assert_int_equal(c.emitted, N);
    assert_int_equal(c.transferred, N);
    assert_int_equal(c.failed, count_of(fails));
    assert_int_equal(c.acked, N - count_of(fails));
    assert_int_equal(c.timed_out, 0);
    assert_int_equal(c.complete.n, c.acked);

    c = topology_run_stats(&s->r, "fork");
    assert_false(c.spout);
    assert_int_equal(c.executors, 2);
    assert_int_equal(c.tasks, 3);
    assert_int_equal(c.executed, N);
    assert_int_equal(c.failed, count_of(fifth));
    assert_int_equal(c.acked, N - count_of(fifth));
    assert_int_equal(c.dropped, count_of(dropped));
    assert_int_equal(c.emitted, N + N / 2);
    assert_int_equal(c.transferred, N + 2 * (N / 2));
    assert_int_equal(c.n_outputs, 2);
    assert_string_equal(c.outputs[1].stream, "odd");
    assert_int_equal(c.outputs[0].emitted, N);
    assert_int_equal(c.outputs[1].emitted, N / 2);
    assert_int_equal(c.outputs[1].transferred, 2 * (N / 2));
    assert_int_equal(c.execute.n, N);

    assert_input(s, "default", N, count_of(third));
    assert_input(s, "odd", 2 * (N / 2), 2 * count_of(odd_third));
    c = topology_run_stats(&s->r, "sink");
    assert_int_equal(c.execute.n, c.executed);
    assert_int_equal(c.process.n, c.executed);
}

/* -- times of inputs ------------------------------------------------------- */

enum { STEPS = 20000 };

/* What "odd" brings is work, and what "default" brings is none. */
static gale_result work_on_odd(gale_task *task, const gale_tuple *in)
{
    volatile int64_t sum = gale_get_int(in, 0);

    (void)task;
    if (strcmp(gale_source_stream(in), "odd") == 0)
        for (int i = 0; i < STEPS; i++)
            sum += i;
    return GALE_OK;
}

static void the_times_of_an_input_are_its_own(void **state)
{
    static const struct probe forker = {
        .streams = {two_streams, 2, sizeof(two_streams[0])}, .execute = fork};
    static const struct probe sink = {.execute = work_on_odd};
    struct setting *s = *state;
    gale_stream_stats quick, slow;
    gale_component_stats c;
    gale_declarer *d;

    gale_shuffle(topology_run_bolt(&s->r, "fork", &forker, 1), "numbers");
    d = topology_run_bolt(&s->r, "sink", &sink, 2);
    gale_shuffle(d, "fork");
    gale_shuffle_stream(d, "fork", "odd");
    topology_run_complete(&s->r);
    quick = topology_run_input(&s->r, "sink", "fork", "default");
    slow = topology_run_input(&s->r, "sink", "fork", "odd");
    assert_true(slow.execute.p50 > quick.execute.p50);
    assert_true(slow.process.p50 > quick.process.p50);
    c = topology_run_stats(&s->r, "sink");
    assert_int_equal(c.execute.n, quick.execute.n + slow.execute.n);
    assert_true(c.execute.p50 >= quick.execute.p50);
    assert_true(c.execute.p50 <= slow.execute.p50);
    assert_true(c.execute.max == quick.execute.max ||
                c.execute.max == slow.execute.max);
}

/* Each fifth of "odd" is held, and acked at the next one. */
struct last_held {
    gale_handle handle;
    bool has;
};

static gale_result hold_some_of_odd(gale_task *task, const gale_tuple *in)
{
    struct last_held *last = probe_state(task);

    if (strcmp(gale_source_stream(in), "odd") != 0 ||
        gale_get_int(in, 0) % 5 != 0)
        return GALE_OK;
    if (last->has)
        gale_ack(task, last->handle);
    *last = (struct last_held){gale_hold(task, in), true};
    return GALE_OK;
}

static gale_result ack_the_last(gale_task *task)
{
    struct last_held *last = probe_state(task);

    if (last->has)
        gale_ack(task, last->handle);
    last->has = false;
    return GALE_OK;
}

/* Where none was held it is execute, and the bolt's is that of all inputs. */
static void an_input_is_processed_when_what_was_held_of_it_is_settled(
    void **state)
{
    static const struct probe forker = {
        .streams = {two_streams, 2, sizeof(two_streams[0])}, .execute = fork};
    static const struct probe sink = {.state_size = sizeof(struct last_held),
                                      .execute = hold_some_of_odd,
                                      .end_of_input = ack_the_last};
    uint64_t n_held = N / 10; /* 5, 15, 25 … */
    struct setting *s = *state;
    gale_declarer *d;

    gale_configure(s->r.builder, "topology.acker.executors", gale_int(0));
    gale_shuffle(topology_run_bolt(&s->r, "fork", &forker, 1), "numbers");
    d = topology_run_bolt_as(&s->r, "sink", "probe_bolt_manual", &sink, 1);
    gale_shuffle(d, "fork");
    gale_shuffle_stream(d, "fork", "odd");
    topology_run_complete(&s->r);
    assert_int_equal(topology_run_input(&s->r, "sink", "fork", "odd").process.n,
                     n_held);
    assert_int_equal(topology_run_input(&s->r, "sink", "fork", "odd").execute.n,
                     N / 2);
    assert_int_equal(
        topology_run_input(&s->r, "sink", "fork", "default").process.n, N);
    assert_int_equal(topology_run_stats(&s->r, "sink").process.n, N + n_held);
}

/* In one call all settle: counted while none has been told to the spout. */
static const struct probe taker = {.execute = setting_take};

/* -- a spout's messages, by stream ----------------------------------------- */

enum { MESSAGES = 300 };

/* Of each three one goes to "default" and two to "odd"; without acks and fails
 * of its own. */
static gale_result next_of_two(gale_task *task)
{
    uint64_t *n = probe_state(task), k = *n;
    gale_msgid id = {0, k};
    gale_emit_opts opts = {.size = sizeof(opts), .stream = k % 3 != 0};

    opts.id = &id;
    if (k == MESSAGES) {
        gale_exhausted(task);
        return GALE_OK;
    }
    ++*n;
    if (opts.stream == 0)
        return gale_emit_with(task, &opts, gale_int((int64_t)k));
    return gale_emit_with(task, &opts, gale_int((int64_t)k), gale_cstr("odd"));
}

static const struct probe spout_of_two = {
    .streams = {two_streams, 2, sizeof(two_streams[0])},
    .state_size = sizeof(uint64_t),
    .next = next_of_two};

/* Every fourth fails; every 25th, if it has not, is held for ever. */
static gale_result fail_or_hold(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    if (k % 4 == 0)
        return GALE_RETRY;
    if (k % 25 == 0)
        gale_hold(task, in);
    return GALE_OK;
}

static void assert_messages(struct setting *s, uint32_t stream, uint64_t acked,
                            uint64_t failed, uint64_t timed_out,
                            uint64_t pending)
{
    gale_component_stats c = topology_run_stats(&s->r, "two");

    assert_int_equal(c.outputs[stream].acked, acked);
    assert_int_equal(c.outputs[stream].failed, failed);
    assert_int_equal(c.outputs[stream].timed_out, timed_out);
    assert_int_equal(c.outputs[stream].pending, pending);
}

static void add_two(struct setting *s, const struct probe *bolt)
{
    gale_declarer *d;

    topology_run_spout(&s->r, "two", &spout_of_two, 1);
    d = topology_run_bolt_as(&s->r, "held", "probe_bolt_manual", bolt, 2);
    gale_shuffle(d, "two");
    gale_shuffle_stream(d, "two", "odd");
}

/* Of 0 … 299, 100 are of the first stream: 25 fail, and of 12 that are held (25
 * and the like, but for 0, 100 and 200) 75, 150 and 225 are multiples of 3. */
static void messages_are_counted_by_stream(void **state)
{
    static const struct probe bolt = {.execute = fail_or_hold};
    struct setting *s = *state;
    gale_component_stats c;

    gale_configure(s->r.builder, "topology.message.timeout.secs", gale_int(1));
    add_two(s, &bolt);
    gale_shuffle(topology_run_bolt(&s->r, "takes", &taker, 1), "numbers");
    topology_run_complete(&s->r);
    assert_messages(s, 0, 100 - 25 - 3, 25 + 3, 3, 0);
    assert_messages(s, 1, 200 - 50 - 6, 50 + 6, 6, 0);
    c = topology_run_stats(&s->r, "two");
    assert_int_equal(c.acked, 300 - 75 - 9);
    assert_int_equal(c.failed, 75 + 9);
    assert_int_equal(c.timed_out, 9);
    assert_int_equal(c.outputs[0].complete.n, c.outputs[0].acked);
    assert_int_equal(c.outputs[1].complete.n, c.outputs[1].acked);
    assert_int_equal(c.complete.n, c.acked);
}

/* Holds everything. */
static gale_result hold_all(gale_task *task, const gale_tuple *in)
{
    gale_hold(task, in);
    tally_add(probe_arg(task), 1);
    return GALE_OK;
}

static void what_is_pending_is_counted_by_stream(void **state)
{
    static struct tally held = TALLY_INIT;
    static const struct probe bolt = {.arg = &held, .execute = hold_all};
    struct setting *s = *state;

    add_two(s, &bolt);
    gale_shuffle(topology_run_bolt(&s->r, "takes", &taker, 1), "numbers");
    topology_run_start(&s->r);
    tally_await(&held, MESSAGES, "all messages are held");
    topology_run_stop(&s->r, GALE_STOP_NOW);
    assert_messages(s, 0, 0, 0, 0, 100);
    assert_messages(s, 1, 0, 0, 0, 200);
}

/* They are acked as soon as they are emitted. */
static void without_ackers_messages_are_counted_by_stream_too(void **state)
{
    static const struct probe bolt = {.execute = fail_or_hold};
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.acker.executors", gale_int(0));
    add_two(s, &bolt);
    gale_shuffle(topology_run_bolt(&s->r, "takes", &taker, 1), "numbers");
    topology_run_complete(&s->r);
    assert_messages(s, 0, 100, 0, 0, 0);
    assert_messages(s, 1, 200, 0, 0, 0);
}

struct order {
    uint32_t n;
    char ids[200];
};

static void note_id(void *arg, const gale_component_stats *c)
{
    struct order *o = arg;

    o->n++;
    snprintf(o->ids + strlen(o->ids), sizeof(o->ids) - strlen(o->ids), "%s ",
             c->id);
}

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static void components_come_in_the_order_of_the_stream(void **state)
{
    static const struct probe passer = {
        .streams = {two_streams, 2, sizeof(two_streams[0])},
        .execute = pass_on};
    struct setting *s = *state;
    struct order o = {0, ""};

    gale_shuffle(topology_run_bolt(&s->r, "last", &taker, 1), "middle");
    gale_shuffle(topology_run_bolt(&s->r, "middle", &passer, 1), "first");
    gale_shuffle(topology_run_bolt(&s->r, "first", &passer, 1), "numbers");
    topology_run_complete(&s->r);
    gale_local_stats(s->r.local, note_id, &o);
    assert_int_equal(o.n, 4);
    assert_string_equal(o.ids, "numbers first middle last ");
}

/* -- while it runs
 * ------------------------------------------------------------------ */

static void counters_never_go_back_or_say_too_much(void **state)
{
    struct setting *s = *state;
    gale_component_stats last = {0};

    s->numbers.endless = true;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &taker, 2), "numbers");
    topology_run_start(&s->r);
    for (int i = 0; i < 200 || last.acked < N; i++) {
        gale_component_stats c = topology_run_stats(&s->r, "bolt"), spout;

        spout = topology_run_stats(&s->r, "numbers");
        assert_true(c.executed >= last.executed);
        assert_true(c.acked >= last.acked);
        assert_true(c.executed <= spout.transferred);
        assert_true(c.capacity >= 0);
        last = c;
    }
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_balanced(&s->r);
}

/* -- errors
 * -------------------------------------------------------------------------- */

static gale_result report_each(gale_task *task, const gale_tuple *in)
{
    gale_report_error(task, "number %d is odd", (int)gale_get_int(in, 0));
    return GALE_OK;
}

static uint32_t lines_with(const char *log, const char *part)
{
    uint32_t n = 0;

    for (const char *p = log; (p = strstr(p, part)) != NULL; p++)
        n++;
    return n;
}

static void all_errors_are_counted_and_a_few_are_shown(void **state)
{
    static const struct probe bolt = {.execute = report_each};
    struct setting *s = *state;
    gale_component_stats c;

    gale_configure(s->r.builder, "topology.max.error.report.per.interval",
                   gale_int(3));
    gale_configure(s->r.builder, "topology.error.throttle.interval.secs",
                   gale_int(100000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    c = topology_run_stats(&s->r, "bolt");
    assert_int_equal(c.errors, N);
    assert_int_equal(c.failed, 0);
    assert_says(c.last_error, "is odd");
    assert_int_equal(lines_with(topology_run_log(&s->r), "is odd"), 2 * 3);
    assert_says(topology_run_log(&s->r), "bolt-");
}

static _Atomic(int64_t) reported; /* the last one */

static gale_result report_and_note(gale_task *task, const gale_tuple *in)
{
    reported = gale_get_int(in, 0);
    return report_each(task, in);
}

static void the_last_error_is_remembered_though_it_is_not_shown(void **state)
{
    static const struct probe bolt = {.execute = report_and_note};
    struct setting *s = *state;
    char last[40];

    gale_configure(s->r.builder, "topology.max.error.report.per.interval",
                   gale_int(1));
    gale_configure(s->r.builder, "topology.error.throttle.interval.secs",
                   gale_int(100000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    snprintf(last, sizeof(last), "number %lld is odd", (long long)reported);
    assert_string_equal(topology_run_stats(&s->r, "bolt").last_error, last);
    assert_int_equal(lines_with(topology_run_log(&s->r), last), 0);
}

static gale_result report_some(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    if (k % 100 == 0)
        gale_log(task, k ? GALE_LOG_INFO : GALE_LOG_WARN, "line\nof %d",
                 (int)k);
    return GALE_OK;
}

static void log_lines_name_the_task_and_stay_one_line(void **state)
{
    static const struct probe bolt = {.execute = report_some};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_says(topology_run_log(&s->r), "line\\nof 0");
    assert_says(topology_run_log(&s->r), "bolt-3");
    assert_int_equal(lines_with(topology_run_log(&s->r), "line\n"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_counter_is_exact),
        TEST(the_times_of_an_input_are_its_own),
        TEST(an_input_is_processed_when_what_was_held_of_it_is_settled),
        TEST(messages_are_counted_by_stream),
        TEST(what_is_pending_is_counted_by_stream),
        TEST(without_ackers_messages_are_counted_by_stream_too),
        TEST(components_come_in_the_order_of_the_stream),
        TEST(counters_never_go_back_or_say_too_much),
        TEST(all_errors_are_counted_and_a_few_are_shown),
        TEST(the_last_error_is_remembered_though_it_is_not_shown),
        TEST(log_lines_name_the_task_and_stay_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
