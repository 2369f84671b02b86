/*
 * test_bolt_task.c - a bolt in a running topology: results, held inputs,
 * anchors, retained tuples, ticks, the end of the input.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "tests/support/topology_run.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 1000 };

static const gale_stream one_field[] = {GALE_STREAM("default", "n")};
#define ONE_FIELD                                                              \
    {                                                                          \
        one_field, 1, sizeof(one_field[0])                                     \
    }

/* The usual run: numbers, by shuffle, to one bolt; and what is left behind. */
struct setting {
    struct topology_run r;
    struct number_source numbers;
};

static int setup(void **state)
{
    struct setting *s = calloc(1, sizeof(*s));

    topology_run_begin(&s->r, "bolts");
    number_source_init(&s->numbers, N);
    topology_run_spout(&s->r, "numbers", &s->numbers.probe, 1);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct setting *s = *state;

    topology_run_end(&s->r);
    number_source_fini(&s->numbers);
    free(s);
    return 0;
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static gale_component_stats bolt_stats(struct setting *s)
{
    return topology_run_stats(&s->r, "bolt");
}

/* -- results --------------------------------------------------------------- */

static gale_result drop_odd(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) % 2 ? GALE_DROP : GALE_OK;
}

static void ok_and_drop_ack_the_input(void **state)
{
    static const struct probe bolt = {.execute = drop_odd};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(bolt_stats(s).acked, N);
    assert_int_equal(bolt_stats(s).dropped, N / 2);
    assert_int_equal(bolt_stats(s).failed, 0);
}

/* The first time, each number that can be divided by 7. */
static _Atomic(bool) tried[N];

static gale_result retry_some(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    (void)task;
    return k % 7 == 0 && !atomic_exchange(&tried[k], true) ? GALE_RETRY
                                                           : GALE_OK;
}

static void retry_fails_the_input_and_the_spout_may_emit_again(void **state)
{
    static const struct probe bolt = {.execute = retry_some};
    struct setting *s = *state;

    s->numbers.replays = true;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], 1);
        assert_int_equal(s->numbers.fails[k], k % 7 == 0);
    }
    assert_int_equal(bolt_stats(s).failed, (N + 6) / 7);
    assert_int_equal(bolt_stats(s).acked, N);
    assert_int_equal(bolt_stats(s).errors, 0); /* no text, no report */
    assert_int_equal(topology_run_stats(&s->r, "numbers").failed, (N + 6) / 7);
    assert_int_equal(s->numbers.strangers, 0);
}

static gale_result poison_one(gale_task *task, const gale_tuple *in)
{
    if (gale_get_int(in, 0) == 5)
        return gale_error(task, GALE_POISON, "five is %s", "too much");
    return GALE_OK;
}

static void poison_fails_counts_and_is_reported(void **state)
{
    static const struct probe bolt = {.execute = poison_one};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(s->numbers.fails[5], 1);
    assert_int_equal(bolt_stats(s).poisoned, 1);
    assert_int_equal(bolt_stats(s).failed, 1);
    assert_int_equal(bolt_stats(s).errors, 1);
    assert_string_equal(bolt_stats(s).last_error, "five is too much");
    assert_says(topology_run_log(&s->r), "five is too much");
}

static gale_result poison_silently(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) == 5 ? GALE_POISON : GALE_OK;
}

static void poison_without_a_reason_is_reported_all_the_same(void **state)
{
    static const struct probe bolt = {.execute = poison_silently};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_says(bolt_stats(s).last_error, "poison");
}

static gale_result odd_result;

static gale_result return_odd(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) == 5 ? odd_result : GALE_OK;
}

static void a_result_that_is_not_known_stops_the_worker(void **state)
{
    static const struct probe bolt = {.execute = return_odd};
    static const int odd[] = {GALE_AGAIN, GALE_ALREADY, GALE_FENCED,
                              8,          4711,         -1};

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        void *own;
        struct setting *s;
        char number[20];
        const char *why;

        setup(&own);
        s = own;
        odd_result = (gale_result)odd[i];
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        why = topology_run_fails(&s->r);
        snprintf(number, sizeof(number), "returned %d,", odd[i]);
        assert_says(why, number);
        assert_says(why, "\"bolt\"");
        assert_says(why, "execute");
        teardown(&own);
    }
}

static gale_result be_fatal(gale_task *task, const gale_tuple *in)
{
    if (gale_get_int(in, 0) != 5)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "the disk of %d is gone", 5);
}

static void fatal_stops_the_worker_with_the_text(void **state)
{
    static const struct probe bolt = {.execute = be_fatal};
    struct setting *s = *state;
    const char *why;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    why = topology_run_fails(&s->r);
    assert_says(why, "the disk of 5 is gone");
    assert_says(why, "bolt \"bolt\"");
    assert_says(why, "task 2");
}

static gale_result fatal_silently(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_FATAL;
}

static void fatal_without_a_text_says_that_there_was_none(void **state)
{
    static const struct probe bolt = {.execute = fatal_silently};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    assert_says(topology_run_fails(&s->r), "no reason");
}

static gale_result retry_with_text(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    if (k == 5)
        return gale_error(task, GALE_RETRY, "number five");
    if (k == 6)
        return GALE_RETRY; /* the text of number 5 is not shown again */
    return k == 7 ? GALE_POISON : GALE_OK;
}

static void a_text_belongs_to_the_call_that_set_it(void **state)
{
    static const struct probe bolt = {.execute = retry_with_text};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(bolt_stats(s).errors, 2);
    assert_says(topology_run_log(&s->r), "number five");
    assert_says(bolt_stats(s).last_error, "poison");
}

/* -- held inputs ----------------------------------------------------------- */

struct held_ones {
    gale_handle handles[N];
    _Atomic(uint32_t) n;
    _Atomic(bool) settled;
};

static gale_result hold_all(gale_task *task, const gale_tuple *in)
{
    struct held_ones *h = probe_arg(task);

    h->handles[h->n] = gale_hold(task, in);
    if (gale_hold(task, in).id != h->handles[h->n].id)
        return gale_error(task, GALE_FATAL, "two handles of one input");
    h->n++;
    return GALE_OK;
}

/* Those of odd numbers fail; each is settled twice, and so is nobody's. */
static gale_result settle_all(gale_task *task)
{
    struct held_ones *h = probe_arg(task);

    if (h->n < N || atomic_exchange(&h->settled, true))
        return GALE_OK;
    for (uint32_t i = N; i-- > 0;) {
        if (i % 2)
            gale_fail(task, h->handles[i]);
        else
            gale_ack(task, h->handles[i]);
        if (i % 3)
            gale_ack(task, h->handles[i]);
        else
            gale_fail(task, h->handles[i]);
    }
    gale_ack(task, (gale_handle){0});
    gale_fail(task, (gale_handle){UINT64_MAX});
    return GALE_OK;
}

static gale_result tick_each_ms(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

static void a_held_input_is_settled_once_when_its_handle_is(void **state)
{
    static struct held_ones h;
    static const struct probe bolt = {.arg = &h,
                                      .open = tick_each_ms,
                                      .execute = hold_all,
                                      .tick = settle_all};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(s->numbers.acks[i], i % 2 == 0);
        assert_int_equal(s->numbers.fails[i], i % 2 == 1);
    }
    assert_int_equal(bolt_stats(s).stale, N + 2);
    assert_int_equal(bolt_stats(s).process.n, N);
}

static bool n_are_held(void *arg)
{
    return bolt_stats(arg).held == N;
}

static gale_result never(gale_task *task)
{
    (void)task;
    return GALE_OK;
}

static void held_inputs_are_counted_and_keep_the_run_going(void **state)
{
    static struct held_ones h;
    static const struct probe bolt = {
        .arg = &h, .execute = hold_all, .tick = never};
    struct setting *s = *state;

    gale_configure(s->r.builder, "gale.topology.drain.secs", gale_int(0));
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_start(&s->r);
    topology_run_until(n_are_held, s, "all inputs are held");
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_RUNNING);
    assert_int_equal(topology_run_stats(&s->r, "numbers").pending, N);
    assert_int_equal(bolt_stats(s).acked + bolt_stats(s).failed, 0);
    assert_int_equal(bolt_stats(s).executed, N);
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_int_equal(topology_run_stats(&s->r, "numbers").pending, N);
    assert_says(topology_run_log(&s->r), "1000 messages are not settled");
}

/* Holds and settles at once, in all ways; nothing must count twice. */
static gale_result settle_within(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);
    gale_handle h = gale_hold(task, in);

    if (k % 2)
        gale_fail(task, h);
    else
        gale_ack(task, h);
    gale_ack(task, h);
    gale_fail(task, h);
    switch (k % 4) {
    case 0:
        return GALE_OK;
    case 1:
        return GALE_DROP;
    case 2:
        return GALE_RETRY;
    default:
        return GALE_OK;
    }
}

static void what_is_settled_within_execute_counts_once(void **state)
{
    static const struct probe bolt = {.execute = settle_within};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 2),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(s->numbers.acks[i], i % 2 == 0);
        assert_int_equal(s->numbers.fails[i], i % 2 == 1);
    }
}

/* Held, settled, held again: there is nothing left to hold. */
static gale_result hold_again(gale_task *task, const gale_tuple *in)
{
    gale_handle first = gale_hold(task, in), second;

    gale_ack(task, first);
    second = gale_hold(task, in);
    if (second.id == first.id)
        return gale_error(task, GALE_FATAL, "the handle is used again");
    gale_ack(task, second);
    return GALE_OK;
}

static void what_was_settled_cannot_be_held_again(void **state)
{
    static const struct probe bolt = {.execute = hold_again};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

/* Holds, then says RETRY; settles by the next call. */
static gale_result hold_and_retry(gale_task *task, const gale_tuple *in)
{
    gale_handle *last = probe_state(task);

    gale_ack(task, *last);
    *last = gale_hold(task, in);
    return GALE_RETRY;
}

static gale_result ack_last(gale_task *task)
{
    gale_ack(task, *(gale_handle *)probe_state(task));
    return GALE_OK;
}

static void a_held_input_is_settled_once_whatever_execute_returns(void **state)
{
    static const struct probe bolt = {.state_size = sizeof(gale_handle),
                                      .open = tick_each_ms,
                                      .tick = ack_last,
                                      .execute = hold_and_retry};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(s->numbers.acks[i] + s->numbers.fails[i], 1);
}

static gale_result hold_one(gale_task *task, const gale_tuple *in)
{
    gale_hold(task, in);
    return GALE_OK;
}

static void only_a_bolt_that_says_so_may_hold(void **state)
{
    static const struct probe bolt = {.execute = hold_one};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    assert_says(topology_run_fails(&s->r), "GALE_BOLT_MANUAL_ACK");
}

static gale_result hold_in_tick(gale_task *task)
{
    _Atomic(uint32_t) *calls = probe_arg(task);
    const gale_tuple *retained = *(const gale_tuple **)probe_state(task);

    if (retained != NULL && gale_hold(task, retained).id != 0)
        return gale_error(task, GALE_FATAL, "held what is no input");
    ++*calls;
    return GALE_OK;
}

static gale_result retain_first(gale_task *task, const gale_tuple *in)
{
    const gale_tuple **kept = probe_state(task);

    if (*kept == NULL)
        *kept = gale_retain(task, in);
    return GALE_OK;
}

static bool ticked_thrice(void *arg)
{
    return *(_Atomic(uint32_t) *)arg >= 3;
}

static void outside_of_execute_there_is_nothing_to_hold(void **state)
{
    static _Atomic(uint32_t) ticks;
    static const struct probe bolt = {.arg = &ticks,
                                      .state_size = sizeof(void *),
                                      .open = tick_each_ms,
                                      .execute = retain_first,
                                      .tick = hold_in_tick};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_until_complete(&s->r);
    ticks = 0;
    topology_run_until(ticked_thrice, &ticks, "ticks");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
}

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
                                      .streams = ONE_FIELD,
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
    static const struct probe middle = {.streams = ONE_FIELD,
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
                                        .streams = ONE_FIELD,
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
    static const struct probe bolt = {.streams = ONE_FIELD,
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
                                       .streams = ONE_FIELD,
                                       .execute = batch_all};
    static const struct probe pass = {.streams = ONE_FIELD, .execute = pass_on};
    static const struct probe hold = {.streams = ONE_FIELD,
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

/* -- retained tuples ------------------------------------------------------- */

struct keeper {
    const gale_tuple *kept[N];
    uint32_t n;
};

static gale_result keep(gale_task *task, const gale_tuple *in)
{
    struct keeper *k = probe_state(task);

    k->kept[k->n++] = gale_retain(task, in);
    return GALE_OK;
}

/* All that was kept is as it was, and remembers where it came from. */
static gale_result check_kept(gale_task *task)
{
    struct keeper *k = probe_state(task);
    _Atomic(uint32_t) *right = probe_arg(task);

    for (uint32_t i = 0; i < k->n; i++) {
        const gale_tuple *t = k->kept[i];

        if (t == NULL)
            continue;
        *right += gale_get_int(t, 0) == i && gale_n_fields(t) == 1 &&
                  strcmp(gale_source_component(t), "numbers") == 0;
        if (i % 2) /* the rest is left to the host */
            gale_release(task, t);
    }
    gale_release(task, NULL);
    return GALE_OK;
}

static void a_retained_tuple_lives_until_it_is_released(void **state)
{
    static _Atomic(uint32_t) right;
    static const struct probe bolt = {.arg = &right,
                                      .state_size = sizeof(struct keeper),
                                      .execute = keep,
                                      .end_of_input = check_kept};
    struct setting *s = *state;

    right = 0;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(right, N);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

static void beyond_the_limit_nothing_is_retained(void **state)
{
    static _Atomic(uint32_t) right;
    static const struct probe bolt = {.arg = &right,
                                      .state_size = sizeof(struct keeper),
                                      .execute = keep,
                                      .end_of_input = check_kept};
    struct setting *s = *state;

    right = 0;
    gale_configure(s->r.builder, "gale.topology.max.retained.bytes",
                   gale_int(4000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_in_range(right, 1, 4000 / 40);
}

static gale_result release_again(gale_task *task, const gale_tuple *in)
{
    const gale_tuple *kept = gale_retain(task, in);

    if (kept == NULL)
        return gale_error(task, GALE_FATAL,
                          "released bytes are not given back");
    gale_release(task, kept);
    return GALE_OK;
}

static void what_is_released_makes_room(void **state)
{
    static const struct probe bolt = {.execute = release_again};
    struct setting *s = *state;

    gale_configure(s->r.builder, "gale.topology.max.retained.bytes",
                   gale_int(1000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
}

/* -- wrong accesses -------------------------------------------------------- */

enum {
    WRONG_STR,
    WRONG_FLOAT,
    WRONG_BOOL,
    WRONG_BYTES,
    WRONG_INDEX,
    WRONG_NAME,
    WRONG_ITEM,
    RIGHT_FLOAT,
    RIGHT_GET
};

static gale_result access_wrongly(gale_task *task, const gale_tuple *in)
{
    int how = *(const int *)probe_arg(task);

    if (gale_get_int(in, 0) != 5)
        return GALE_OK;
    switch (how) {
    case WRONG_STR:
        return gale_get_str(in, 0).size != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_BOOL:
        return gale_get_bool(in, 0) ? GALE_FATAL : GALE_DROP;
    case WRONG_BYTES:
        return gale_get_bytes(in, 0).size != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_INDEX:
        return gale_get_int(in, 3) != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_NAME:
        return gale_int_of(in, "nummer") != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_ITEM:
        return gale_item(in, gale_get(in, 0), 0).kind ? GALE_FATAL : GALE_OK;
    case RIGHT_FLOAT:
        return gale_get_float(in, 0) == 5.0 ? GALE_OK : GALE_FATAL;
    default:
        return gale_get(in, 0).as.i == 5 &&
                       gale_index_of(in, "x") == GALE_NO_FIELD
                   ? GALE_OK
                   : GALE_FATAL;
    }
}

static void a_wrong_access_fails_the_input_and_says_why(void **state)
{
    static const struct {
        int how;
        const char *says[4];
    } cases[] = {
        {WRONG_STR, {"\"number\"", "\"default\"", "a string", "an integer"}},
        {WRONG_BOOL, {"\"number\"", "\"numbers\"", "true or false", "integer"}},
        {WRONG_BYTES, {"\"number\"", "\"numbers\"", "bytes", "an integer"}},
        {WRONG_INDEX, {"\"default\"", "\"numbers\"", "1 field", "number 3"}},
        {WRONG_NAME, {"\"default\"", "\"numbers\"", "no field", "name"}},
        {WRONG_ITEM, {"an integer", "element 0", "", ""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct probe bolt = {.arg = (void *)(intptr_t)&cases[i].how,
                                   .execute = access_wrongly};
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        for (uint32_t k = 0; k < N; k++) {
            assert_int_equal(s->numbers.fails[k], k == 5);
            assert_int_equal(s->numbers.acks[k], k != 5);
        }
        assert_int_equal(bolt_stats(s).errors, 1);
        for (int k = 0; k < 4; k++)
            assert_says(bolt_stats(s).last_error, cases[i].says[k]);
        assert_says(topology_run_log(&s->r), "bolt");
        teardown(&own);
    }
}

static void reading_with_care_marks_nothing(void **state)
{
    static const int hows[] = {RIGHT_FLOAT, RIGHT_GET};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct probe bolt = {.arg = (void *)(intptr_t)&hows[i],
                                   .execute = access_wrongly};
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_complete(&s->r);
        assert_int_equal(number_source_unacked(&s->numbers), 0);
        assert_int_equal(bolt_stats(s).errors, 0);
        teardown(&own);
    }
}

/* A wrong access to a retained tuple, outside of execute. */
static void misread(gale_task *task, gale_result result, void *arg)
{
    const gale_tuple **kept = arg;

    (void)result;
    (void)gale_get_str(*kept, 0);
    gale_release(task, *kept);
    *kept = NULL;
}

static gale_result no_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

static gale_result misread_later(gale_task *task, const gale_tuple *in)
{
    const gale_tuple **kept = probe_state(task);

    if (gale_get_int(in, 0) != 0)
        return GALE_OK;
    *kept = gale_retain(task, in);
    return gale_async(task, no_work, misread, kept);
}

static void a_wrong_access_elsewhere_fails_no_innocent_input(void **state)
{
    static const struct probe bolt = {.state_size = sizeof(void *),
                                      .execute = misread_later};
    struct setting *s = *state;

    gale_set(gale_add_spout(s->r.builder, "more", "sequence", 1), "to",
             gale_int(50000));
    gale_shuffle(
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers"),
        "more");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(bolt_stats(s).failed, 0);
    assert_int_equal(bolt_stats(s).errors, 1);
    assert_says(bolt_stats(s).last_error, "a string");
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
                                      .streams = ONE_FIELD,
                                      .open = tick_each_ms,
                                      .execute = take,
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
    static const struct probe bolt = {
        .arg = &t, .streams = ONE_FIELD, .execute = take, .tick = count_tick};
    struct setting *s = *state;
    gale_declarer *d = topology_run_bolt(&s->r, "bolt", &bolt, 1);

    gale_set(d, "topology.tick.tuple.freq.secs", gale_float(0.001));
    gale_shuffle(d, "numbers");
    topology_run_start(&s->r);
    topology_run_until(ten_ticks, &t, "ten ticks");
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
                                           .execute = take,
                                           .tick = tick_five_times},
                                          {.arg = &on,
                                           .open = tick_each_ms,
                                           .execute = take,
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
    static const struct probe bolt = {
        .arg = &t, .open = tick_each_ms, .execute = take, .tick = fail_tick};
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
                                        .streams = ONE_FIELD,
                                        .open = tick_each_ms,
                                        .execute = take,
                                        .tick = tick_of_ticker};
    static const struct probe late = {.arg = &e,
                                      .streams = ONE_FIELD,
                                      .execute = input_of_late,
                                      .end_of_input = end_of_late};
    static const struct probe clock = {.arg = &e,
                                       .open = tick_each_ms,
                                       .execute = take,
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

/* -- beginning and end ----------------------------------------------------- */

static gale_result refuse_prepare(gale_task *task)
{
    _Atomic(uint32_t) *calls = probe_arg(task);

    ++*calls;
    if (gale_task_index(task) == 1)
        return gale_error(task, GALE_RETRY, "no table %s", "today");
    return GALE_OK;
}

static void count_cleanup(gale_task *task)
{
    _Atomic(uint32_t) *calls = probe_arg(task);

    calls[1]++;
}

static void an_error_of_prepare_refuses_the_start(void **state)
{
    static _Atomic(uint32_t) calls[2];
    static const struct probe bolt = {.arg = &calls,
                                      .open = refuse_prepare,
                                      .close = count_cleanup,
                                      .execute = take};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 3), "numbers");
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text, "no table today");
    assert_says(s->r.error.text, "bolt \"bolt\"");
    assert_says(s->r.error.text, "prepare");
    assert_int_equal(calls[0], calls[1]); /* who prepared has cleaned up */
    assert_int_equal(s->numbers.emitted.n, 0);
}

/* Who ended when, in the order of the stream. */
struct chain {
    struct chain *before;
    _Atomic(uint64_t) sum;   /* of the inputs */
    _Atomic(uint32_t) ended; /* tasks */
    _Atomic(uint32_t) cleaned;
    _Atomic(uint32_t) wrong;
    uint32_t tasks;
};

static gale_result add_up(gale_task *task, const gale_tuple *in)
{
    struct chain *c = probe_arg(task);

    if (c->ended)
        c->wrong++;
    c->sum += (uint64_t)gale_get_int(in, 0);
    *(uint64_t *)probe_state(task) += (uint64_t)gale_get_int(in, 0);
    return GALE_OK;
}

static gale_result end_chain(gale_task *task)
{
    struct chain *c = probe_arg(task);

    if (c->before != NULL && c->before->ended != c->before->tasks)
        c->wrong++;
    c->ended++;
    return gale_emit(task, gale_int(*(int64_t *)probe_state(task)));
}

static void clean_chain(gale_task *task)
{
    struct chain *c = probe_arg(task);

    if (c->before != NULL && c->before->cleaned != c->before->tasks)
        c->wrong++;
    c->cleaned++;
}

static void final_results_go_down_the_stream_to_its_end(void **state)
{
    static struct chain chains[4];
    struct probe probes[4];
    struct setting *s = *state;
    const char *from = "numbers";

    for (int i = 3; i >= 0; i--) /* added in the wrong order */
        chains[i] = (struct chain){.before = i > 0 ? &chains[i - 1] : NULL,
                                   .tasks = i == 3 ? 1 : 3};
    for (int i = 0; i < 4; i++) {
        static const char *const names[] = {"one", "two", "three", "bolt"};

        probes[i] = (struct probe){.arg = &chains[i],
                                   .state_size = sizeof(uint64_t),
                                   .streams = ONE_FIELD,
                                   .execute = add_up,
                                   .end_of_input = end_chain,
                                   .close = clean_chain};
        gale_shuffle(topology_run_bolt(&s->r, names[i], &probes[i],
                                       (int)chains[i].tasks),
                     from);
        from = names[i];
    }
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(chains[i].sum, N * (N - 1) / 2);
        assert_int_equal(chains[i].ended, chains[i].tasks);
        assert_int_equal(chains[i].cleaned, chains[i].tasks);
        assert_int_equal(chains[i].wrong, 0);
    }
}

static void stopped_at_once_there_is_no_end_of_input(void **state)
{
    static struct chain c;
    static const struct probe bolt = {.arg = &c,
                                      .state_size = sizeof(uint64_t),
                                      .streams = ONE_FIELD,
                                      .execute = add_up,
                                      .end_of_input = end_chain,
                                      .close = clean_chain};
    struct setting *s = *state;

    c.tasks = 2;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_start(&s->r);
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_NOW),
                     GALE_LOCAL_STOPPED);
    assert_int_equal(c.ended, 0);
    assert_int_equal(c.cleaned, 2);
}

static gale_result fail_at_end(gale_task *task)
{
    return gale_error(task, GALE_FATAL, "could not commit");
}

static void an_error_at_the_end_of_input_is_the_outcome(void **state)
{
    static const struct probe bolt = {.execute = take,
                                      .end_of_input = fail_at_end};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_until_complete(&s->r);
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_FAILED);
    assert_says(gale_local_error(s->r.local), "could not commit");
    assert_says(gale_local_error(s->r.local), "end_of_input");
}

/* -- bolts of all sorts ---------------------------------------------------- */

static void a_bolt_needs_execute_alone(void **state)
{
    static const struct probe bolt = {.execute = take};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_bare", &bolt, 2),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

/* Two bolts wait for each other within execute: each needs its own thread. */
static gale_result meet(gale_task *task, const gale_tuple *in)
{
    struct tally *both = probe_arg(task);
    int me = strcmp(gale_component_id(task), "bolt") == 0;

    (void)in;
    tally_add(&both[me], 1);
    tally_await(&both[!me], tally_get(&both[me]), "the other bolt");
    return GALE_OK;
}

static void blocking_bolts_may_wait_for_each_other(void **state)
{
    static struct tally both[2] = {TALLY_INIT, TALLY_INIT};
    static const struct probe bolt = {.arg = both, .execute = meet};
    struct setting *s = *state;

    s->r.carriers = 1;
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_blocking", &bolt, 1),
        "numbers");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "other", "probe_bolt_blocking", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(both[0].n, N);
    assert_int_equal(both[1].n, N);
}

static gale_result emit_much(gale_task *task, const gale_tuple *in)
{
    static char text[1000];
    gale_result result = GALE_OK;

    (void)in;
    for (int i = 0; i < 100000 && result == GALE_OK; i++)
        result = gale_emit(task, gale_string(text, sizeof(text)));
    return result;
}

static void one_call_may_emit_only_so_much_beyond_the_room_there_is(
    void **state)
{
    static struct tally gate = TALLY_INIT;
    static const struct probe bolt = {.streams = ONE_FIELD,
                                      .execute = emit_much};
    static const struct probe sink = {.arg = &gate, .execute = take};
    struct setting *s = *state;
    const char *why;

    gale_configure(s->r.builder, "gale.topology.max.emit.bytes",
                   gale_int(10000000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "bolt");
    s->r.carriers = 1;
    why = topology_run_fails(&s->r);
    assert_says(why, "gale.topology.max.emit.bytes");
    assert_says(why, "\"bolt\"");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ok_and_drop_ack_the_input),
        TEST(retry_fails_the_input_and_the_spout_may_emit_again),
        TEST(poison_fails_counts_and_is_reported),
        TEST(poison_without_a_reason_is_reported_all_the_same),
        cmocka_unit_test(a_result_that_is_not_known_stops_the_worker),
        TEST(fatal_stops_the_worker_with_the_text),
        TEST(fatal_without_a_text_says_that_there_was_none),
        TEST(a_text_belongs_to_the_call_that_set_it),
        TEST(a_held_input_is_settled_once_when_its_handle_is),
        TEST(held_inputs_are_counted_and_keep_the_run_going),
        TEST(what_is_settled_within_execute_counts_once),
        TEST(what_was_settled_cannot_be_held_again),
        TEST(a_held_input_is_settled_once_whatever_execute_returns),
        TEST(only_a_bolt_that_says_so_may_hold),
        TEST(outside_of_execute_there_is_nothing_to_hold),
        TEST(what_is_anchored_to_two_inputs_settles_both),
        TEST(what_is_not_anchored_fails_nobody),
        TEST(with_anchors_given_the_current_input_is_none),
        TEST(an_anchor_must_be_open),
        TEST(a_tuple_may_have_a_thousand_anchors_all_the_way),
        TEST(a_retained_tuple_lives_until_it_is_released),
        TEST(beyond_the_limit_nothing_is_retained),
        TEST(what_is_released_makes_room),
        cmocka_unit_test(a_wrong_access_fails_the_input_and_says_why),
        cmocka_unit_test(reading_with_care_marks_nothing),
        TEST(a_wrong_access_elsewhere_fails_no_innocent_input),
        TEST(ticks_come_every_millisecond_and_emit_without_anchor),
        TEST(the_configuration_may_ask_for_ticks),
        TEST(ticks_stop_when_they_are_no_longer_wanted),
        TEST(a_tick_may_report_an_error_or_stop_the_worker),
        TEST(no_tick_comes_after_the_end_of_the_input),
        TEST(an_error_of_prepare_refuses_the_start),
        TEST(final_results_go_down_the_stream_to_its_end),
        TEST(stopped_at_once_there_is_no_end_of_input),
        TEST(an_error_at_the_end_of_input_is_the_outcome),
        TEST(a_bolt_needs_execute_alone),
        TEST(blocking_bolts_may_wait_for_each_other),
        TEST(one_call_may_emit_only_so_much_beyond_the_room_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
