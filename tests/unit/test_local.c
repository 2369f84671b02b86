/*
 * test_local.c - the life of a topology in this process: start, complete, stop,
 * pause, failure; small and large, with cycles.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { N = 2000 };

static int setup(void **state)
{
    *state = setting_begin("local", N, 2);
    return 0;
}

static const struct probe taker = {.execute = setting_take};

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static const struct probe passer = {.streams = OUTPUT_N, .execute = pass_on};

/* numbers → a → b */
static void add_bolts(struct setting *s)
{
    gale_shuffle(topology_run_bolt(&s->r, "a", &passer, 3), "numbers");
    gale_by_fields(topology_run_bolt(&s->r, "b", &taker, 2), "a", "n");
}

/* Emitted, acked, failed and pending messages add up. */
static void assert_accounted(struct setting *s)
{
    gale_component_stats c = topology_run_stats(&s->r, "numbers");

    assert_int_equal(c.emitted, c.acked + c.failed + c.pending);
    assert_int_equal(c.emitted, tally_get(&s->numbers.emitted));
}

/* -- states ---------------------------------------------------------------- */

static void it_runs_completes_and_stops(void **state)
{
    struct setting *s = *state;

    add_bolts(s);
    topology_run_start(&s->r);
    assert_int_equal(gale_local_wait(s->r.local, 60000), GALE_LOCAL_COMPLETE);
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_COMPLETE);
    assert_int_equal(gale_local_wait(s->r.local, -1), GALE_LOCAL_COMPLETE);
    assert_string_equal(gale_local_error(s->r.local), "");
    gale_local_stop(s->r.local, GALE_STOP_DRAIN);
    assert_int_equal(gale_local_wait(s->r.local, -1), GALE_LOCAL_STOPPED);
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_STOPPED);
    gale_local_stop(s->r.local, GALE_STOP_NOW); /* harmless */
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_STOPPED);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

static void an_endless_one_only_runs(void **state)
{
    struct setting *s = *state;

    s->numbers.endless = true;
    add_bolts(s);
    topology_run_start(&s->r);
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_RUNNING);
    tally_await(&s->numbers.acked, 10 * N, "acks");
    assert_int_equal(gale_local_wait(s->r.local, 1), GALE_LOCAL_RUNNING);
}

static void whoever_forgets_to_stop_it_may_free_it(void **state)
{
    struct setting *s = *state;

    s->numbers.endless = true;
    add_bolts(s);
    topology_run_start(&s->r); /* teardown frees it */
}

static void it_is_complete_when_all_spouts_are_exhausted(void **state)
{
    struct setting *s = *state;

    /* One of two spouts is exhausted, the other is not. */
    struct number_source more;

    number_source_init(&more, 1);
    more.endless = true;
    topology_run_spout(&s->r, "more", &more.probe, 1);
    gale_shuffle(topology_run_bolt(&s->r, "c", &taker, 1), "more");
    add_bolts(s);
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, N, "the end of the numbers");
    tally_await(&more.acked, 1000, "acks of the other");
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_RUNNING);
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_balanced(&s->r);
    topology_run_end(&s->r);
    topology_run_begin(&s->r, "after");
    number_source_fini(&more);
}

/* -- stops under load ------------------------------------------------------ */

static void a_graceful_stop_under_load_loses_nothing(void **state)
{
    struct setting *s = *state;

    s->numbers.endless = true;
    add_bolts(s);
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, 10 * N, "acks");
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_balanced(&s->r);
    assert_accounted(s);
    assert_int_equal(tally_get(&s->numbers.acked),
                     tally_get(&s->numbers.emitted));
}

static void a_stop_at_once_under_load_leaves_all_accounted_for(void **state)
{
    struct setting *s = *state;
    gale_component_stats a;

    s->numbers.endless = true;
    add_bolts(s);
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, 10 * N, "acks");
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_NOW),
                     GALE_LOCAL_STOPPED);
    assert_accounted(s);
    a = topology_run_stats(&s->r, "a");
    assert_int_equal(a.executed, a.acked + a.failed);
    assert_true(a.executed <= topology_run_stats(&s->r, "numbers").transferred);
}

static gale_result hold(gale_task *task, const gale_tuple *in)
{
    gale_hold(task, in);
    tally_add(probe_arg(task), 1);
    return GALE_OK;
}

static void a_drain_that_never_ends_can_be_cut_short(void **state)
{
    static struct tally held = TALLY_INIT;
    static const struct probe holder = {.arg = &held, .execute = hold};
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.message.timeout.secs",
                   gale_int(86400));
    gale_shuffle(
        topology_run_bolt_as(&s->r, "b", "probe_bolt_manual", &holder, 1),
        "numbers");
    topology_run_start(&s->r);
    tally_await(&held, N, "all are held");
    gale_local_stop(s->r.local, GALE_STOP_DRAIN);
    assert_int_equal(gale_local_wait(s->r.local, 1), GALE_LOCAL_RUNNING);
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_NOW),
                     GALE_LOCAL_STOPPED);
    assert_accounted(s);
    assert_int_equal(topology_run_stats(&s->r, "numbers").pending, N);
    gale_local_stop(s->r.local, GALE_STOP_DRAIN); /* not less again */
    assert_int_equal(gale_local_wait(s->r.local, 0), GALE_LOCAL_STOPPED);
}

/* Everything is acked in one call, and then the stop comes at once. */
struct batch {
    gale_handle handles[N];
    uint32_t n;
};

static gale_result ack_in_one_call(gale_task *task, const gale_tuple *in)
{
    struct batch *b = probe_state(task);

    b->handles[b->n++] = gale_hold(task, in);
    if (b->n < N)
        return GALE_OK;
    for (uint32_t i = 0; i < N; i++)
        gale_ack(task, b->handles[i]);
    tally_add(probe_arg(task), 1);
    return GALE_OK;
}

static void acks_that_come_with_a_stop_at_once_count_once(void **state)
{
    static struct tally done = TALLY_INIT;
    static const struct probe batcher = {.arg = &done,
                                         .state_size = sizeof(struct batch),
                                         .execute = ack_in_one_call};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "b", "probe_bolt_manual", &batcher, 1),
        "numbers");
    topology_run_start(&s->r);
    tally_await(&done, 1, "the batch");
    topology_run_stop(&s->r, GALE_STOP_NOW);
    assert_accounted(s);
}

/* -- huge tuples under way when it stops: nothing may leak (the sanitized build
 * looks) */

enum { LARGE = 100000 };

static gale_result next_large(gale_task *task)
{
    static char bytes[LARGE];

    tally_add(probe_arg(task), 1);
    return gale_emit(task, gale_bytes(bytes, sizeof(bytes)));
}

static gale_result wait_for_good(gale_task *task, const gale_tuple *in)
{
    struct tally *go = probe_arg(task);

    (void)in;
    tally_await(&go[1], 1, "the test lets go");
    return GALE_OK;
}

static void tuples_under_way_are_freed_when_it_stops_at_once(void **state)
{
    static struct tally sent[2] = {TALLY_INIT, TALLY_INIT};
    static const struct probe large = {
        .arg = sent, .streams = OUTPUT_N, .next = next_large};
    static const struct probe slow = {.arg = sent, .execute = wait_for_good};
    struct setting *s = *state;

    topology_run_spout(&s->r, "large", &large, 2);
    gale_shuffle(gale_shuffle(topology_run_bolt_as(
                                  &s->r, "b", "probe_bolt_blocking", &slow, 2),
                              "large"),
                 "numbers");
    topology_run_start(&s->r);
    /* Of each spout one, whose first callback finds what the numbers left. */
    tally_await(&sent[0], 2, "some are under way");
    gale_local_stop(s->r.local, GALE_STOP_NOW);
    tally_add(&sent[1], 1);
    topology_run_stop(&s->r, GALE_STOP_NOW);
}

/* -- from elsewhere -------------------------------------------------------- */

static gale_local *of_signal;

static void stop_by_signal(int signal_)
{
    (void)signal_;
    gale_local_stop(of_signal, GALE_STOP_DRAIN);
}

static void a_signal_handler_may_stop_it(void **state)
{
    struct sigaction act = {.sa_handler = stop_by_signal}, old;
    struct setting *s = *state;

    s->numbers.endless = true;
    add_bolts(s);
    topology_run_start(&s->r);
    of_signal = s->r.local;
    assert_int_equal(sigaction(SIGUSR1, &act, &old), 0);
    kill(getpid(), SIGUSR1);
    assert_int_equal(gale_local_wait(s->r.local, -1), GALE_LOCAL_STOPPED);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
    assert_balanced(&s->r);
}

static bool nothing_pending(void *arg)
{
    struct setting *s = arg;

    return topology_run_stats(&s->r, "numbers").pending == 0;
}

static void a_paused_topology_emits_nothing_until_it_goes_on(void **state)
{
    struct setting *s = *state;
    uint64_t emitted;

    s->numbers.endless = true;
    add_bolts(s);
    topology_run_start(&s->r);
    for (int round = 0; round < 10; round++) {
        uint64_t last;

        gale_local_activate(s->r.local, true);
        tally_await(&s->numbers.acked, tally_get(&s->numbers.acked) + N,
                    "acks");
        gale_local_activate(s->r.local, false);
        do { /* until the pause has reached the spouts */
            last = tally_get(&s->numbers.emitted);
            topology_run_until(nothing_pending, s, "everything is acked");
        } while (last != tally_get(&s->numbers.emitted));
    }
    emitted = tally_get(&s->numbers.emitted);
    assert_int_equal(gale_local_wait(s->r.local, 5), GALE_LOCAL_RUNNING);
    assert_int_equal(tally_get(&s->numbers.emitted), emitted);
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_balanced(&s->r);
}

static void it_may_be_paused_from_the_start(void **state)
{
    struct setting *s = *state;

    add_bolts(s);
    topology_run_start(&s->r);
    gale_local_activate(s->r.local, false);
    gale_local_activate(s->r.local, true);
    topology_run_complete(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

/* -- failure --------------------------------------------------------------- */

static gale_result fail_at_once(gale_task *task)
{
    return gale_error(task, GALE_FATAL, "broken from the first call on");
}

/* However soon it fails: it has started, and the failure is its outcome. */
static void a_failure_after_the_start_is_no_failure_to_start(void **state)
{
    static const struct probe broken = {.streams = OUTPUT_N,
                                        .next = fail_at_once};

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct topology_run r;

        topology_run_begin(&r, "broken");
        topology_run_spout(&r, "spout", &broken, 1);
        topology_run_start(&r);
        assert_int_equal(gale_local_wait(r.local, -1), GALE_LOCAL_FAILED);
        assert_says(gale_local_error(r.local), "broken from the first call");
        topology_run_end(&r);
    }
}

static void a_refused_topology_does_not_start(void **state)
{
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "a", &taker, 1), "nobody");
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text, "\"nobody\"");
}

static void a_refused_configuration_does_not_start(void **state)
{
    struct setting *s = *state;

    add_bolts(s);
    gale_configure(s->r.builder, "topology.message.timeout.secs",
                   gale_cstr("soon"));
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text, "topology.message.timeout.secs");
}

static void a_builder_runs_as_often_as_one_likes(void **state)
{
    struct setting *s = *state;

    add_bolts(s);
    for (int i = 0; i < 3; i++) {
        topology_run_complete(&s->r);
        gale_local_free(s->r.local);
        s->r.local = NULL;
    }
    assert_int_equal(tally_get(&s->numbers.acked), 3 * N);
}

static gale_result note_topology(gale_task *task)
{
    _Atomic(uint32_t) *right = probe_arg(task);
    int32_t ids[10], id = gale_task_id(task);

    *right +=
        strcmp(gale_topology_name(task), "local") == 0 &&
        strcmp(gale_component_id(task), "a") == 0 && gale_n_tasks(task) == 5 &&
        gale_n_executors(task) == 2 && gale_tasks_of(task, "a", ids, 10) == 5 &&
        ids[gale_task_index(task)] == id &&
        gale_tasks_of(task, "numbers", ids, 1) == 2 &&
        gale_tasks_of(task, "stranger", ids, 10) == 0 &&
        strcmp(gale_target(task, 0, 0), "b") == 0 &&
        gale_target(task, 0, 1) == NULL && gale_target(task, 1, 0) == NULL &&
        strcmp(gale_field_of(task, "numbers", "default", 0), "number") == 0 &&
        gale_field_of(task, "numbers", "default", 1) == NULL &&
        gale_field_of(task, "numbers", "late", 0) == NULL &&
        gale_field_of(task, "stranger", "default", 0) == NULL &&
        gale_config(task, "topology.message.timeout.secs").as.i == 77 &&
        gale_config(task, "no.such.key").kind == GALE_NIL &&
        gale_config_item(task, gale_config(task, "my.list"), 1).as.i == 2 &&
        gale_config_item(task, gale_config(task, "my.list"), 2).kind ==
            GALE_NIL &&
        gale_wall_us(task) > 0 && gale_now(task) > 0;
    return GALE_OK;
}

static void a_task_knows_where_it_is(void **state)
{
    static _Atomic(uint32_t) right;
    static const struct probe knower = {.arg = &right,
                                        .streams = OUTPUT_N,
                                        .open = note_topology,
                                        .execute = pass_on};
    struct setting *s = *state;
    gale_value list[] = {gale_int(1), gale_int(2)};

    gale_configure(s->r.builder, "topology.message.timeout.secs", gale_int(77));
    gale_configure(s->r.builder, "my.list", gale_list(list, 2));
    gale_shuffle(gale_set_tasks(topology_run_bolt(&s->r, "a", &knower, 2), 5),
                 "numbers");
    gale_by_fields(topology_run_bolt(&s->r, "b", &taker, 2), "a", "n");
    topology_run_complete(&s->r);
    assert_int_equal(right, 5);
}

/* -- shapes ---------------------------------------------------------------- */

/* A number goes round until it is 0; every step belongs to its tree. */
static gale_result count_down(gale_task *task, const gale_tuple *in)
{
    int64_t n = gale_get_int(in, 0) % 50;

    return n == 0 ? GALE_OK : gale_emit(task, gale_int(n - 1));
}

static void a_cycle_comes_to_an_end(void **state)
{
    static const struct probe down = {.streams = OUTPUT_N,
                                      .execute = count_down};
    struct setting *s = *state;
    gale_declarer *d = topology_run_bolt(&s->r, "down", &down, 3);
    uint64_t steps = 0;

    for (uint64_t k = 0; k < N; k++)
        steps += k % 50 + 1;
    gale_shuffle(d, "numbers");
    gale_shuffle(d, "down");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(topology_run_stats(&s->r, "down").executed, steps);
}

/* Round over three components, one of them with threads of its own. */
static void a_cycle_over_blocking_bolts_comes_to_an_end(void **state)
{
    static const struct probe down = {.streams = OUTPUT_N,
                                      .execute = count_down};
    struct setting *s = *state;
    gale_declarer *d = topology_run_bolt(&s->r, "down", &down, 2);

    gale_shuffle(d, "numbers");
    gale_by_fields(d, "last", "n");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "next", "probe_bolt_blocking", &passer, 2),
        "down");
    gale_shuffle(topology_run_bolt(&s->r, "last", &passer, 2), "next");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

static void a_thousand_executors_run(void **state)
{
    struct setting *s = *state;

    gale_by_fields(topology_run_bolt(&s->r, "a", &passer, 500), "numbers",
                   "number");
    gale_by_fields(topology_run_bolt(&s->r, "b", &taker, 500), "a", "n");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

static void it_runs_on_any_number_of_carriers(void **state)
{
    static const uint32_t carriers[] = {1, 2, 3, 8};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        s->r.carriers = carriers[i];
        add_bolts(s);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(number_source_unacked(&s->numbers), 0);
        setting_end(&own);
    }
}

static void two_topologies_run_side_by_side(void **state)
{
    struct setting *s = *state, *other;
    void *own;

    setup(&own);
    other = own;
    add_bolts(s);
    add_bolts(other);
    topology_run_start(&s->r);
    topology_run_start(&other->r);
    topology_run_complete(&other->r);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_balanced(&other->r);
    setting_end(&own);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_runs_completes_and_stops),
        TEST(an_endless_one_only_runs),
        TEST(whoever_forgets_to_stop_it_may_free_it),
        TEST(it_is_complete_when_all_spouts_are_exhausted),
        TEST(a_graceful_stop_under_load_loses_nothing),
        TEST(a_stop_at_once_under_load_leaves_all_accounted_for),
        TEST(a_drain_that_never_ends_can_be_cut_short),
        TEST(acks_that_come_with_a_stop_at_once_count_once),
        TEST(tuples_under_way_are_freed_when_it_stops_at_once),
        TEST(a_signal_handler_may_stop_it),
        TEST(a_paused_topology_emits_nothing_until_it_goes_on),
        TEST(it_may_be_paused_from_the_start),
        cmocka_unit_test(a_failure_after_the_start_is_no_failure_to_start),
        TEST(a_refused_topology_does_not_start),
        TEST(a_refused_configuration_does_not_start),
        TEST(a_builder_runs_as_often_as_one_likes),
        TEST(a_task_knows_where_it_is),
        TEST(a_cycle_comes_to_an_end),
        TEST(a_cycle_over_blocking_bolts_comes_to_an_end),
        TEST(a_thousand_executors_run),
        cmocka_unit_test(it_runs_on_any_number_of_carriers),
        TEST(two_topologies_run_side_by_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
