/*
 * test_held_inputs.c - inputs that a bolt holds beyond execute, and tuples that
 * it retains, in a running topology.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <string.h>

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

/* Of a batch that is written, two rows can never be, each for its reason; one
 * is called so twice, and one has been acked. */
static gale_result poison_two(gale_task *task)
{
    struct held_ones *h = probe_arg(task);

    if (h->n < N || atomic_exchange(&h->settled, true))
        return GALE_OK;
    for (uint32_t i = 2; i < N; i++)
        gale_ack(task, h->handles[i]);
    for (uint32_t i = 0; i < 2; i++) {
        (void)gale_error(task, GALE_OK, "row %u is too long", i);
        gale_poison(task, h->handles[i]);
    }
    gale_poison(task, h->handles[1]);
    gale_poison(task, h->handles[2]);
    return GALE_OK;
}

static void a_held_input_may_be_poison(void **state)
{
    static struct held_ones h;
    static const struct probe bolt = {.arg = &h,
                                      .open = tick_each_ms,
                                      .execute = hold_all,
                                      .tick = poison_two};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(bolt_stats(s).poisoned, 2);
    assert_int_equal(bolt_stats(s).failed, 2);
    assert_int_equal(bolt_stats(s).acked, N - 2);
    assert_int_equal(bolt_stats(s).stale, 2);
    assert_int_equal(bolt_stats(s).errors, 2);
    assert_says(bolt_stats(s).last_error, "row 1 is too long");
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
                     GALE_LOCAL_FAILED);
    assert_int_equal(topology_run_stats(&s->r, "numbers").pending, N);
    assert_says(topology_run_log(&s->r), "for 1000 messages of spout ");
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

/* A tuple that lives on is no input any more. */
static gale_result hold_what_is_retained(gale_task *task, const gale_tuple *in)
{
    const gale_tuple *retained = gale_retain(task, in);

    if (gale_hold(task, retained).id != 0)
        return gale_error(task, GALE_FATAL, "held what is no input");
    gale_release(task, retained);
    return GALE_OK;
}

static void only_the_input_itself_can_be_held(void **state)
{
    static const struct probe bolt = {.execute = hold_what_is_retained};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
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

static gale_result release_twice(gale_task *task, const gale_tuple *in)
{
    const gale_tuple *kept = gale_retain(task, in);

    gale_release(task, kept);
    gale_release(task, kept);
    return GALE_OK;
}

/* While another is retained. */
static gale_result release_the_input(gale_task *task, const gale_tuple *in)
{
    gale_retain(task, in);
    gale_release(task, in);
    return GALE_OK;
}

static void releasing_what_is_not_retained_is_an_error(void **state)
{
    gale_result (*const calls[])(gale_task *, const gale_tuple *) = {
        release_twice, release_the_input};

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        const struct probe bolt = {.execute = calls[i]};
        struct setting *s;
        const char *text;
        void *own;

        setup(&own);
        s = own;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        text = topology_run_fails(&s->r);
        assert_says(text, "bolt \"bolt\" (task ");
        assert_says(text, "gale_release(): found a tuple that is not retained");
        setting_end(&own);
    }
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_held_input_is_settled_once_when_its_handle_is),
        TEST(a_held_input_may_be_poison),
        TEST(held_inputs_are_counted_and_keep_the_run_going),
        TEST(what_is_settled_within_execute_counts_once),
        TEST(what_was_settled_cannot_be_held_again),
        TEST(a_held_input_is_settled_once_whatever_execute_returns),
        TEST(only_a_bolt_that_says_so_may_hold),
        TEST(only_the_input_itself_can_be_held),
        TEST(a_retained_tuple_lives_until_it_is_released),
        TEST(beyond_the_limit_nothing_is_retained),
        TEST(what_is_released_makes_room),
        cmocka_unit_test(releasing_what_is_not_retained_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
