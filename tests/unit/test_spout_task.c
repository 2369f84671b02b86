/*
 * test_spout_task.c - a spout in a running topology: what becomes of its
 * messages, how many may be under way, how it begins and ends.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include "worker/pending_rule.h"
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { N = 1000 };

static int setup(void **state)
{
    *state = setting_begin("spouts", N, 0);
    return 0;
}

static const struct probe taker = {.execute = setting_take};

/* -- acks and fails -------------------------------------------------------- */

static void every_message_is_acked_once(void **state)
{
    struct setting *s = *state;

    gale_set_tasks(setting_add(s, &s->numbers.probe, 2), 5);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(s->numbers.strangers, 0);
    assert_int_equal(setting_spout_stats(s).acked, N);
    assert_int_equal(setting_spout_stats(s).emitted, N);
    assert_int_equal(setting_spout_stats(s).complete.n, N);
}

static void a_message_that_nobody_takes_is_acked(void **state)
{
    struct setting *s = *state;

    topology_run_spout(&s->r, "spout", &s->numbers.probe, 1);
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, N, "acks before anybody stops it");
    topology_run_complete(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(setting_spout_stats(s).emitted, N);
    assert_int_equal(setting_spout_stats(s).transferred, 0);
}

static gale_result next_of_bare(gale_task *task)
{
    _Atomic(uint32_t) *sent = probe_arg(task);

    if (*sent == N) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return gale_emit_msg(task, ((gale_msgid){0, ++*sent}), gale_int(*sent));
}

static void a_spout_needs_next_alone(void **state)
{
    static _Atomic(uint32_t) sent;
    static const struct probe spout = {
        .arg = &sent, .streams = OUTPUT_N, .next = next_of_bare};
    struct setting *s = *state;

    topology_run_spout_as(&s->r, "spout", "probe_spout_bare", &spout, 1);
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &taker, 1), "spout");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(setting_spout_stats(s).acked, N);
}

static void untracked_tuples_get_no_ack(void **state)
{
    struct setting *s = *state;

    s->numbers.untracked = true;
    setting_add(s, &s->numbers.probe, 2);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(s->numbers.acked.n + s->numbers.failed.n, 0);
    assert_int_equal(topology_run_stats(&s->r, "bolt").executed, N);
}

static gale_result fail_all(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_RETRY;
}

static void without_ackers_a_message_is_done_when_it_is_out(void **state)
{
    static const struct probe failer = {.execute = fail_all};
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.acker.executors", gale_int(0));
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 2);
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &failer, 2), "spout");
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, N, "acks before anybody stops it");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(number_source_failed(&s->numbers), 0);
    assert_int_equal(topology_run_stats(&s->r, "bolt").failed, N);
}

/* Fails each number as often as it says modulo 5. */
static _Atomic(uint32_t) attempts[N];

static gale_result fail_by_number(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    (void)task;
    return attempts[k]++ < k % 5 ? GALE_RETRY : GALE_OK;
}

static void what_fails_is_emitted_again_until_it_is_acked(void **state)
{
    static const struct probe failer = {.execute = fail_by_number};
    struct setting *s = *state;

    s->numbers.replays = true;
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 2);
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &failer, 3), "spout");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.fails[k], k % 5);
        assert_int_equal(s->numbers.acks[k], 1);
    }
    assert_int_equal(setting_spout_stats(s).emitted,
                     setting_spout_stats(s).acked +
                         setting_spout_stats(s).failed);
    assert_int_equal(setting_spout_stats(s).failed,
                     N / 5 * (0 + 1 + 2 + 3 + 4));
}

/* The tree of a message grows: each tuple makes two, ten levels deep. */
static gale_result split_in_two(gale_task *task, const gale_tuple *in)
{
    int64_t level = gale_get_int(in, 0);
    gale_result result = GALE_OK;

    for (int i = 0; i < 2 && level < 10 && result == GALE_OK; i++)
        result = gale_emit(task, gale_int(level + 1));
    return result;
}

static gale_result emit_roots(gale_task *task)
{
    uint32_t *n = probe_state(task);

    if (*n == 20) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return gale_emit_msg(task, ((gale_msgid){1, (*n)++}), gale_int(0));
}

static void a_tree_is_acked_when_all_of_it_is(void **state)
{
    static const struct probe spout = {.state_size = sizeof(uint32_t),
                                       .streams = OUTPUT_N,
                                       .next = emit_roots};
    static const struct probe splitter = {.streams = OUTPUT_N,
                                          .execute = split_in_two};
    struct setting *s = *state;
    gale_declarer *d;

    topology_run_spout(&s->r, "spout", &spout, 1);
    d = topology_run_bolt(&s->r, "bolt", &splitter, 3);
    gale_shuffle(d, "spout");
    gale_shuffle(d, "bolt");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(setting_spout_stats(s).acked, 20);
    assert_int_equal(topology_run_stats(&s->r, "bolt").executed,
                     20 * ((1 << 11) - 1));
}

/* -- max spout pending ----------------------------------------------------- */

struct bounded {
    uint64_t max;
    _Atomic(uint64_t) exceeded, reached, emitted;
};

struct bounded_task {
    uint64_t open; /* as the spout itself counts */
    uint64_t sent;
};

static gale_result next_bounded(gale_task *task)
{
    struct bounded *b = probe_arg(task);
    struct bounded_task *t = probe_state(task);

    if (t->sent == N) {
        gale_exhausted(task);
        return GALE_OK;
    }
    /* Called only when there is room: for the one that it emits. */
    if (gale_n_pending(task) >= b->max || t->open >= b->max + N)
        b->exceeded++;
    b->reached += gale_n_pending(task) == b->max - 1;
    b->emitted++;
    t->open++;
    return gale_emit_msg(task, ((gale_msgid){0, t->sent++}), gale_int(1));
}

static void end_bounded(gale_task *task, gale_msgid id)
{
    (void)id;
    ((struct bounded_task *)probe_state(task))->open--;
}

static void no_more_than_max_spout_pending_are_under_way(void **state)
{
    static const int64_t maxima[] = {1, 2, 10, 300};

    (void)state;
    for (size_t i = 0; i < sizeof(maxima) / sizeof(*maxima); i++) {
        struct bounded b = {.max = (uint64_t)maxima[i]};
        const struct probe spout = {.arg = &b,
                                    .state_size = sizeof(struct bounded_task),
                                    .streams = OUTPUT_N,
                                    .next = next_bounded,
                                    .ack = end_bounded,
                                    .fail = end_bounded};
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        gale_configure(s->r.builder, "topology.max.spout.pending",
                       gale_int(maxima[i]));
        setting_add(s, &spout, 3);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(b.exceeded, 0);
        /* The first run has sixteen calls, however slow they are. */
        assert_true(b.reached > 0 || maxima[i] > 16);
        assert_int_equal(b.emitted, 3 * N);
        setting_end(&own);
    }
}

/* Holds everything: so no more than max are ever emitted. */
static gale_result hold(gale_task *task, const gale_tuple *in)
{
    struct tally *held = probe_arg(task);

    gale_hold(task, in);
    tally_add(held, 1);
    return GALE_OK;
}

static void the_limit_of_a_component_is_its_own(void **state)
{
    static struct tally held = TALLY_INIT;
    static const struct probe holder = {.arg = &held, .execute = hold};
    struct setting *s = *state;
    gale_declarer *d;

    gale_configure(s->r.builder, "topology.max.spout.pending", gale_int(500));
    gale_configure(s->r.builder, "gale.topology.drain.secs", gale_int(0));
    s->numbers.batch = 1;
    d = topology_run_spout(&s->r, "spout", &s->numbers.probe, 2);
    gale_set(d, "topology.max.spout.pending", gale_int(7));
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &holder, 1),
        "spout");
    topology_run_start(&s->r);
    tally_await(&held, 2 * 7, "as many as may be pending are held");
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_FAILED);
    assert_int_equal(setting_spout_stats(s).emitted, 2 * 7);
    assert_int_equal(setting_spout_stats(s).pending, 2 * 7);
}

/* -- where it is not set --------------------------------------------------- */

enum { GATHERS = 3 * PENDING_RULE_START };

static struct {
    gale_handle handles[GATHERS];
    uint32_t n;
} gathered;

/* Acks none before it has them all. */
static gale_result gather(gale_task *task, const gale_tuple *in)
{
    gathered.handles[gathered.n++] = gale_hold(task, in);
    for (uint32_t i = 0; gathered.n == GATHERS && i < GATHERS; i++)
        gale_ack(task, gathered.handles[i]);
    return GALE_OK;
}

static void a_bolt_may_gather_as_many_as_it_likes(void **state)
{
    static const struct probe gatherer = {.execute = gather};
    static const double targets[] = {50, 0.001};

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
        struct setting *s = setting_begin("spouts", GATHERS, 1);

        gathered.n = 0;
        gale_configure(s->r.builder, "gale.topology.latency.target.ms",
                       gale_float(targets[i]));
        gale_shuffle(topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual",
                                          &gatherer, 1),
                     "numbers");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(number_source_unacked(&s->numbers), 0);
        setting_end(&(void *){s});
    }
}

/* -- waiting --------------------------------------------------------------- */

struct waiter {
    int fds[2];
    uint32_t limit;    /* exhausted after so many bytes */
    uint32_t expected; /* what the test waits for */
    _Atomic(uint32_t) calls, bytes;
    gale_task *_Atomic task;
};

/* -- exhausted ------------------------------------------------------------- */

static gale_result count_calls(gale_task *task)
{
    struct waiter *w = probe_arg(task);

    w->calls++;
    gale_exhausted(task);
    return GALE_OK;
}

/* -- life ------------------------------------------------------------------ */

/* Every callback in turn, as letters. */
struct diary {
    char text[64];
    uint32_t n;
    struct tally emitted, settled;
};

static void write_down(gale_task *task, char letter)
{
    struct diary *d = probe_arg(task);

    if (d->n > 0 && d->text[d->n - 1] == letter)
        return;
    if (d->n < sizeof(d->text) - 1)
        d->text[d->n++] = letter;
}

static gale_result diary_open(gale_task *task)
{
    write_down(task, 'o');
    return GALE_OK;
}

static void diary_close(gale_task *task)
{
    write_down(task, 'c');
}

static void diary_activate(gale_task *task)
{
    write_down(task, 'a');
}

static void diary_deactivate(gale_task *task)
{
    write_down(task, 'd');
}

static gale_result diary_next(gale_task *task)
{
    struct diary *d = probe_arg(task);

    write_down(task, 'n');
    tally_add(&d->emitted, 1);
    gale_wait_until(task, gale_now(task) + 100000);
    return gale_emit_msg(task, ((gale_msgid){0, 0}), gale_int(1));
}

static void diary_settled(gale_task *task, gale_msgid id)
{
    struct diary *d = probe_arg(task);

    (void)id;
    tally_add(&d->settled, 1);
}

#define DIARY(d_)                                                              \
    {                                                                          \
        .arg = &(d_), .streams = OUTPUT_N, .open = diary_open,                 \
        .close = diary_close, .activate = diary_activate,                      \
        .deactivate = diary_deactivate, .next = diary_next,                    \
        .ack = diary_settled                                                   \
    }

static void a_spout_lives_in_this_order(void **state)
{
    static struct diary d = {.emitted = TALLY_INIT, .settled = TALLY_INIT};
    static const struct probe spout = DIARY(d);
    struct setting *s = *state;

    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    tally_await(&d.emitted, 3, "tuples");
    gale_local_activate(s->r.local, false);
    /* Acks come while it is inactive, too; then nothing is under way. */
    while (tally_get(&d.settled) < tally_get(&d.emitted))
        tally_await(&d.settled, tally_get(&d.emitted), "acks");
    gale_local_activate(s->r.local, true);
    tally_await(&d.emitted, tally_get(&d.emitted) + 3, "more tuples");
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_balanced(&s->r);
    assert_int_equal(d.settled.n, d.emitted.n);
    /* The first pause may have been too short to be noticed. */
    if (strcmp(d.text, "oandandc") != 0)
        assert_string_equal(d.text, "oandc");
}

static gale_result refuse_all(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return gale_error(task, GALE_FATAL, "not with me");
}

static void so_it_does_when_the_run_fails(void **state)
{
    static struct diary d = {.emitted = TALLY_INIT, .settled = TALLY_INIT};
    static const struct probe spout = DIARY(d), bolt = {.execute = refuse_all};
    struct setting *s = *state;

    topology_run_spout(&s->r, "spout", &spout, 1);
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "spout");
    assert_says(topology_run_fails(&s->r), "not with me");
    assert_string_equal(d.text, "oandc");
}

static void and_when_it_is_stopped_at_once(void **state)
{
    static struct diary d = {.emitted = TALLY_INIT, .settled = TALLY_INIT};
    static const struct probe spout = DIARY(d);
    struct setting *s = *state;

    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    tally_await(&d.emitted, 3, "tuples");
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_NOW),
                     GALE_LOCAL_STOPPED);
    assert_string_equal(d.text, "oandc");
}

static gale_result refuse_open(gale_task *task)
{
    return gale_error(task, GALE_FATAL, "no such queue: %s", "orders");
}

static void an_error_of_open_refuses_the_start(void **state)
{
    static const struct probe spout = {
        .streams = OUTPUT_N, .open = refuse_open, .next = count_calls};
    struct setting *s = *state;

    setting_add(s, &spout, 1);
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text, "no such queue: orders");
    assert_says(s->r.error.text, "spout \"spout\"");
    assert_says(s->r.error.text, "open");
}

static gale_result err_in_next(gale_task *task)
{
    struct waiter *w = probe_arg(task);
    uint32_t n = ++w->calls;

    if (n == 2)
        return GALE_RETRY;
    if (n < 4)
        return gale_error(task, GALE_RETRY, "try %u", n);
    return gale_error(task, GALE_FATAL, "gave up after %u tries", n);
}

static void an_error_of_next_is_reported_or_stops_the_worker(void **state)
{
    static struct waiter w;
    static const struct probe spout = {
        .arg = &w, .streams = OUTPUT_N, .next = err_in_next};
    struct setting *s = *state;
    const char *why;

    setting_add(s, &spout, 1);
    why = topology_run_fails(&s->r);
    assert_says(why, "gave up after 4 tries");
    assert_says(why, "next:");
    assert_says(topology_run_log(&s->r), "try 1");
    assert_says(topology_run_log(&s->r), "next failed and gave no reason");
    assert_says(topology_run_log(&s->r), "try 3");
}

/* A blocking spout waits within next for what another topology's thread
 * does. */
static gale_result next_blocking(gale_task *task)
{
    struct tally *t = probe_arg(task);
    uint64_t *n = probe_state(task);

    tally_await(t, *n + 1, "the test lets it go on");
    if (++*n == 10)
        gale_exhausted(task);
    return gale_emit_msg(task, ((gale_msgid){0, *n}), gale_int(1));
}

static void a_blocking_spout_holds_nobody_up(void **state)
{
    static struct tally go = TALLY_INIT;
    static const struct probe spout = {.arg = &go,
                                       .state_size = sizeof(uint64_t),
                                       .streams = OUTPUT_N,
                                       .next = next_blocking};
    struct setting *s = *state;

    s->r.carriers = 1;
    topology_run_spout_as(&s->r, "spout", "probe_spout_blocking", &spout, 1);
    topology_run_spout(&s->r, "other", &s->numbers.probe, 1);
    gale_shuffle(
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &taker, 1), "spout"),
        "other");
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, N, "the other spout's acks");
    tally_add(&go, 10);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(setting_spout_stats(s).acked, 10);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_message_is_acked_once),
        TEST(a_message_that_nobody_takes_is_acked),
        TEST(a_spout_needs_next_alone),
        TEST(untracked_tuples_get_no_ack),
        TEST(without_ackers_a_message_is_done_when_it_is_out),
        TEST(what_fails_is_emitted_again_until_it_is_acked),
        TEST(a_tree_is_acked_when_all_of_it_is),
        cmocka_unit_test(no_more_than_max_spout_pending_are_under_way),
        TEST(the_limit_of_a_component_is_its_own),
        cmocka_unit_test(a_bolt_may_gather_as_many_as_it_likes),
        TEST(a_spout_lives_in_this_order),
        TEST(so_it_does_when_the_run_fails),
        TEST(and_when_it_is_stopped_at_once),
        TEST(an_error_of_open_refuses_the_start),
        TEST(an_error_of_next_is_reported_or_stops_the_worker),
        TEST(a_blocking_spout_holds_nobody_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
