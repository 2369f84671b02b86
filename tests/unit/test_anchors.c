/*
 * test_anchors.c - in a running topology, what a tuple is anchored to shares
 * its fate, and nothing else does.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include "worker/task_base.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 1000 };

static int setup(void **state)
{
    *state = setting_begin("bolts", N, 1);
    return 0;
}

/* -- results --------------------------------------------------------------- */

/* -- anchors --------------------------------------------------------------- */

/* Joins the numbers 2 k and 2 k + 1, whichever comes first. */
struct join {
    gale_handle waiting[N / 2];
    bool has[N / 2];
};

static gale_result join_pairs(gale_task *task, const gale_tuple *in)
{
    struct join *j = probe_state(task);
    int64_t pair = gale_get_int(in, 0) / 2;
    gale_handle both[2];
    gale_emit_opts opts = {
        .size = sizeof(opts), .n_anchors = 2, .anchors = both};
    gale_result result;

    both[0] = gale_hold(task, in);
    if (!j->has[pair]) {
        j->has[pair] = true;
        j->waiting[pair] = both[0];
        return GALE_OK;
    }
    j->has[pair] = false;
    both[1] = j->waiting[pair];
    result = gale_emit_with(task, &opts, gale_int(pair));
    gale_ack(task, both[0]);
    gale_ack(task, both[1]);
    return result;
}

/* Fails each fourth pair once. */
static _Atomic(bool) failed_once[N];

static gale_result fail_some_pairs(gale_task *task, const gale_tuple *in)
{
    int64_t pair = gale_get_int(in, 0);

    (void)task;
    return pair % 4 == 0 && !atomic_exchange(&failed_once[pair], true)
               ? GALE_RETRY
               : GALE_OK;
}

static void what_is_anchored_to_two_inputs_settles_both(void **state)
{
    static const struct probe join = {.state_size = sizeof(struct join),
                                      .streams = OUTPUT_N,
                                      .execute = join_pairs};
    static const struct probe sink = {.execute = fail_some_pairs};
    struct setting *s = *state;

    s->numbers.replays = true;
    gale_by_fields(
        topology_run_bolt_as(&s->r, "join", "probe_bolt_manual", &join, 1),
        "numbers", "number");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &sink, 2), "join");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.fails[k], k / 2 % 4 == 0);
        assert_int_equal(s->numbers.acks[k], 1);
    }
}

/* One of ten: its sum fails, and so do all ten. */
static gale_result fail_each_second(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) / 100 % 2 == 0 ? GALE_RETRY : GALE_OK;
}

static void a_tuple_may_be_anchored_to_all_of_an_array(void **state)
{
    static const struct probe sink = {.execute = fail_each_second};
    struct setting *s = *state;

    gale_shuffle(gale_add_bolt(s->r.builder, "gather", "gather", 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &sink, 2), "gather");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.fails[k], k / 10 % 2 == 0);
        assert_int_equal(s->numbers.acks[k], k / 10 % 2 != 0);
    }
}

/* Each number is emitted with its handle twice. */
static gale_result emit_anchored_twice(gale_task *task, const gale_tuple *in)
{
    gale_handle h = gale_hold(task, in);
    gale_result result =
        gale_emit_anchored(task, GALE_HANDLES(h, h), gale_get(in, 0));

    gale_ack(task, h);
    return result;
}

static _Atomic(uint32_t) n_anchors;

static gale_result count_anchors(gale_task *task, const gale_tuple *in)
{
    n_anchors += task_of(task)->n_trees;
    return gale_get_int(in, 0) % 3 == 0 ? GALE_RETRY : GALE_OK;
}

static void an_input_that_is_given_twice_is_one_anchor(void **state)
{
    static const struct probe twice = {.streams = OUTPUT_N,
                                       .execute = emit_anchored_twice};
    static const struct probe sink = {.execute = count_anchors};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "twice", "probe_bolt_manual", &twice, 1),
        "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &sink, 2), "twice");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(n_anchors, N);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.fails[k], k % 3 == 0);
        assert_int_equal(s->numbers.acks[k], k % 3 != 0);
    }
}

/* Emits anchored, not anchored, or anchored to a held input only. */
static gale_result emit_both_ways(gale_task *task, const gale_tuple *in)
{
    gale_emit_opts opts = {.size = sizeof(opts), .flags = GALE_EMIT_UNANCHORED};

    if (gale_get_int(in, 0) % 2)
        return gale_emit(task, gale_get(in, 0));
    return gale_emit_with(task, &opts, gale_get(in, 0));
}

static gale_result fail_all(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_RETRY;
}

static void what_is_not_anchored_fails_nobody(void **state)
{
    static const struct probe middle = {.streams = OUTPUT_N,
                                        .execute = emit_both_ways};
    static const struct probe sink = {.execute = fail_all};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "middle", &middle, 2), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &sink, 2), "middle");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], k % 2 == 0);
        assert_int_equal(s->numbers.fails[k], k % 2 == 1);
    }
}

/* Emits the number from the held one of the number before, not from this. */
static gale_result emit_from_held(gale_task *task, const gale_tuple *in)
{
    gale_handle *last = probe_state(task), now = gale_hold(task, in);
    gale_emit_opts opts = {
        .size = sizeof(opts), .n_anchors = 1, .anchors = last};
    gale_result result = GALE_OK;

    if (last->id != 0) {
        result = gale_emit_with(task, &opts, gale_get(in, 0));
        gale_ack(task, *last);
    }
    *last = now;
    if (gale_get_int(in, 0) == N - 1)
        gale_ack(task, now);
    return result;
}

static void with_anchors_given_the_current_input_is_none(void **state)
{
    static const struct probe middle = {.state_size = sizeof(gale_handle),
                                        .streams = OUTPUT_N,
                                        .execute = emit_from_held};
    static const struct probe sink = {.execute = fail_all};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "middle", "probe_bolt_manual", &middle, 1),
        "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &sink, 2), "middle");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++)
        assert_int_equal(s->numbers.fails[k], k < N - 1);
    assert_int_equal(s->numbers.acks[N - 1], 1);
}

static gale_result anchor_to_settled(gale_task *task, const gale_tuple *in)
{
    gale_handle h = gale_hold(task, in);
    gale_emit_opts opts = {.size = sizeof(opts), .n_anchors = 1, .anchors = &h};

    gale_ack(task, h);
    return gale_emit_with(task, &opts, gale_get(in, 0));
}

static void an_anchor_must_be_open(void **state)
{
    static const struct probe bolt = {.streams = OUTPUT_N,
                                      .execute = anchor_to_settled};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    assert_says(topology_run_fails(&s->r), "anchor");
}

/* A batch: all inputs are anchors of one tuple, which is passed on. */
struct batch {
    uint32_t n;
    gale_handle handles[N];
};

static gale_result batch_all(gale_task *task, const gale_tuple *in)
{
    struct batch *b = probe_state(task);
    gale_emit_opts opts = {
        .size = sizeof(opts), .n_anchors = N, .anchors = b->handles};
    gale_result result;

    b->handles[b->n++] = gale_hold(task, in);
    if (b->n < N)
        return GALE_OK;
    result = gale_emit_with(task, &opts, gale_int(N));
    for (b->n = 0; b->n < N; b->n++)
        gale_ack(task, b->handles[b->n]);
    b->n = 0;
    return result;
}

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static gale_result hold_then_pass(gale_task *task, const gale_tuple *in)
{
    gale_handle h = gale_hold(task, in);
    gale_result result = gale_emit(task, gale_get(in, 0)); /* still anchored */

    gale_ack(task, h);
    return result;
}

static gale_result retry_once(gale_task *task, const gale_tuple *in)
{
    _Atomic(uint32_t) *calls = probe_arg(task);

    (void)in;
    return ++*calls == 1 ? GALE_RETRY : GALE_OK;
}

static void a_tuple_may_have_a_thousand_anchors_all_the_way(void **state)
{
    static _Atomic(uint32_t) calls;
    static const struct probe batch = {.state_size = sizeof(struct batch),
                                       .streams = OUTPUT_N,
                                       .execute = batch_all};
    static const struct probe pass = {.streams = OUTPUT_N, .execute = pass_on};
    static const struct probe hold = {.streams = OUTPUT_N,
                                      .execute = hold_then_pass};
    static const struct probe sink = {.arg = &calls, .execute = retry_once};
    struct setting *s = *state;

    s->numbers.replays = true;
    calls = 0;
    gale_shuffle(
        topology_run_bolt_as(&s->r, "batch", "probe_bolt_manual", &batch, 1),
        "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "pass", &pass, 1), "batch");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "hold", "probe_bolt_manual", &hold, 1),
        "pass");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &sink, 1), "hold");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(calls, 2);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.fails[k], 1);
        assert_int_equal(s->numbers.acks[k], 1);
    }
}

/* What has N anchors is given 2000 times. */
static gale_result join_with_itself(gale_task *task, const gale_tuple *in)
{
    gale_handle copies[2000];

    copies[0] = gale_hold(task, in);
    for (int i = 1; i < 2000; i++)
        copies[i] = copies[0];
    return gale_emit_values_anchored(task, copies, 2000,
                                     GALE_VALUES(gale_int(1)));
}

static const char *what_stops_many_anchors(int64_t max_tuple_bytes)
{
    static const struct probe batch = {.state_size = sizeof(struct batch),
                                       .streams = OUTPUT_N,
                                       .execute = batch_all};
    static const struct probe join = {.streams = OUTPUT_N,
                                      .execute = join_with_itself};
    static char why[1000];
    struct setting *s = setting_begin("many", N, 1);
    void *end = s;

    gale_configure(s->r.builder, "gale.topology.max.tuple.bytes",
                   gale_int(max_tuple_bytes));
    gale_shuffle(
        topology_run_bolt_as(&s->r, "batch", "probe_bolt_manual", &batch, 1),
        "numbers");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "join", "probe_bolt_manual", &join, 1),
        "batch");
    snprintf(why, sizeof(why), "%s", topology_run_fails(&s->r));
    setting_end(&end);
    return why;
}

static void anchors_count_for_the_size_of_a_tuple(void **state)
{
    (void)state;
    assert_says(what_stops_many_anchors(4096),
                "is larger than gale.topology.max.tuple.bytes, 4096");
    assert_says(what_stops_many_anchors(64 << 20),
                "2000000 anchors are given for a tuple, expected 1048576");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_anchored_to_two_inputs_settles_both),
        TEST(a_tuple_may_be_anchored_to_all_of_an_array),
        TEST(an_input_that_is_given_twice_is_one_anchor),
        TEST(what_is_not_anchored_fails_nobody),
        TEST(with_anchors_given_the_current_input_is_none),
        TEST(an_anchor_must_be_open),
        cmocka_unit_test(anchors_count_for_the_size_of_a_tuple),
        TEST(a_tuple_may_have_a_thousand_anchors_all_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
