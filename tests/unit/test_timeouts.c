/*
 * test_timeouts.c - messages that are never acked, or too late.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
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

static gale_component_stats spout_stats(struct setting *s)
{
    return topology_run_stats(&s->r, "spout");
}

/* -- max spout pending ----------------------------------------------------- */

/* Holds everything: so no more than max are ever emitted. */
static gale_result hold(gale_task *task, const gale_tuple *in)
{
    struct tally *held = probe_arg(task);

    gale_hold(task, in);
    tally_add(held, 1);
    return GALE_OK;
}

/* -- timeouts -------------------------------------------------------------- */

/* Of each number. */
static _Atomic(uint32_t) attempts[N];

/* The first time a number comes it is held for ever. */
static gale_result hold_first(gale_task *task, const gale_tuple *in)
{
    if (attempts[gale_get_int(in, 0)]++ == 0)
        gale_hold(task, in);
    return GALE_OK;
}

static void what_is_never_acked_times_out_and_fails(void **state)
{
    static const struct probe holder = {.execute = hold_first};
    struct setting *s = *state;

    for (int k = 0; k < N; k++)
        attempts[k] = 0;
    s->numbers.replays = true;
    gale_configure(s->r.builder, "topology.message.timeout.secs", gale_int(1));
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 2);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &holder, 2),
        "spout");
    topology_run_complete(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.fails[k], 1);
        assert_int_equal(s->numbers.acks[k], 1);
    }
    assert_int_equal(spout_stats(s).timed_out, N);
    assert_int_equal(spout_stats(s).failed, N);
    assert_int_equal(spout_stats(s).acked, N);
    assert_int_equal(topology_run_stats(&s->r, "bolt").held, N);
}

/* Emits outside of `next`, which is not called any more then: one message may
 * be pending. */
static void emit_in_post(gale_task *task, void *arg)
{
    (void)arg;
    gale_emit_msg(task, ((gale_msgid){7, 0}), gale_int(0));
}

static gale_result post_to_itself(gale_task *task)
{
    gale_post(task, emit_in_post, NULL);
    gale_wait_wakeup(task);
    return GALE_OK;
}

static void count_fail(gale_task *task, gale_msgid id)
{
    (void)id;
    tally_add(probe_arg(task), 1);
    gale_exhausted(task);
}

static void what_a_post_emitted_times_out_too(void **state)
{
    static struct tally fails = TALLY_INIT, held = TALLY_INIT;
    static const struct probe poster = {.arg = &fails,
                                        .streams = OUTPUT_N,
                                        .next = post_to_itself,
                                        .fail = count_fail};
    static const struct probe holder = {.arg = &held, .execute = hold};
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.message.timeout.secs", gale_int(1));
    gale_configure(s->r.builder, "topology.max.spout.pending", gale_int(1));
    gale_configure(s->r.builder, "gale.topology.drain.secs", gale_int(0));
    topology_run_spout(&s->r, "spout", &poster, 1);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &holder, 1),
        "spout");
    topology_run_start(&s->r);
    tally_await(&fails, 1, "the fail of what the post emitted");
    topology_run_stop(&s->r, GALE_STOP_NOW);
    assert_true(spout_stats(s).timed_out >= 1);
}

/* Holds the first ones, and acks or fails them when the second ones come. */
struct late {
    gale_handle handles[N];
};

static gale_result settle_late(gale_task *task, const gale_tuple *in)
{
    struct late *l = probe_state(task);
    int64_t k = gale_get_int(in, 0);

    if (l->handles[k].id == 0) {
        l->handles[k] = gale_hold(task, in);
        return GALE_OK;
    }
    if (k % 2)
        gale_ack(task, l->handles[k]);
    else
        gale_fail(task, l->handles[k]);
    return GALE_OK;
}

static void a_late_ack_or_fail_is_too_late_and_changes_nothing(void **state)
{
    static const struct probe holder = {.state_size = sizeof(struct late),
                                        .execute = settle_late};
    struct setting *s = *state;

    s->numbers.replays = true;
    gale_configure(s->r.builder, "topology.message.timeout.secs", gale_int(1));
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 1);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &holder, 1),
        "spout");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.fails[k], 1);
        assert_int_equal(s->numbers.acks[k], 1);
    }
    assert_int_equal(spout_stats(s).timed_out, N);
}

/* Waits, by the engine's own clock, for longer than the timeout. */
static gale_result wait_longer(gale_task *task)
{
    int64_t *until = probe_state(task);

    if (*until == 0)
        *until = gale_now(task) + INT64_C(1300000000);
    if (gale_now(task) < *until)
        gale_wait_until(task, *until);
    else
        gale_exhausted(task);
    return GALE_OK;
}

static bool is_over(void *arg)
{
    return tally_get(arg) > 0;
}

static gale_result wait_then_say(gale_task *task)
{
    int64_t *until = probe_state(task);
    gale_result result = wait_longer(task);

    if (gale_now(task) >= *until)
        tally_add(probe_arg(task), 1);
    return result;
}

static void timeouts_may_be_switched_off(void **state)
{
    static struct tally over = TALLY_INIT, held = TALLY_INIT;
    static const struct probe holder = {.arg = &held, .execute = hold};
    static const struct probe clock = {
        .arg = &over, .state_size = sizeof(int64_t), .next = wait_then_say};
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.message.timeout.secs", gale_int(1));
    gale_configure(s->r.builder, "topology.enable.message.timeouts",
                   gale_bool(false));
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 1);
    topology_run_spout(&s->r, "clock", &clock, 1);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &holder, 1),
        "spout");
    topology_run_start(&s->r);
    tally_await(&held, N, "all are held");
    topology_run_until(is_over, &over, "the timeout is over");
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_NOW),
                     GALE_LOCAL_STOPPED);
    assert_int_equal(spout_stats(s).timed_out, 0);
    assert_int_equal(spout_stats(s).pending, N);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_never_acked_times_out_and_fails),
        TEST(what_a_post_emitted_times_out_too),
        TEST(a_late_ack_or_fail_is_too_late_and_changes_nothing),
        TEST(timeouts_may_be_switched_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
