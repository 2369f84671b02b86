/*
 * test_links.c - workers of one topology with real connections between them:
 * what comes through, to whom, in which order, and how much may wait.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/crossing.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { N = 3000, TASKS_MAX = 8 };

static struct crossing all;
static const char *way; /* between its workers */

static int setup_workers(void **state, uint32_t n)
{
    if (*state != &all)
        way = *state;
    crossing_begin(&all, "links", n, N);
    crossing_goes_by(&all, way);
    *state = &all;
    return 0;
}

static int two(void **state)
{
    return setup_workers(state, 2);
}

static int three(void **state)
{
    return setup_workers(state, 3);
}

static int teardown(void **state)
{
    crossing_end(*state);
    return 0;
}

static void assert_all_acked(struct crossing *x)
{
    assert_int_equal(number_source_unacked(&x->numbers), 0);
    assert_int_equal(x->numbers.strangers, 0);
    assert_int_equal(cluster_run_stats(&x->c, "numbers").pending, 0);
    assert_int_equal(cluster_run_stats(&x->c, "numbers").failed, 0);
}

/* -- groupings ------------------------------------------------------------- */

static void all_is_acked_when_every_tuple_crosses_twice(void **state)
{
    struct crossing *x = *state;

    gale_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_passer, 3),
                 "numbers");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &crossing_taker, 2), "a",
                   "n");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

static void among_three_workers_with_several_carriers_it_is_the_same(
    void **state)
{
    struct crossing *x = *state;

    x->c.carriers = 2;
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_passer, 6),
                 "numbers");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &crossing_passer, 6), "a",
                   "n");
    gale_global(topology_run_bolt(&x->c.r, "c", &crossing_taker, 2), "b");
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

static uint32_t all_of_them(gale_declarer *d)
{
    gale_all(d, "numbers");
    return 3;
}

static uint32_t global_one(gale_declarer *d)
{
    gale_global(d, "numbers");
    return 1;
}

static uint32_t any_one(gale_declarer *d)
{
    gale_shuffle(d, "numbers");
    return 1;
}

static uint32_t by_key(gale_declarer *d)
{
    gale_by_fields(d, "numbers", "number");
    return 1;
}

static uint32_t by_partial_key(gale_declarer *d)
{
    gale_partial_key(d, "numbers", "number");
    return 1;
}

static uint32_t near_one(gale_declarer *d)
{
    gale_local_or_shuffle(d, "numbers");
    return 1;
}

static uint32_t whichever(gale_declarer *d)
{
    gale_none(d, "numbers");
    return 1;
}

/* How often each number comes to the three tasks of "a", one of which is in the
 * spout's worker. */
static uint32_t (*const groupings[])(gale_declarer *d) = {
    all_of_them,    global_one, any_one,  by_key,
    by_partial_key, near_one,   whichever};

static void every_grouping_reaches_tasks_elsewhere(void **state)
{
    for (uint32_t i = 0; i < sizeof(groupings) / sizeof(groupings[0]); i++) {
        struct crossing *x = *state;
        uint32_t times =
            groupings[i](topology_run_bolt(&x->c.r, "a", &crossing_taker, 3));

        cluster_run_put(&x->c, "a", 1);
        cluster_run_put(&x->c, "numbers", 0);
        cluster_run_put_one(&x->c, "a", 2, 0);
        cluster_run_complete(&x->c);
        assert_all_acked(x);
        crossing_assert_each_seen(x, times);
        teardown(state);
        setup_workers(state, 2);
    }
}

static gale_result emit_to_last(gale_task *task, const gale_tuple *in)
{
    gale_value value = gale_get(in, 0);
    gale_emit_opts opts = {.size = sizeof(opts),
                           .direct_task = *(int32_t *)probe_arg(task)};

    return gale_emit_with(task, &opts, value);
}

static void a_direct_tuple_finds_a_task_elsewhere(void **state)
{
    static const char *const fields[] = {"n"};
    static const gale_stream direct = {
        "default", GALE_STREAM_DIRECT, 0, {fields, 1, sizeof(char *)}, NULL};
    static int32_t last = 5; /* numbers 1, a 2, b 3 to 5 */
    static const struct probe pointer = {
        .arg = &last,
        .streams = {&direct, 1, sizeof(direct)},
        .execute = emit_to_last};
    struct crossing *x = *state;

    gale_shuffle(topology_run_bolt(&x->c.r, "a", &pointer, 1), "numbers");
    gale_direct(topology_run_bolt(&x->c.r, "b", &crossing_taker, 3), "a");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

static void local_or_shuffle_stays_here_if_somebody_is_here(void **state)
{
    struct crossing *x = *state;
    struct link_counts counts;

    gale_local_or_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_taker, 4),
                          "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put_one(&x->c, "a", 2, 0);
    cluster_run_until_complete(&x->c);
    member_link(x->c.members[0], 1, &counts);
    assert_int_equal(counts.sent, 0);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

/* -- values ---------------------------------------------------------------- */

static const char long_text[] = "a text that is longer than what a slot holds";

static gale_result wrap(gale_task *task, const gale_tuple *in)
{
    gale_value items[3] = {gale_get(in, 0), gale_cstr(long_text), gale_nil()};
    gale_value values[3] = {gale_get(in, 0), gale_list(items, 3),
                            gale_float(0.5)};

    return gale_emit_values(task, values, 3);
}

static gale_result unwrap(gale_task *task, const gale_tuple *in)
{
    gale_value list = gale_get(in, 1);
    gale_str text = gale_value_str(gale_item(in, list, 1));

    (void)task;
    if (gale_item(in, list, 0).as.i != gale_get_int(in, 0) ||
        text.size != sizeof(long_text) - 1 ||
        memcmp(text.data, long_text, text.size) != 0 ||
        gale_get_float(in, 2) != 0.5 ||
        strcmp(gale_source_component(in), "a") != 0 ||
        gale_source_task(in) != 2)
        return GALE_FATAL;
    return crossing_take(task, in);
}

static void lists_and_long_texts_come_as_they_were(void **state)
{
    static const char *const fields[] = {"n", "list", "half"};
    static const gale_stream three_fields = {
        "default", 0, 0, {fields, 3, sizeof(char *)}, NULL};
    static const struct probe wrapper = {
        .streams = {&three_fields, 1, sizeof(three_fields)}, .execute = wrap};
    static const struct probe unwrapper = {.execute = unwrap};
    struct crossing *x = *state;

    gale_shuffle(topology_run_bolt(&x->c.r, "a", &wrapper, 1), "numbers");
    gale_shuffle(topology_run_bolt(&x->c.r, "b", &unwrapper, 2), "a");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 0);
    cluster_run_put(&x->c, "b", 1);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

/* -- trees ----------------------------------------------------------------- */

/* Two inputs become one tuple that both are waiting for. */
struct joiner {
    gale_handle held;
    int64_t number;
    bool has;
};

static gale_result join(gale_task *task, const gale_tuple *in)
{
    struct joiner *j = probe_state(task);
    gale_value value = gale_get(in, 0);
    gale_handle both[2];
    gale_result result;

    if (!j->has) {
        *j = (struct joiner){gale_hold(task, in), value.as.i, true};
        return GALE_OK;
    }
    both[0] = j->held;
    both[1] = gale_hold(task, in);
    result = gale_emit_values_anchored(task, both, 2, &value, 1);
    gale_ack(task, both[0]);
    gale_ack(task, both[1]);
    j->has = false;
    return result;
}

static void a_tuple_of_two_messages_crosses_with_both(void **state)
{
    static const struct probe joiner = {.state_size = sizeof(struct joiner),
                                        .streams = OUTPUT_N,
                                        .execute = join};
    struct crossing *x = *state;

    gale_shuffle(
        topology_run_bolt_as(&x->c.r, "a", "probe_bolt_manual", &joiner, 1),
        "numbers");
    gale_all(topology_run_bolt(&x->c.r, "b", &crossing_taker, 2), "a");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put_one(&x->c, "b", 0, 0);
    cluster_run_put_one(&x->c, "b", 1, 1);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    assert_int_equal(cluster_run_stats(&x->c, "b").executed, N);
}

/* Numbers go round a few times: it counts down in the second field. */
static gale_result go_round(gale_task *task, const gale_tuple *in)
{
    bool again = gale_n_fields(in) == 2;
    int64_t rounds = again ? gale_get_int(in, 1) : 5;
    gale_value values[2] = {gale_get(in, 0), gale_int(rounds - 1)};

    if (rounds == 0)
        return crossing_take(task, in);
    return gale_emit_values(task, values, 2);
}

static void a_cycle_may_lead_through_two_workers(void **state)
{
    static const char *const fields[] = {"n", "rounds"};
    static const gale_stream stream = {
        "default", 0, 0, {fields, 2, sizeof(char *)}, NULL};
    static const struct probe rounder = {
        .streams = {&stream, 1, sizeof(stream)}, .execute = go_round};
    struct crossing *x = *state;
    gale_declarer *a = topology_run_bolt(&x->c.r, "a", &rounder, 2), *b;

    gale_shuffle(a, "numbers");
    gale_shuffle(a, "b");
    b = topology_run_bolt(&x->c.r, "b", &rounder, 2);
    gale_shuffle(b, "a");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 0);
    cluster_run_put(&x->c, "b", 1);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

/* Fails each number when it comes for the first time. */
static gale_result fail_once(gale_task *task, const gale_tuple *in)
{
    if (crossing_see(in) == 0)
        return gale_error(task, GALE_RETRY, "not yet");
    return GALE_OK;
}

static void fails_cross_and_what_failed_is_emitted_again(void **state)
{
    static const struct probe failer = {.execute = fail_once};
    struct crossing *x = *state;

    x->numbers.replays = true;
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &failer, 2), "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_complete(&x->c);
    assert_int_equal(number_source_unacked(&x->numbers), 0);
    assert_int_equal(number_source_failed(&x->numbers), N);
    crossing_assert_each_seen(x, 2);
}

/* -- order ----------------------------------------------------------------- */

/* What the consumer saw last of each task. */
static _Atomic(int64_t) last_of[TASKS_MAX][TASKS_MAX];
static _Atomic(uint32_t) disorder;

static gale_result watch_order(gale_task *task, const gale_tuple *in)
{
    _Atomic(int64_t) *last =
        &last_of[gale_task_index(task)][gale_source_task(in)];
    int64_t n = gale_get_int(in, 0);

    if (n <= atomic_exchange(last, n))
        atomic_fetch_add(&disorder, 1);
    return crossing_take(task, in);
}

static void what_one_task_sends_another_comes_in_order(void **state)
{
    static const struct probe watcher = {.execute = watch_order};
    struct crossing *x = *state;

    for (uint32_t i = 0; i < TASKS_MAX; i++)
        for (uint32_t k = 0; k < TASKS_MAX; k++)
            last_of[i][k] = -1;
    disorder = 0;
    x->c.carriers = 2;
    gale_by_fields(topology_run_bolt(&x->c.r, "a", &crossing_passer, 3),
                   "numbers", "number");
    gale_all(topology_run_bolt(&x->c.r, "b", &watcher, 4), "a");
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 4);
    assert_int_equal(disorder, 0);
}

/* A quick bolt tells how much may wait for it: then slices are large. */
static void many_tuples_for_a_quick_bolt_elsewhere_share_a_frame(void **state)
{
    struct crossing *x = *state;
    struct link_counts counts;

    x->numbers.batch = 500;
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_taker, 1),
                 "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_until_complete(&x->c);
    member_link(x->c.members[0], 1, &counts);
    if (counts.sent > N / 8)
        fail_msg("%llu frames for %d tuples", (unsigned long long)counts.sent,
                 N);
    cluster_run_complete(&x->c);
    crossing_assert_each_seen(x, 1);
}

/* -- back pressure --------------------------------------------------------- */

static struct tally opened_gate = TALLY_INIT, came = TALLY_INIT;

/* Takes nothing more until the test lets it. */
static gale_result wait_at_gate(gale_task *task, const gale_tuple *in)
{
    tally_add(&came, 1);
    tally_await(&opened_gate, 1, "the gate");
    return crossing_take(task, in);
}

/* It has stopped: nothing runs, though not everything is emitted. */
static bool stands_still(void *arg)
{
    struct crossing *x = arg;
    uint64_t emitted = tally_get(&x->numbers.emitted);
    struct env *env = env_posix();
    int64_t until = env->ops->now(env) + 100000000;

    if (emitted == 0)
        return false;
    while (env->ops->now(env) < until)
        if (tally_get(&x->numbers.emitted) != emitted)
            return false;
    return true;
}

static void what_waits_for_a_slow_bolt_elsewhere_is_bounded(void **state)
{
    static const struct probe slow = {.execute = wait_at_gate};
    struct crossing *x = *state;

    tally_set(&opened_gate, 0);
    tally_set(&came, 0);
    x->numbers.batch = 1;
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &slow, 1), "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_start(&x->c);
    tally_await(&came, 1, "the first tuple");
    topology_run_until(stands_still, x, "the spout does not stop");
    assert_true(tally_get(&x->numbers.emitted) < 200);
    tally_set(&opened_gate, 1);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

/* -- beginning and end ----------------------------------------------------- */

/* The first worker has opened its tasks, and has called the other one. */
static bool is_running(void *arg)
{
    struct crossing *x = arg;

    return cluster_run_report(&x->c, 0).phase == RUNNING &&
           atomic_load(&x->c.worlds[0].attempts) > 2;
}

static void nothing_is_emitted_before_all_links_are_up(void **state)
{
    struct crossing *x = *state;

    gale_local_or_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_taker, 2),
                          "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put_one(&x->c, "a", 0, 0);
    cluster_run_put_one(&x->c, "a", 1, 1);
    cluster_run_start_one(&x->c, 0);
    topology_run_until(is_running, x, "the worker does not open");
    assert_int_equal(tally_get(&x->numbers.emitted), 0);
    assert_false(cluster_run_report(&x->c, 0).active);
    cluster_run_start_one(&x->c, 1);
    cluster_run_complete(&x->c);
    assert_all_acked(x);
    crossing_assert_each_seen(x, 1);
}

static gale_result give_rest(gale_task *task)
{
    return gale_emit(task, gale_int(gale_task_index(task)));
}

static void the_end_of_input_leads_from_worker_to_worker(void **state)
{
    static const struct probe giver = {.streams = OUTPUT_N,
                                       .execute = crossing_take,
                                       .end_of_input = give_rest};
    static const struct probe collector = {.streams = OUTPUT_N,
                                           .execute = crossing_take,
                                           .end_of_input = give_rest};
    struct crossing *x = *state;

    gale_shuffle(topology_run_bolt(&x->c.r, "a", &giver, 3), "numbers");
    gale_shuffle(topology_run_bolt(&x->c.r, "b", &collector, 2), "a");
    gale_shuffle(topology_run_bolt(&x->c.r, "d", &crossing_taker, 1), "b");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
    cluster_run_put(&x->c, "d", 1);
    cluster_run_complete(&x->c);
    assert_int_equal(cluster_run_stats(&x->c, "b").executed, 3);
    assert_int_equal(cluster_run_stats(&x->c, "d").executed, 2);
}

static void an_orderly_end_is_worth_no_warning(void **state)
{
    struct crossing *x = *state;

    gale_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_taker, 1),
                 "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_complete(&x->c);
    assert_null(strstr(topology_run_log(&x->c.r), "WARN"));
}

#define BY(name_, way_, setup_)                                                \
    {                                                                          \
        .name = #name_ " by " way_, .test_func = name_, .setup_func = setup_,  \
        .teardown_func = teardown, .initial_state = (void *)way_               \
    }
#define TEST(name_) BY(name_, "tcp", two)
#define TEST_3(name_) BY(name_, "auto", three)
#define EACH(name_)                                                            \
    BY(name_, "tcp", two), BY(name_, "unix", two),                             \
        BY(name_, "shared-memory", two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(all_is_acked_when_every_tuple_crosses_twice),
        TEST_3(among_three_workers_with_several_carriers_it_is_the_same),
        TEST(every_grouping_reaches_tasks_elsewhere),
        TEST(a_direct_tuple_finds_a_task_elsewhere),
        TEST(local_or_shuffle_stays_here_if_somebody_is_here),
        EACH(lists_and_long_texts_come_as_they_were),
        TEST(a_tuple_of_two_messages_crosses_with_both),
        TEST(a_cycle_may_lead_through_two_workers),
        TEST(fails_cross_and_what_failed_is_emitted_again),
        TEST_3(what_one_task_sends_another_comes_in_order),
        TEST(many_tuples_for_a_quick_bolt_elsewhere_share_a_frame),
        EACH(what_waits_for_a_slow_bolt_elsewhere_is_bounded),
        TEST(nothing_is_emitted_before_all_links_are_up),
        EACH(the_end_of_input_leads_from_worker_to_worker),
        EACH(an_orderly_end_is_worth_no_warning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
