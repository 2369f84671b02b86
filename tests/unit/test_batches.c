/*
 * test_batches.c - execute_batch in a running topology: every tuple comes once,
 * in order, and is settled as the bolt says.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 20000 };

static int setup(void **state)
{
    struct setting *s = setting_begin("batches", N, 1);

    s->numbers.replays = true;
    *state = s;
    return 0;
}

static gale_component_stats bolt_stats(struct setting *s)
{
    return topology_run_stats(&s->r, "bolt");
}

static gale_declarer *batch_bolt(struct setting *s, const struct probe *probe,
                                 int executors)
{
    return topology_run_bolt_as(&s->r, "bolt", "probe_bolt_batch", probe,
                                executors);
}

/* -- what comes ------------------------------------------------------------ */

static _Atomic(uint64_t) n_batches, n_executed, largest;
static _Atomic(uint32_t) seen[N];
static _Atomic(bool) disordered;

static void forget(void)
{
    n_batches = n_executed = largest = 0;
    memset((void *)seen, 0, sizeof(seen));
    disordered = false;
}

static gale_result look(gale_task *task, gale_batch *in)
{
    gale_value values[GALE_BATCH_MAX];
    gale_key keys[GALE_BATCH_MAX];
    uint32_t n = gale_batch_values(in, 0, 0, values, GALE_BATCH_MAX);
    int64_t last = -1;

    if (n != in->n || n == 0 || n > GALE_BATCH_MAX ||
        gale_batch_keys(in, 0, 0, keys, GALE_BATCH_MAX) != n)
        return gale_error(task, GALE_FATAL, "%u of %u values", n, in->n);
    for (uint32_t i = 0; i < n; i++) {
        int64_t k = gale_get_int(gale_batch_tuple(in, i), 0);

        if (values[i].as.i != k || k <= last ||
            gale_key_value(task, &keys[i]).as.i != k)
            disordered = true;
        last = k;
        seen[k]++;
    }
    n_batches++;
    n_executed += n;
    if (n > largest)
        largest = n;
    return GALE_OK;
}

static void each_tuple_comes_once_and_in_order(void **state)
{
    static const struct probe bolt = {.execute_batch = look};
    struct setting *s = *state;

    forget();
    s->r.carriers = 1;
    gale_shuffle(batch_bolt(s, &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_false(disordered);
    assert_int_equal(n_executed, N);
    assert_true(largest > 1);
    assert_int_equal(bolt_stats(s).executed, N);
    assert_int_equal(bolt_stats(s).acked, N);
    assert_int_equal(bolt_stats(s).execute.n, N);
    for (uint32_t k = 0; k < N; k++)
        assert_int_equal(seen[k], 1);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

/* Several tasks in one executor, several executors, another carrier. */
static void a_batch_is_for_one_task(void **state)
{
    static const struct probe bolt = {.execute_batch = look};
    struct setting *s = *state;
    gale_declarer *d;

    forget();
    d = batch_bolt(s, &bolt, 2);
    gale_set_tasks(d, 6);
    gale_shuffle(d, "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_false(disordered);
    assert_int_equal(n_executed, N);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

static gale_result past_the_end(gale_task *task, gale_batch *in)
{
    gale_value values[4];

    (void)task;
    if (gale_batch_values(in, 0, in->n, values, 4) != 0 ||
        gale_batch_values(in, 0, UINT32_MAX, values, 4) != 0)
        return GALE_POISON;
    return gale_batch_values(in, 0, in->n - 1, values, 4) == 1 ? GALE_OK
                                                               : GALE_POISON;
}

static void there_are_no_values_behind_the_last(void **state)
{
    static const struct probe bolt = {.execute_batch = past_the_end};
    struct setting *s = *state;

    gale_shuffle(batch_bolt(s, &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(bolt_stats(s).poisoned, 0);
}

static gale_result beyond(gale_task *task, gale_batch *in)
{
    (void)task;
    gale_batch_tuple(in, in->n);
    return GALE_OK;
}

static void a_tuple_that_is_not_there_stops_the_worker(void **state)
{
    static const struct probe bolt = {.execute_batch = beyond};
    struct setting *s = *state;
    const char *why;

    gale_shuffle(batch_bolt(s, &bolt, 1), "numbers");
    why = topology_run_fails(&s->r);
    assert_says(why, "\"bolt\"");
    assert_says(why, "execute_batch");
    assert_says(why, "of a batch of");
}

/* -- results --------------------------------------------------------------- */

static _Atomic(bool) failed_once[N];
static uint64_t n_failed; /* batches' tuples, of one executor */

static gale_result retry_all(gale_task *task, gale_batch *in)
{
    bool again = false;

    (void)task;
    for (uint32_t i = 0; i < in->n; i++) {
        int64_t k = gale_get_int(gale_batch_tuple(in, i), 0);

        if (k % 50 == 0 && !atomic_exchange(&failed_once[k], true))
            again = true;
    }
    n_failed += again ? in->n : 0;
    return again ? GALE_RETRY : GALE_OK;
}

static void the_result_is_that_of_every_tuple(void **state)
{
    static const struct probe bolt = {.execute_batch = retry_all};
    struct setting *s = *state;

    memset((void *)failed_once, 0, sizeof(failed_once));
    n_failed = 0;
    gale_shuffle(batch_bolt(s, &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_true(n_failed >= N / 50);
    assert_int_equal(bolt_stats(s).failed, n_failed);
    assert_int_equal(bolt_stats(s).acked, N);
    for (uint32_t k = 0; k < N; k++)
        assert_int_equal(s->numbers.acks[k], 1);
}

/* By the last digit: 1 drop, 2 poison, 3 retry once, 4 a wrong type once, and
 * settled twice if it is 5. */
static gale_result by_digit(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    switch (k % 10) {
    case 1:
        return GALE_DROP;
    case 2:
        return atomic_exchange(&failed_once[k], true)
                   ? GALE_OK
                   : gale_error(task, GALE_POISON, "%lld ends in 2",
                                (long long)k);
    case 3:
        return atomic_exchange(&failed_once[k], true) ? GALE_OK : GALE_RETRY;
    case 4:
        if (!atomic_exchange(&failed_once[k], true))
            gale_get_str(in, 0);
        return GALE_OK;
    default:
        return GALE_OK;
    }
}

static gale_result each_by_digit(gale_task *task, gale_batch *in)
{
    for (uint32_t i = 0; i < in->n; i++)
        if (gale_get_int(gale_batch_tuple(in, i), 0) % 10 == 5) {
            gale_batch_settle(in, i, GALE_DROP);
            gale_batch_settle(in, i, GALE_RETRY);
        }
    return gale_batch_each(task, in, by_digit);
}

static void a_tuple_can_be_settled_by_itself(void **state)
{
    static const struct probe bolt = {.execute = by_digit,
                                      .execute_batch = each_by_digit};
    struct setting *s = *state;

    memset((void *)failed_once, 0, sizeof(failed_once));
    gale_shuffle(batch_bolt(s, &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(bolt_stats(s).dropped, N / 5);
    assert_int_equal(bolt_stats(s).poisoned, N / 10);
    assert_int_equal(bolt_stats(s).failed, 3 * N / 10);
    assert_int_equal(bolt_stats(s).acked, N);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], 1);
        assert_int_equal(s->numbers.fails[k], k % 10 >= 2 && k % 10 <= 4);
    }
    assert_says(topology_run_log(&s->r), "ends in 2");
    assert_says(topology_run_log(&s->r), "wanted a string, found an integer");
}

static gale_result want_too_much(gale_task *task, gale_batch *in)
{
    gale_value values[GALE_BATCH_MAX];
    uint32_t n = gale_batch_values(in, 3, 0, values, GALE_BATCH_MAX);

    (void)task;
    for (uint32_t i = 0; i < n; i++)
        if (values[i].kind != GALE_NIL)
            return GALE_FATAL;
    return GALE_OK;
}

static void a_field_that_is_not_there_fails_all_tuples(void **state)
{
    static const struct probe bolt = {.execute_batch = want_too_much};
    struct setting *s = *state;

    s->numbers.replays = false;
    gale_shuffle(batch_bolt(s, &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(bolt_stats(s).failed, N);
    assert_says(bolt_stats(s).last_error, "number 3 was asked for");
}

static gale_result be_fatal(gale_task *task, gale_batch *in)
{
    (void)in;
    return gale_error(task, GALE_FATAL, "the table is gone");
}

static void fatal_stops_the_worker_with_the_text(void **state)
{
    static const struct probe bolt = {.execute_batch = be_fatal};
    struct setting *s = *state;

    gale_shuffle(batch_bolt(s, &bolt, 1), "numbers");
    assert_says(topology_run_fails(&s->r), "the table is gone");
    assert_int_equal(bolt_stats(s).errors, 1); /* not one for each tuple */
    assert_int_equal(bolt_stats(s).acked, 0);
}

static gale_result hold_all_and_be_fatal(gale_task *task, gale_batch *in)
{
    for (uint32_t i = 0; i < in->n; i++)
        gale_hold(task, gale_batch_tuple(in, i));
    return be_fatal(task, in);
}

static gale_result settle_all_and_be_fatal(gale_task *task, gale_batch *in)
{
    gale_result result = be_fatal(task, in);

    for (uint32_t i = 0; i < in->n; i++)
        gale_batch_settle(in, i, GALE_OK);
    return result;
}

static void fatal_is_heard_though_no_tuple_is_left(void **state)
{
    static const struct probe bolts[] = {
        {.execute_batch = hold_all_and_be_fatal},
        {.execute_batch = settle_all_and_be_fatal},
    };

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct setting *own = setting_begin("batches", N, 1);
        void *end = own;

        gale_shuffle(topology_run_bolt_as(&own->r, "bolt",
                                          "probe_bolt_batch_manual", &bolts[i],
                                          1),
                     "numbers");
        assert_says(topology_run_fails(&own->r), "the table is gone");
        setting_end(&end);
    }
}

/* -- trees ----------------------------------------------------------------- */

/* Visits the tuples from the last to the first, comes back to each, and emits
 * both times: k and -k. */
static gale_result emit_twice(gale_task *task, gale_batch *in)
{
    gale_result result = GALE_OK;

    for (uint32_t turn = 0; turn < 2; turn++)
        for (uint32_t i = in->n; i > 0 && result == GALE_OK; i--) {
            int64_t k = gale_get_int(gale_batch_tuple(in, i - 1), 0);

            result = gale_emit(task, gale_int(turn ? -k : k));
        }
    return result;
}

/* Fails -k once where k can be divided by 7, and k by 11. */
static gale_result fail_some(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);
    int64_t divisor = k < 0 ? 7 : 11;

    (void)task;
    if (k % divisor)
        return GALE_OK;
    return atomic_exchange(&failed_once[k < 0 ? -k : k], true) ? GALE_OK
                                                               : GALE_RETRY;
}

static void run_to_fail_some(struct setting *s, const char *plugin,
                             const struct probe *middle)
{
    static const struct probe sink = {.execute = fail_some};

    memset((void *)failed_once, 0, sizeof(failed_once));
    gale_shuffle(topology_run_bolt_as(&s->r, "middle", plugin, middle, 2),
                 "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &sink, 3), "middle");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
}

static void what_is_emitted_belongs_to_the_current_tuple(void **state)
{
    static const struct probe middle = {.execute_batch = emit_twice,
                                        .streams = OUTPUT_N};
    struct setting *s = *state;

    run_to_fail_some(s, "probe_bolt_batch", &middle);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], 1);
        assert_int_equal(s->numbers.fails[k], k % 7 == 0 || k % 11 == 0);
    }
}

/* Holds every second tuple until the next batch or the end. */
struct holding {
    gale_handle handles[GALE_BATCH_MAX];
    bool fails[GALE_BATCH_MAX]; /* the first time, each fourth number */
    uint32_t n;
};

static void let_go(gale_task *task)
{
    struct holding *h = probe_state(task);

    for (uint32_t i = 0; i < h->n; i++) {
        if (h->fails[i])
            gale_fail(task, h->handles[i]);
        else
            gale_ack(task, h->handles[i]);
    }
    h->n = 0;
}

static gale_result hold_some(gale_task *task, gale_batch *in)
{
    struct holding *h = probe_state(task);

    let_go(task);
    for (uint32_t i = 0; i < in->n; i += 2) {
        const gale_tuple *tuple = gale_batch_tuple(in, i);
        int64_t k = gale_get_int(tuple, 0);

        h->fails[h->n] = k % 4 == 0 && !atomic_exchange(&failed_once[k], true);
        h->handles[h->n++] = gale_hold(task, tuple);
    }
    for (uint32_t i = 0; i < in->n; i += 2) {
        gale_handle again = gale_hold(task, gale_batch_tuple(in, i));

        if (again.id != 0 && again.id != h->handles[i / 2].id)
            return gale_error(task, GALE_FATAL, "it was held twice");
    }
    return GALE_OK;
}

static gale_result tick_lets_go(gale_task *task)
{
    let_go(task);
    return GALE_OK;
}

static gale_result tick_soon(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

static void tuples_of_a_batch_can_be_held(void **state)
{
    static const struct probe bolt = {.open = tick_soon,
                                      .execute_batch = hold_some,
                                      .tick = tick_lets_go,
                                      .state_size = sizeof(struct holding)};
    struct setting *s = *state;

    memset((void *)failed_once, 0, sizeof(failed_once));
    gale_shuffle(topology_run_bolt_as(&s->r, "bolt", "probe_bolt_batch_manual",
                                      &bolt, 2),
                 "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(bolt_stats(s).acked, N);
    assert_true(bolt_stats(s).failed > 0);
    for (uint32_t k = 0; k < N; k++)
        assert_int_equal(s->numbers.acks[k], 1);
}

/* All are held, then visited again: what is emitted is a child of the held
 * input, and each is acked by its handle. */
static gale_result hold_emit_ack(gale_task *task, gale_batch *in)
{
    gale_handle handles[GALE_BATCH_MAX];

    for (uint32_t i = 0; i < in->n; i++)
        handles[i] = gale_hold(task, gale_batch_tuple(in, i));
    for (uint32_t i = 0; i < in->n; i++) {
        const gale_tuple *tuple = gale_batch_tuple(in, i);

        if (gale_hold(task, tuple).id != handles[i].id)
            return gale_error(task, GALE_FATAL, "another handle");
        if (gale_emit(task, gale_get(tuple, 0)) != GALE_OK)
            return GALE_FATAL;
    }
    for (uint32_t i = 0; i < in->n; i++)
        gale_ack(task, handles[i]);
    return GALE_OK;
}

static void a_held_tuple_that_is_visited_again_is_an_anchor(void **state)
{
    static const struct probe middle = {.execute_batch = hold_emit_ack,
                                        .streams = OUTPUT_N};
    struct setting *s = *state;

    run_to_fail_some(s, "probe_bolt_batch_manual", &middle);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], 1);
        assert_int_equal(s->numbers.fails[k], k % 11 == 0);
    }
}

/* What has several anchors comes to `execute`. */
static _Atomic(uint64_t) alone;

static gale_result count_alone(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    alone++;
    return GALE_OK;
}

static gale_result pair_up(gale_task *task, const gale_tuple *in)
{
    gale_handle *last = probe_state(task), both[2];
    gale_result result;

    if (last->id == 0) {
        *last = gale_hold(task, in);
        return GALE_OK;
    }
    both[0] = *last;
    both[1] = gale_hold(task, in);
    *last = (gale_handle){0};
    result = gale_emit_anchored(task, GALE_HANDLES(both[0], both[1]),
                                gale_get(in, 0));
    gale_ack(task, both[0]);
    gale_ack(task, both[1]);
    return result;
}

static void a_tuple_of_several_trees_comes_by_itself(void **state)
{
    static const struct probe middle = {.execute = pair_up,
                                        .streams = OUTPUT_N,
                                        .state_size = sizeof(gale_handle)};
    static const struct probe sink = {.execute = count_alone,
                                      .execute_batch = look};
    struct setting *s = *state;

    alone = 0;
    gale_shuffle(
        topology_run_bolt_as(&s->r, "middle", "probe_bolt_manual", &middle, 1),
        "numbers");
    gale_shuffle(batch_bolt(s, &sink, 1), "middle");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(alone, N / 2);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_tuple_comes_once_and_in_order),
        TEST(a_batch_is_for_one_task),
        TEST(there_are_no_values_behind_the_last),
        TEST(a_tuple_that_is_not_there_stops_the_worker),
        TEST(the_result_is_that_of_every_tuple),
        TEST(a_tuple_can_be_settled_by_itself),
        TEST(a_field_that_is_not_there_fails_all_tuples),
        TEST(fatal_stops_the_worker_with_the_text),
        cmocka_unit_test(fatal_is_heard_though_no_tuple_is_left),
        TEST(what_is_emitted_belongs_to_the_current_tuple),
        TEST(tuples_of_a_batch_can_be_held),
        TEST(a_held_tuple_that_is_visited_again_is_an_anchor),
        TEST(a_tuple_of_several_trees_comes_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
