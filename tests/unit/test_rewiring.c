/*
 * test_rewiring.c - executors move between other workers while a worker goes
 * on: it is the same process, with what its bolts hold, and nothing is lost.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/moving_run.h"
#include "tests/support/remove_tree.h"
#include "worker/worker.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct crossing all;

static int setup(void **state)
{
    moving_run_begin(&all, 3);
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    struct crossing *x = *state;

    moving_run_let_go();
    crossing_end(x);
    return 0;
}

/* numbers, b (worker 0), a with so many executors, each on the worker that the
 * text says. */
static void put_a(struct crossing *x, const char *homes)
{
    cluster_run_executors(&x->c, "a", (uint32_t)strlen(homes));
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "b", 0);
    for (uint32_t i = 0; homes[i] != '\0'; i++)
        cluster_run_put_one(&x->c, "a", i, (uint32_t)(homes[i] - '0'));
}

static void add_bolts(struct crossing *x, const char *homes)
{
    gale_declarer *a = topology_run_bolt(&x->c.r, "a", &crossing_passer, 1);

    gale_set_tasks(a, MOVING_RUN_TASKS);
    gale_by_fields(a, "numbers", "number");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &moving_run_taker, 2), "a",
                   "n");
    put_a(x, homes);
}

/* -- by table -------------------------------------------------------------- */

struct change {
    const char *what;
    const char *before, *after; /* homes of the executors of a */
    uint32_t workers_before, workers_after;
    uint32_t go_on; /* bits */
};

static const struct change changes[] = {
    {"two others swap executors", "122", "211", 3, 3, 1u << 0},
    {"one is raised to three", "1", "121", 3, 3, 1u << 0},
    {"three become one", "121", "1", 3, 3, 1u << 0},
    {"one moves, a third has none of them", "112", "222", 3, 3, 1u << 0},
    {"one of two workers gives nothing", "112", "332", 4, 4, 1u << 0 | 1u << 2},
    {"a new worker takes one from one of two", "112", "132", 3, 4,
     1u << 0 | 1u << 2},
    {"a worker goes, and one of two gets its own", "132", "112", 4, 3,
     1u << 0 | 1u << 2},
    {"an executor before all others is one more", "111", "111111", 3, 3,
     1u << 0 | 1u << 2},
};

static void run_change(const struct change *change, bool rests)
{
    struct crossing *x = &all;
    struct plan *before;
    uint64_t b = 0;

    moving_run_begin(x, change->workers_before);
    if (rests)
        moving_run_is_patient(x);
    add_bolts(x, change->before);
    cluster_run_start(&x->c);
    crossing_after(x, MOVING_RUN_N / 3);
    if (rests)
        cluster_run_rest(&x->c);
    before = cluster_run_plan(&x->c);
    x->c.plan.n_workers = change->workers_after;
    put_a(x, change->after);
    if (change->go_on & 1u << 2)
        b = crossing_breaks(x, 0, 2);
    if (cluster_run_rebalance(&x->c, before) != change->go_on)
        fail_msg("%s: others go on", change->what);
    plan_free(before);
    if (rests)
        cluster_run_go_on(&x->c);
    cluster_run_until_complete(&x->c);
    if (change->go_on & 1u << 2 && crossing_breaks(x, 0, 2) != b)
        fail_msg("%s: the link of two that go on was lost", change->what);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, change->what);
    if (rests)
        crossing_assert_each_went_once(x, change->what);
    crossing_end(x);
}

static void after_a_drain_nothing_is_lost_and_nothing_comes_twice(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        run_change(&changes[i], true);
}

/* Of no message; waits and is under way all the same. */
static void after_a_drain_what_nobody_tracks_is_not_lost(void **state)
{
    struct crossing *x = &all;

    (void)state;
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const struct change *change = &changes[i];
        struct plan *before;

        moving_run_begin(x, change->workers_before);
        x->numbers.untracked = true;
        add_bolts(x, change->before);
        moving_run_start_and_rest(x);
        before = cluster_run_plan(&x->c);
        x->c.plan.n_workers = change->workers_after;
        put_a(x, change->after);
        assert_int_equal(cluster_run_rebalance(&x->c, before), change->go_on);
        plan_free(before);
        cluster_run_go_on(&x->c);
        cluster_run_complete(&x->c);
        crossing_assert_each_went_once(x, change->what);
        crossing_end(x);
    }
}

static void without_a_drain_what_was_under_way_is_emitted_again(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        run_change(&changes[i], false);
}

struct awaited {
    struct crossing *x;
    uint64_t version;
};

static bool worker_0_acts_by_it(void *arg)
{
    const struct awaited *a = arg;

    return cluster_run_report(&a->x->c, 0).version >= a->version;
}

static void await_version(struct crossing *x, uint64_t version)
{
    struct awaited a = {x, version};

    topology_run_until(worker_0_acts_by_it, &a, "a plan is not taken up");
}

/* So many, each taken up before the next one comes. */
static void give_plans(struct crossing *x, uint32_t n)
{
    gale_err error;

    x->c.plan.me = 0;
    for (uint32_t i = 0; i < n; i++) {
        put_a(x, i % 2 ? "12" : "21");
        x->c.plan.version++;
        assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &error), 0);
        await_version(x, x->c.plan.version);
    }
}

/* The carriers are about to go on when they are asked to park again; nothing
 * but that they stand still may let the worker go on. */
static void plans_come_one_right_behind_the_other(void **state)
{
    struct crossing *x = &all;

    (void)state;
    moving_run_begin(x, 3);
    gale_configure(x->c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(3600));
    gale_configure(x->c.r.builder, "gale.worker.hang.secs", gale_float(0));
    x->c.carriers = 2;
    add_bolts(x, "12");
    cluster_run_start(&x->c);
    crossing_after(x, MOVING_RUN_N / 3);
    give_plans(x, 60);
    crossing_end(x);
}

static gale_result poison(gale_task *task, const gale_tuple *in)
{
    (void)task, (void)in;
    return GALE_POISON;
}

static char spools[] = "/tmp/gale-test-XXXXXX";

static int setup_with_spools(void **state)
{
    memcpy(strrchr(spools, '-') + 1, "XXXXXX", 6);
    return mkdtemp(spools) == NULL || setup(state);
}

/* Workers write there until they have ended. */
static int teardown_with_spools(void **state)
{
    int failed = teardown(state);

    return remove_tree(spools) != 0 || failed;
}

/* The thread that writes them is not parked: TSan looks at it here. */
static void plans_come_while_dead_letters_are_written(void **state)
{
    static const struct probe sick = {.execute = poison};
    struct crossing *x = *state;
    char path[sizeof(spools) + 10];

    snprintf(path, sizeof(path), "%s/letters", spools);
    gale_configure(x->c.r.builder, "gale.topology.dead.letter",
                   gale_cstr(path));
    gale_shuffle(topology_run_bolt(&x->c.r, "sick", &sick, 1), "numbers");
    add_bolts(x, "12");
    cluster_run_put(&x->c, "sick", 0);
    cluster_run_start(&x->c);
    crossing_after(x, 100);
    give_plans(x, 20);
    assert_true(cluster_run_stats(&x->c, "numbers").dead_letters > 0);
}

/* The first plan's news wait for the link's carrier, the second finds it
 * parked. */
static void what_a_link_hears_late_is_older_than_what_it_knows(void **state)
{
    struct crossing *x = &all;
    struct plan *before;
    gale_err error;

    (void)state;
    moving_run_begin(x, 3);
    add_bolts(x, "12");
    moving_run_hold();
    cluster_run_start(&x->c);
    moving_run_await_held();
    x->c.plan.me = 0;
    x->c.workers[2].birth++;
    x->c.plan.version++;
    assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &error), 0);
    before = cluster_run_plan(&x->c);
    put_a(x, "21");
    assert_int_equal(cluster_run_give_plan(&x->c, before), 1u << 0);
    plan_free(before);
    moving_run_let_go();
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "late news");
    crossing_end(x);
}

static bool rests(void *arg)
{
    return !cluster_run_report(arg, 0).active;
}

static void while_another_is_away_spouts_can_be_told_to_rest(void **state)
{
    struct crossing *x = &all;
    gale_err error;

    (void)state;
    moving_run_begin(x, 3);
    add_bolts(x, "12");
    cluster_run_start(&x->c);
    crossing_after(x, MOVING_RUN_N / 3);
    cluster_run_kill(&x->c, 2);
    put_a(x, "21");
    x->c.plan.me = 0;
    x->c.plan.version++;
    assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &error), 0);
    await_version(x, x->c.plan.version);
    member_activate(x->c.members[0], false);
    topology_run_until(rests, &x->c, "spouts do not rest");
    crossing_end(x);
}

/* Worker 0 is given what its plan is now, as of a version. */
static int give(struct crossing *x, uint64_t version, gale_err *error)
{
    x->c.plan.me = 0;
    x->c.plan.version = version;
    return member_replan(x->c.members[0], &x->c.plan, error);
}

static void assert_known(struct crossing *x, uint64_t version)
{
    gale_err error;

    assert_int_equal(give(x, version - 1, &error), -1);
    assert_says(error.text, "is older than the one that is known");
    assert_int_equal(give(x, version, &error), 0);
}

/* Plans come from whoever speaks for the supervisor, or for nimbus, and may
 * overtake each other. Known is what is to be taken up as well. */
static void a_plan_that_is_older_than_the_one_that_is_known_is_refused(
    void **state)
{
    struct crossing *x = *state;
    gale_err error;

    add_bolts(x, "12");
    moving_run_hold();
    cluster_run_start(&x->c);
    moving_run_await_held();
    x->c.workers[2].birth++;
    assert_int_equal(give(x, 10, &error), 0);
    assert_known(x, 10);
    put_a(x, "21");
    assert_int_equal(give(x, 20, &error), 0);
    assert_known(x, 20);
    assert_int_equal(cluster_run_report(&x->c, 0).version, 10);
    moving_run_let_go();
    await_version(x, 20);
    assert_known(x, 20);
}

/* -- what is not simple ---------------------------------------------------- */

static bool is_down(void *arg)
{
    struct link_counts counts;

    member_link(((struct crossing *)arg)->c.members[0], 1, &counts);
    return !counts.up;
}

/* It starts and rests before all is emitted; nothing is under way, and then
 * some waits for worker 1, which is away. */
static void lets_some_wait(struct crossing *x)
{
    uint64_t emitted;

    moving_run_start_and_rest(x);
    emitted = tally_get(&x->numbers.emitted);
    cluster_run_kill(&x->c, 1);
    topology_run_until(is_down, x, "the link stays");
    member_activate(x->c.members[0], true);
    tally_await(&x->numbers.emitted, emitted + 1, "emitted for nobody");
}

/* What waits for an executor whose worker is not there goes where it is then,
 * and none of it is emitted again. */
static void what_waits_for_an_executor_goes_to_its_new_worker(void **state)
{
    struct crossing *x = *state;
    struct plan *before;

    gale_configure(x->c.r.builder, "topology.message.timeout.secs",
                   gale_int(3600));
    add_bolts(x, "1");
    lets_some_wait(x);
    before = cluster_run_plan(&x->c);
    put_a(x, "2");
    cluster_run_kill(&x->c, 2);
    assert_int_equal(cluster_run_rebalance(&x->c, before), 1u << 0);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "all that waited");
    crossing_assert_each_went_once(x, "all that waited");
    assert_null(strstr(topology_run_log(&x->c.r), "are lost"));
    plan_free(before);
}

static bool all_went_through(void *arg)
{
    struct crossing *x = arg;
    uint64_t anew = cluster_run_stats(&x->c, "b").executed;

    return anew > 0 && anew + tally_get(&x->numbers.acked) ==
                           tally_get(&x->numbers.emitted);
}

static bool have_met_anew(void *arg)
{
    struct link_counts counts;

    member_link(((struct crossing *)arg)->c.members[1], 2, &counts);
    return counts.up && counts.breaks == 1;
}

/* The plan, for the one worker. */
static void tell(struct crossing *x, uint32_t worker)
{
    x->c.plan.me = worker;
    x->c.plan.version++;
    assert_int_equal(
        member_replan(x->c.members[worker], &x->c.plan, &x->c.r.error), 0);
}

/* Numbers come to it by way of worker 1; worker 0, with the spout, learns only
 * when all are executed where it is. */
static void acks_for_a_worker_wait_until_it_is_heard_of_first(void **state)
{
    struct crossing *x = *state;

    moving_run_is_patient(x);
    add_bolts(x, "1");
    cluster_run_put(&x->c, "b", 2);
    moving_run_start_and_rest(x);
    cluster_run_kill(&x->c, 2);
    x->c.workers[2].birth++;
    cluster_run_start_untold(&x->c, 2);
    tell(x, 1);
    topology_run_until(have_met_anew, x, "1 and 2 do not meet");
    member_activate(x->c.members[0], true);
    topology_run_until(all_went_through, x,
                       "not all that was emitted is executed");
    assert_true(tally_get(&x->numbers.acked) < MOVING_RUN_N);
    cluster_run_tell(&x->c);
    cluster_run_go_on(&x->c);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "acks that wait");
    crossing_assert_each_went_once(x, "acks that wait");
}

/* Its tasks are shared out anew: there is nobody who could take it as it is. */
static void what_waits_for_an_executor_that_is_gone_is_counted(void **state)
{
    struct crossing *x = *state;
    struct plan *before;

    add_bolts(x, "1");
    lets_some_wait(x);
    before = cluster_run_plan(&x->c);
    put_a(x, "121");
    assert_int_equal(cluster_run_rebalance(&x->c, before), 1u << 0);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "all that waited");
    assert_says(topology_run_log(&x->c.r),
                "tuples that waited for executors which are gone are lost");
    plan_free(before);
}

static _Atomic(bool) in_hole, hole_closes;

static gale_result fall(gale_task *task, const gale_tuple *in)
{
    if (gale_get_int(in, 0) == 0) {
        atomic_store(&in_hole, true);
        while (!atomic_load(&hole_closes))
            ;
    }
    return crossing_passer.execute(task, in);
}

static bool has_failed(void *arg)
{
    struct crossing *x = arg;

    return cluster_run_report(&x->c, 0).error[0] != '\0';
}

static bool falls(void *arg)
{
    (void)arg;
    return atomic_load(&in_hole);
}

static void a_callback_that_does_not_return_ends_who_would_go_on(void **state)
{
    static const struct probe hole = {.streams = OUTPUT_N, .execute = fall};
    struct crossing *x = *state;

    gale_configure(x->c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(1));
    gale_shuffle(topology_run_bolt(&x->c.r, "hole", &hole, 1), "numbers");
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &moving_run_taker, 2), "hole");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "hole", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_start(&x->c);
    topology_run_until(falls, x, "nobody falls");
    cluster_run_put_one(&x->c, "a", 0, 2);
    x->c.plan.me = 0;
    assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &x->c.r.error),
                     0);
    topology_run_until(has_failed, x, "it does not fail");
    assert_says(cluster_run_report(&x->c, 0).error,
                "a callback has not returned for half of "
                "gale.worker.link.timeout.secs");
    atomic_store(&hole_closes, true);
}

/* Also while it parks: the last one counts. */
static void of_plans_that_follow_each_other_the_last_one_counts(void **state)
{
    struct crossing *x = *state;
    struct plan *before;

    add_bolts(x, "12");
    x->c.carriers = 2;
    cluster_run_start(&x->c);
    crossing_after(x, MOVING_RUN_N / 4);
    before = cluster_run_plan(&x->c);
    for (uint32_t i = 0; i < 20; i++) {
        put_a(x, i % 2 == 0 ? "21" : "12");
        x->c.plan.version++;
        x->c.plan.me = 0;
        assert_int_equal(
            member_replan(x->c.members[0], &x->c.plan, &x->c.r.error), 0);
    }
    put_a(x, "22");
    assert_int_equal(cluster_run_rebalance(&x->c, before), 1u << 0);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "plans in a row");
    plan_free(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_drain_nothing_is_lost_and_nothing_comes_twice),
        cmocka_unit_test(after_a_drain_what_nobody_tracks_is_not_lost),
        cmocka_unit_test(without_a_drain_what_was_under_way_is_emitted_again),
        cmocka_unit_test(what_a_link_hears_late_is_older_than_what_it_knows),
        cmocka_unit_test(while_another_is_away_spouts_can_be_told_to_rest),
        cmocka_unit_test(plans_come_one_right_behind_the_other),
        cmocka_unit_test_setup_teardown(
            plans_come_while_dead_letters_are_written, setup_with_spools,
            teardown_with_spools),
        TEST(a_plan_that_is_older_than_the_one_that_is_known_is_refused),
        TEST(what_waits_for_an_executor_goes_to_its_new_worker),
        TEST(acks_for_a_worker_wait_until_it_is_heard_of_first),
        TEST(what_waits_for_an_executor_that_is_gone_is_counted),
        TEST(a_callback_that_does_not_return_ends_who_would_go_on),
        TEST(of_plans_that_follow_each_other_the_last_one_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
