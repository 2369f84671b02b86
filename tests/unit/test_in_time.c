/*
 * test_in_time.c - what is emitted or acked arrives, whatever its producer does
 * next.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/counted_world.h"
#include "tests/support/setting.h"
#include <gale/batch.h>
#include <stdatomic.h>
#include <string.h>

enum { N = 200 };

static int setup(void **state)
{
    *state = setting_begin("in-time", N, 1);
    return 0;
}

/* -- slow bolts that do not say that they block ---------------------------- */

enum { SLOW = 8 };

static struct {
    _Atomic(uint32_t) emitted, taken, most;
} way;

static gale_result emit_slowly(gale_task *task, const gale_tuple *in)
{
    uint32_t under_way = way.emitted - way.taken;
    int64_t done_at = gale_now(task) + 2000000;

    if (under_way > way.most)
        way.most = under_way;
    while (gale_now(task) < done_at) /* each look at it takes 1 µs */
        ;
    way.emitted++;
    return gale_emit(task, gale_get(in, 0));
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    way.taken++;
    return GALE_OK;
}

/* They keep their consumer busy in turn: none may wait for it to have nothing
 * to do. */
static void slow_bolts_do_not_keep_what_they_emit(void **state)
{
    static const struct probe slow = {.streams = OUTPUT_N,
                                      .execute = emit_slowly};
    static const struct probe sink = {.execute = take};
    struct setting *s = *state;

    way.emitted = way.taken = way.most = 0;
    s->r.carriers = 1;
    s->r.env = counted_world();
    gale_shuffle(topology_run_bolt(&s->r, "slow", &slow, SLOW), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "slow");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(way.taken, N);
    assert_in_range(way.most, 1, 3 * SLOW);
}

/* -- callbacks that wait --------------------------------------------------- */

static struct tally arrived = TALLY_INIT, heard = TALLY_INIT;

static gale_result arrive(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    tally_add(&arrived, 1);
    return GALE_OK;
}

/* Emits, and does not return from the next call until that has arrived. */
static gale_result emit_and_await(gale_task *task)
{
    uint64_t *n = probe_state(task);

    tally_await(&arrived, *n, "what the call before has emitted");
    if (*n == N)
        return gale_exhausted(task), GALE_OK;
    ++*n;
    return gale_emit_msg(task, ((gale_msgid){0, *n}), gale_int((int64_t)*n));
}

static void what_a_blocking_spout_emits_arrives_while_it_blocks(void **state)
{
    static const struct probe spout = {.streams = OUTPUT_N,
                                       .state_size = sizeof(uint64_t),
                                       .next = emit_and_await};
    static const struct probe sink = {.execute = arrive};
    struct setting *s = *state;

    tally_set(&arrived, 0);
    topology_run_spout_as(&s->r, "waits", "probe_spout_blocking", &spout, 1);
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "waits");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
}

/* Does not return from a call until what the one before emitted has arrived and
 * its input is acked. */
static gale_result await_the_last(gale_task *task, const gale_tuple *in)
{
    uint64_t *n = probe_state(task);

    tally_await(&arrived, *n, "what the call before has emitted");
    ++*n;
    return gale_emit(task, gale_get(in, 0));
}

static void what_a_blocking_bolt_emits_arrives_while_it_blocks(void **state)
{
    static const struct probe bolt = {.streams = OUTPUT_N,
                                      .state_size = sizeof(uint64_t),
                                      .execute = await_the_last};
    static const struct probe sink = {.execute = arrive};
    struct setting *s = *state;

    tally_set(&arrived, 0);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "waits", "probe_bolt_blocking", &bolt, 1),
        "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "waits");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
}

static gale_result await_the_ack(gale_task *task, const gale_tuple *in)
{
    struct setting *s = probe_arg(task);
    uint64_t *n = probe_state(task);

    (void)in;
    tally_await(&s->numbers.acked, *n, "the ack of the call before");
    ++*n;
    return GALE_OK;
}

static void what_a_blocking_bolt_acks_is_heard_while_it_blocks(void **state)
{
    struct setting *s = *state;
    const struct probe bolt = {
        .arg = s, .state_size = sizeof(uint64_t), .execute = await_the_ack};

    gale_shuffle(
        topology_run_bolt_as(&s->r, "waits", "probe_bolt_blocking", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
}

/* -- callbacks that go on for ever ----------------------------------------- */

static void post_again(gale_task *task, void *arg)
{
    (void)arg;
    if (tally_get(&heard) < N)
        gale_post(task, post_again, NULL);
}

static gale_result post_first(gale_task *task, const gale_tuple *in)
{
    if (gale_get_int(in, 0) == 0)
        gale_post(task, post_again, NULL);
    return GALE_OK;
}

static gale_result hear(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    tally_add(&heard, 1);
    return GALE_OK;
}

/* It posts until the other bolt has had everything. */
static void who_posts_to_itself_leaves_the_others_their_turn(void **state)
{
    static const struct probe poster = {.execute = post_first};
    static const struct probe other = {.execute = hear};
    struct setting *s = *state;

    tally_set(&heard, 0);
    s->r.carriers = 1;
    gale_shuffle(topology_run_bolt(&s->r, "poster", &poster, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "other", &other, 1), "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(tally_get(&heard), N);
}

static gale_result emit_until_refused(gale_task *task, const gale_tuple *in)
{
    gale_result result;

    do
        result = gale_emit(task, gale_get(in, 0));
    while (result == GALE_OK);
    return result;
}

static void who_emits_far_too_much_is_refused(void **state)
{
    static const struct probe flood = {.streams = OUTPUT_N,
                                       .execute = emit_until_refused};
    static const struct probe sink = {.execute = hear};
    struct setting *s = *state;

    s->r.carriers = 1;
    gale_configure(s->r.builder, "gale.topology.max.emit.bytes",
                   gale_int(10000000));
    gale_shuffle(topology_run_bolt(&s->r, "flood", &flood, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "flood");
    assert_says(topology_run_fails(&s->r), "gale.topology.max.emit.bytes");
    assert_says(topology_run_stats(&s->r, "flood").last_error,
                "the run has failed");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slow_bolts_do_not_keep_what_they_emit),
        TEST(what_a_blocking_spout_emits_arrives_while_it_blocks),
        TEST(what_a_blocking_bolt_emits_arrives_while_it_blocks),
        TEST(what_a_blocking_bolt_acks_is_heard_while_it_blocks),
        TEST(who_posts_to_itself_leaves_the_others_their_turn),
        TEST(who_emits_far_too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
