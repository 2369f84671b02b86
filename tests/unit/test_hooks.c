/* test_hooks.c - hooks see what tasks do, and change nothing of it. */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 200, BAD_EVERY = 10, BAD = N / BAD_EVERY };

static int setup(void **state)
{
    struct setting *s = setting_begin("hooks", N, 0);

    s->numbers.replays = true;
    *state = s;
    return 0;
}

static void look_on_with(struct setting *s, const char *hook)
{
    const gale_value names[] = {gale_cstr(hook)};

    gale_configure(s->r.builder, "topology.auto.task.hooks",
                   gale_list(names, 1));
}

static void look_on(struct setting *s)
{
    look_on_with(s, "onlooker");
}

/* What the onlooker has counted at all tasks of the component. */
static void assert_saw(struct setting *s, const char *component,
                       const char *what, uint64_t n)
{
    gale_metric_stats m = topology_run_metric(&s->r, component, what);

    if (m.value != (double)n)
        fail_msg("%s %s: %g, expected %d", component, what, m.value, (int)n);
}

static _Atomic(uint32_t) tries[N];

/* What is bad fails the first time; everything else is passed on. */
static gale_result pass(gale_task *task, const gale_tuple *in)
{
    uint64_t number = (uint64_t)gale_get_int(in, 0);

    if (tries[number]++ == 0 && number % BAD_EVERY == 0)
        return GALE_RETRY;
    return gale_emit(task, gale_get(in, 0));
}

static gale_result hold(gale_task *task, const gale_tuple *in)
{
    gale_handle handle = gale_hold(task, in);

    if (gale_get_int(in, 0) % 2 == 0)
        gale_ack(task, handle);
    else
        gale_fail(task, handle);
    return GALE_OK;
}

static void run_passing(struct setting *s)
{
    static const struct probe passer = {.execute = pass, .streams = OUTPUT_N};
    static const struct probe taker = {.execute = setting_take};

    memset(tries, 0, sizeof(tries));
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 2);
    gale_shuffle(topology_run_bolt(&s->r, "pass", &passer, 2), "spout");
    gale_shuffle(topology_run_bolt(&s->r, "take", &taker, 2), "pass");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

static void assert_saw_all(struct setting *s)
{
    assert_saw(s, "spout", "saw_emitted", N + BAD);
    assert_saw(s, "spout", "saw_spout_ack", N);
    assert_saw(s, "spout", "saw_spout_fail", BAD);
    assert_saw(s, "pass", "saw_executed", N + BAD);
    assert_saw(s, "pass", "saw_emitted", N);
    assert_saw(s, "pass", "saw_bolt_ack", N);
    assert_saw(s, "pass", "saw_bolt_fail", BAD);
    assert_saw(s, "take", "saw_bolt_ack", N);
    assert_saw(s, "take", "saw_bolt_fail", 0);
}

static void a_hook_sees_all_that_tasks_do(void **state)
{
    struct setting *s = *state;

    look_on(s);
    run_passing(s);
    assert_saw_all(s);
}

static void a_hook_in_cpp_sees_the_same(void **state)
{
    struct setting *s = *state;

    look_on_with(s, "spectator");
    run_passing(s);
    assert_saw_all(s);
}

static void it_begins_and_ends_with_each_task(void **state)
{
    struct setting *s = *state;
    const char *at;
    int n = 0;

    look_on(s);
    run_passing(s);
    for (at = topology_run_log(&s->r); (at = strstr(at, "looked on")); at++)
        n++;
    assert_int_equal(n, 6);
}

static void inputs_that_are_held_are_seen_when_they_are_settled(void **state)
{
    static const struct probe holder = {.execute = hold};
    struct setting *s = *state;

    s->numbers.replays = false;
    look_on(s);
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 1);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "hold", "probe_bolt_manual", &holder, 1),
        "spout");
    topology_run_complete(&s->r);
    assert_saw(s, "hold", "saw_executed", N);
    assert_saw(s, "hold", "saw_bolt_ack", N / 2);
    assert_saw(s, "hold", "saw_bolt_fail", N / 2);
    assert_saw(s, "spout", "saw_spout_fail", N / 2);
}

static void a_hook_in_cpp_knows_an_input_that_is_gone(void **state)
{
    static const struct probe holder = {.execute = hold};
    struct setting *s = *state;

    s->numbers.replays = false;
    look_on_with(s, "spectator");
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 1);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "hold", "probe_bolt_manual", &holder, 1),
        "spout");
    topology_run_complete(&s->r);
    assert_saw(s, "hold", "saw_gone", N);
    assert_saw(s, "hold", "saw_bolt_ack", N / 2);
    assert_saw(s, "hold", "saw_bolt_fail", N / 2);
}

/* It throws at each multiple of 7, and it cannot look at "take" at all. */
static void what_a_hook_in_cpp_throws_is_reported_and_changes_nothing(
    void **state)
{
    struct setting *s = *state;

    look_on_with(s, "spectator:grumbler");
    run_passing(s);
    assert_says(topology_run_stats(&s->r, "pass").last_error,
                "the hook does not like ");
    assert_true(topology_run_stats(&s->r, "pass").errors > 1);
    assert_string_equal(topology_run_stats(&s->r, "take").last_error,
                        "the hook sees nothing of this bolt");
    assert_int_equal(topology_run_stats(&s->r, "take").errors, 2);
    assert_string_equal(topology_run_stats(&s->r, "spout").last_error,
                        "an exception of an unknown type");
}

static gale_result refuse_batch(gale_task *task, gale_batch *in)
{
    (void)in;
    return gale_error(task, GALE_FATAL, "a batch came");
}

static void bolts_get_their_tuples_one_by_one(void **state)
{
    static const struct probe taker = {.execute = setting_take,
                                       .execute_batch = refuse_batch};
    struct setting *s = *state;

    look_on(s);
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 1);
    gale_shuffle(
        topology_run_bolt_as(&s->r, "take", "probe_bolt_batch", &taker, 1),
        "spout");
    topology_run_complete(&s->r);
    assert_saw(s, "take", "saw_executed", N);
}

static void a_hook_that_is_not_there_is_named(void **state)
{
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.auto.task.hooks",
                   gale_cstr("onloker"));
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 1);
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text, "topology.auto.task.hooks: hook \"onloker\"");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hook_sees_all_that_tasks_do),
        TEST(a_hook_in_cpp_sees_the_same),
        TEST(a_hook_in_cpp_knows_an_input_that_is_gone),
        TEST(what_a_hook_in_cpp_throws_is_reported_and_changes_nothing),
        TEST(it_begins_and_ends_with_each_task),
        TEST(inputs_that_are_held_are_seen_when_they_are_settled),
        TEST(bolts_get_their_tuples_one_by_one),
        TEST(a_hook_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
