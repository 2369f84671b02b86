/*
 * test_gate.c - back pressure: what may wait in front of an executor is
 * bounded, and whoever waits for room gets it.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "tests/support/topology_run.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/worker.h"
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* -- counting
 * -------------------------------------------------------------------- */

static struct gate gate;

static int setup_gate(void **state)
{
    (void)state;
    gate_init(&gate, NULL, (struct credit){.tuples = 100, .bytes = 10000});
    return 0;
}

static void send_to(struct gate *g, uint32_t tuples, uint32_t bytes)
{
    atomic_fetch_add(&g->sent, gate_load(tuples, bytes));
}

static void take_from(struct gate *g, uint32_t tuples, uint32_t bytes)
{
    atomic_fetch_add(&g->taken, gate_load(tuples, bytes));
}

static void a_gate_is_full_beyond_its_tuples(void **state)
{
    (void)state;
    assert_false(gate_full(&gate, 2));
    send_to(&gate, 100, 0);
    assert_false(gate_full(&gate, 2));
    send_to(&gate, 1, 0);
    assert_true(gate_full(&gate, 2));
    take_from(&gate, 1, 0);
    assert_false(gate_full(&gate, 2));
}

static void a_gate_is_full_beyond_its_bytes(void **state)
{
    (void)state;
    send_to(&gate, 1, 10000);
    assert_false(gate_full(&gate, 2));
    send_to(&gate, 1, 1);
    assert_true(gate_full(&gate, 2));
    take_from(&gate, 1, 10000);
    assert_false(gate_full(&gate, 2));
}

static void half_of_the_limit_counts_as_half(void **state)
{
    (void)state;
    send_to(&gate, 50, 5000);
    assert_false(gate_full(&gate, 1));
    send_to(&gate, 1, 0);
    assert_true(gate_full(&gate, 1));
    assert_false(gate_full(&gate, 2));
}

static void counting_goes_on_for_ever(void **state)
{
    (void)state;
    for (int i = 0; i < 1000000; i++) { /* round 2^28 tuples and 64 GiB */
        send_to(&gate, 90, 1000000);
        assert_int_equal(gate_queued_tuples(&gate), 90);
        take_from(&gate, 90, 1000000);
    }
    assert_int_equal(gate_queued(&gate), 0);
    assert_false(gate_full(&gate, 1));
}

static void a_limit_may_change(void **state)
{
    (void)state;
    send_to(&gate, 60, 0);
    assert_false(gate_full(&gate, 2));
    gate_limit(&gate, (struct credit){.tuples = 50, .bytes = 10000});
    assert_true(gate_full(&gate, 2));
}

/* In a cycle, all members send and take at the same gate. */
static _Atomic(bool) enough;

static void *send_and_take(void *arg)
{
    (void)arg;
    while (!enough) {
        send_to(&gate, 1, 100);
        take_from(&gate, 1, 100);
    }
    return NULL;
}

static void what_is_there_counts_while_others_come_and_go(void **state)
{
    pthread_t others;

    (void)state;
    send_to(&gate, 5, 500);
    assert_int_equal(pthread_create(&others, NULL, send_and_take, NULL), 0);
    for (int i = 0; i < 3000000; i++) {
        uint64_t n = gate_queued_tuples(&gate);

        if (n < 5 || n > UINT32_MAX / 32) {
            enough = true;
            fail_msg("look %d found %llu tuples", i, (unsigned long long)n);
        }
    }
    enough = true;
    pthread_join(others, NULL);
    assert_int_equal(gate_queued_tuples(&gate), 5);
}

/* -- waiting and waking ----------------------------------------------------
 */

/*
 * An executor that waits for room is woken by data, too: it looks, finds that
 * it still waits, and rests again, while the consumer lets it run. One of the
 * two must see the other, or it sleeps for ever.
 */
enum { WAITS = 50000, ENOUGH = 2 /* seconds: a busy machine does fewer */ };

static struct carrier home, other;
static struct executor waiter, consumer;
static _Atomic(bool) over;

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void *open_again_and_again(void *arg)
{
    (void)arg;
    while (!over) {
        for (int i = 0; i < 1000; i++)
            gate_drained(&gate, &other);
        sched_yield();
    }
    return NULL;
}

/* Does anybody make it runnable? */
static bool is_run(void)
{
    time_t begin = seconds();

    do {
        for (int i = 0; i < 1000; i++) {
            if (inbox_pop(&home.injected) != NULL || home.back != NULL) {
                home.back = NULL;
                return true;
            }
        }
        sched_yield();
    } while (seconds() - begin < TOPOLOGY_RUN_PATIENCE);
    return false;
}

static void rest(void)
{
    executor_rests(&waiter);
    gate_wait(&gate, &waiter, &home);
}

/* It waits, data comes, and if it is still waiting then, it waits on. */
static bool wait_once(void)
{
    waiter.stalled = &gate;
    rest();
    carrier_schedule(&waiter, &home);
    while (is_run()) {
        executor_unstall(&waiter);
        if (waiter.stalled == NULL)
            return true;
        rest();
    }
    return false;
}

/* What fills the gate is sent, and not there yet: whoever brings it lets the
 * consumer run. */
static void a_consumer_rests_until_what_was_sent_has_come(void **state)
{
    static struct worker worker;
    struct executor e = {.worker = &worker, .gate = &e.own_gate};

    (void)state;
    inbox_init(&e.data);
    inbox_init(&e.control);
    gate_init(e.gate, &e, (struct credit){.tuples = 100, .bytes = 10000});
    atomic_store(&e.gate->waiters, &waiter);
    assert_true(executor_has_input(&e)); /* there is room for who waits */
    send_to(e.gate, 100, 0);
    assert_false(executor_has_input(&e));
    take_from(e.gate, 100, 0);
    assert_true(executor_has_input(&e));
}

/* Of a link: bytes that are to be sent, or as good as endlessly many. */
static void an_owner_says_how_much_waits(void **state)
{
    static struct worker worker;
    struct executor e = {.worker = &worker, .gate = &e.own_gate};
    static const struct {
        uint64_t bytes;
        bool full, more_than_half;
    } held[] = {{0, false, false},   {5000, false, false},
                {5001, false, true}, {10000, false, true},
                {10001, true, true}, {UINT64_C(1) << 30, true, true},
                {0, false, false},   {10001, true, true},
                {4000, false, false}};

    (void)state;
    gate_init(e.gate, &e, (struct credit){.tuples = 100, .bytes = 10000});
    for (uint32_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        gate_hold(e.gate, held[i].bytes, &home);
        assert_int_equal(gate_full(e.gate, 2), held[i].full);
        assert_int_equal(gate_full(e.gate, 1), held[i].more_than_half);
        assert_int_equal(gate_queued_tuples(e.gate), 0);
    }
}

static void who_waits_for_room_is_never_forgotten(void **state)
{
    pthread_t opener;
    time_t begin;

    (void)state;
    gate_init(&gate, &consumer, (struct credit){.tuples = 100, .bytes = 10000});
    inbox_init(&home.injected);
    home.env = other.env = env_posix();
    waiter.carrier = &home;
    consumer.carrier = &other;
    atomic_store(&waiter.scheduled, 1);
    atomic_store(&consumer.scheduled, 1); /* it runs all the time */
    assert_int_equal(pthread_create(&opener, NULL, open_again_and_again, NULL),
                     0);
    begin = seconds();
    for (uint32_t i = 0; i < WAITS && seconds() - begin < ENOUGH; i++)
        if (!wait_once())
            fail_msg("nobody lets it run, after %u times", i);
    over = true;
    pthread_join(opener, NULL);
}

/* -- in a running topology
 * ---------------------------------------------------------- */

/* Endless producers against a consumer that takes its time. */
struct press {
    _Atomic(uint64_t) emitted, executed, most;
    _Atomic(uint64_t) by_task[64]; /* executed of each producing task */
    struct tally done;
    uint64_t until;
};

static gale_result next_of_press(gale_task *task)
{
    struct press *p = probe_arg(task);

    p->emitted++;
    return gale_emit(task, gale_int(gale_task_index(task)));
}

static gale_result press_slowly(gale_task *task, const gale_tuple *in)
{
    struct press *p = probe_arg(task);
    uint64_t waiting = p->emitted - p->executed;

    (void)task;
    for (int i = 0; i < 20; i++)
        sched_yield();
    if (waiting > p->most)
        p->most = waiting;
    p->by_task[gale_get_int(in, 0)]++;
    if (++p->executed == p->until)
        tally_add(&p->done, 1);
    return GALE_OK;
}

enum { PRODUCERS = 20 };

/* What a producer may emit beyond the limits before it looks at them. */
enum { RUN_OF_A_SPOUT = 2048, ROOM = 50000 };

static void run_press(struct press *p, const char *bolt_plugin, uint32_t kind)
{
    const struct probe spout = {
        .arg = p, .streams = OUTPUT_N, .next = next_of_press};
    const struct probe bolt = {.arg = p, .execute = press_slowly};
    gale_input input = {.size = sizeof(input), .kind = kind, .from = "spout"};
    struct topology_run r;

    memset(p, 0, sizeof(*p));
    p->done = (struct tally)TALLY_INIT;
    p->until = 4000;
    topology_run_begin(&r, "press");
    topology_run_spout(&r, "spout", &spout, PRODUCERS);
    gale_subscribe(topology_run_bolt_as(&r, "bolt", bolt_plugin, &bolt, 1),
                   &input);
    topology_run_start(&r);
    tally_await(&p->done, 1, "the consumer has taken its share");
    assert_int_equal(topology_run_stop(&r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_balanced(&r);
    topology_run_end(&r);
    assert_int_equal(p->emitted, p->executed);
}

static void what_waits_before_a_slow_consumer_is_bounded(void **state)
{
    static struct press p;

    (void)state;
    run_press(&p, "probe_bolt_blocking", GALE_SHUFFLE);
    assert_true(p.most <= ROOM + PRODUCERS * RUN_OF_A_SPOUT);
    run_press(&p, "probe_bolt", GALE_GLOBAL);
    assert_true(p.most <= ROOM + PRODUCERS * RUN_OF_A_SPOUT);
}

static void all_producers_get_room_in_turn(void **state)
{
    static struct press p;

    (void)state;
    run_press(&p, "probe_bolt_blocking", GALE_SHUFFLE);
    for (int i = 0; i < PRODUCERS; i++)
        assert_true(p.by_task[i] > 0);
}

/* -- slow and fast side by side
 * -------------------------------------------------------- */

/* Holds its thread until the test has seen the others go on. */
static gale_result wait_in_execute(gale_task *task, const gale_tuple *in)
{
    (void)in;
    tally_await(probe_arg(task), 1, "the test lets it go");
    return GALE_OK;
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static const struct probe taker = {.execute = take};

static void who_waits_for_nobody_slow_goes_on(void **state)
{
    static struct tally go = TALLY_INIT;
    static const struct probe slow = {.arg = &go, .execute = wait_in_execute};
    struct number_source stuck, free_one;
    struct topology_run r;

    (void)state;
    number_source_init(&stuck, 1000);
    number_source_init(&free_one, 100000);
    topology_run_begin(&r, "beside");
    r.carriers = 1;
    topology_run_spout(&r, "stuck", &stuck.probe, 2);
    topology_run_spout(&r, "free", &free_one.probe, 2);
    gale_shuffle(
        topology_run_bolt_as(&r, "slow", "probe_bolt_blocking", &slow, 1),
        "stuck");
    gale_shuffle(topology_run_bolt(&r, "fast", &taker, 2), "free");
    topology_run_start(&r);
    tally_await(&free_one.acked, 100000, "acks of the free one");
    tally_add(&go, 1);
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    number_source_fini(&stuck);
    number_source_fini(&free_one);
}

/*
 * A diamond: two ways lead to one bolt. Room on one way must not depend on the
 * other's.
 */
static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static gale_result pass_slowly(gale_task *task, const gale_tuple *in)
{
    for (int i = 0; i < 10; i++)
        sched_yield();
    return gale_emit(task, gale_get(in, 0));
}

static void a_diamond_with_a_slow_side_does_not_freeze(void **state)
{
    static const struct probe quick = {.streams = OUTPUT_N, .execute = pass_on};
    static const struct probe slow = {.streams = OUTPUT_N,
                                      .execute = pass_slowly};
    struct number_source numbers;
    struct topology_run r;

    (void)state;
    number_source_init(&numbers, 20000);
    topology_run_begin(&r, "diamond");
    topology_run_spout(&r, "numbers", &numbers.probe, 2);
    gale_shuffle(topology_run_bolt(&r, "quick", &quick, 2), "numbers");
    gale_shuffle(
        topology_run_bolt_as(&r, "slow", "probe_bolt_blocking", &slow, 1),
        "numbers");
    gale_shuffle(gale_shuffle(topology_run_bolt(&r, "end", &taker, 1), "quick"),
                 "slow");
    topology_run_complete(&r);
    assert_balanced(&r);
    assert_int_equal(number_source_unacked(&numbers), 0);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

/* A cycle that multiplies: each input goes round and makes more on its way. */
static gale_result multiply(gale_task *task, const gale_tuple *in)
{
    int64_t n = gale_get_int(in, 0) % 8;
    gale_result result = GALE_OK;

    for (int64_t i = 0; i < 2 && n > 0 && result == GALE_OK; i++)
        result = gale_emit(task, gale_int(n - 1));
    return result;
}

static void a_full_cycle_does_not_freeze(void **state)
{
    static const struct probe bolt = {.streams = OUTPUT_N, .execute = multiply};
    static const struct probe slow = {.streams = OUTPUT_N,
                                      .execute = pass_slowly};
    struct number_source numbers;
    struct topology_run r;
    gale_declarer *d;

    (void)state;
    number_source_init(&numbers, 800);
    topology_run_begin(&r, "cycle");
    topology_run_spout(&r, "numbers", &numbers.probe, 2);
    d = topology_run_bolt(&r, "multiply", &bolt, 2);
    gale_shuffle(d, "numbers");
    gale_shuffle(d, "back");
    gale_shuffle(
        topology_run_bolt_as(&r, "back", "probe_bolt_blocking", &slow, 2),
        "multiply");
    topology_run_complete(&r);
    assert_balanced(&r);
    assert_int_equal(number_source_unacked(&numbers), 0);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

#define GATE_TEST(f) cmocka_unit_test_setup(f, setup_gate)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(a_gate_is_full_beyond_its_tuples),
        GATE_TEST(a_gate_is_full_beyond_its_bytes),
        GATE_TEST(half_of_the_limit_counts_as_half),
        GATE_TEST(counting_goes_on_for_ever),
        GATE_TEST(a_limit_may_change),
        GATE_TEST(what_is_there_counts_while_others_come_and_go),
        cmocka_unit_test(what_waits_before_a_slow_consumer_is_bounded),
        cmocka_unit_test(all_producers_get_room_in_turn),
        cmocka_unit_test(who_waits_for_nobody_slow_goes_on),
        cmocka_unit_test(a_diamond_with_a_slow_side_does_not_freeze),
        cmocka_unit_test(a_consumer_rests_until_what_was_sent_has_come),
        cmocka_unit_test(an_owner_says_how_much_waits),
        cmocka_unit_test(who_waits_for_room_is_never_forgotten),
        cmocka_unit_test(a_full_cycle_does_not_freeze),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
