/*
 * test_rewiring.c - executors move between other workers while a worker goes
 * on: it is the same process, with what its bolts hold, and nothing is lost.
 */
#include "common/random.h"
#include "tests/support/cluster_run.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "worker/worker.h"
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { N = 6000, RUNS = 8, ROUNDS = 4, TASKS = 6 };

struct moving {
    struct cluster_run c;
    struct number_source numbers;
    struct plan *before;
};

static struct moving all;
static _Atomic(uint32_t) seen[N];

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static _Atomic(bool) holds, is_held; /* b does not return; it is called */

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    while (atomic_load(&holds)) {
        atomic_store(&is_held, true);
        sched_yield();
    }
    atomic_fetch_add(&seen[gale_get_int(in, 0)], 1);
    return GALE_OK;
}

static const struct probe passer = {.streams = OUTPUT_N, .execute = pass_on};
static const struct probe taker = {.execute = take};

static void begin(struct moving *x, uint32_t workers)
{
    memset(x, 0, sizeof(*x));
    memset((void *)(uintptr_t)seen, 0, sizeof(seen));
    cluster_run_begin(&x->c, "moving", workers);
    gale_configure(x->c.r.builder, "topology.message.timeout.secs",
                   gale_int(1));
    gale_configure(x->c.r.builder, "topology.max.spout.pending", gale_int(300));
    number_source_init(&x->numbers, N);
    x->numbers.replays = true;
    topology_run_spout(&x->c.r, "numbers", &x->numbers.probe, 1);
}

static int setup(void **state)
{
    begin(&all, 3);
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    struct moving *x = *state;

    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
    return 0;
}

/* numbers, b (worker 0), a with so many executors, each on the worker that the
 * text says. */
static void put_a(struct moving *x, const char *homes)
{
    cluster_run_executors(&x->c, "a", (uint32_t)strlen(homes));
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "b", 0);
    for (uint32_t i = 0; homes[i] != '\0'; i++)
        cluster_run_put_one(&x->c, "a", i, (uint32_t)(homes[i] - '0'));
}

static void add_bolts(struct moving *x, const char *homes)
{
    gale_declarer *a = topology_run_bolt(&x->c.r, "a", &passer, 1);

    gale_set_tasks(a, TASKS);
    gale_by_fields(a, "numbers", "number");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &taker, 2), "a", "n");
    put_a(x, homes);
}

static void after(struct moving *x, uint64_t acks)
{
    tally_await(&x->numbers.acked, acks, "acks");
}

static uint64_t breaks(struct moving *x, uint32_t worker, uint32_t peer)
{
    struct link_counts counts;

    member_link(x->c.members[worker], peer, &counts);
    return counts.breaks;
}

/* Each was acked once, and what was acked was executed. */
static void assert_nothing_lost(const struct moving *x, const char *what)
{
    for (uint32_t i = 0; i < N; i++)
        if (x->numbers.acks[i] != 1 || seen[i] == 0)
            fail_msg("%s: %u was acked %u times, seen %u times", what, i,
                     x->numbers.acks[i], seen[i]);
    assert_int_equal(x->numbers.strangers, 0);
}

/* … and nothing was executed twice. */
static void assert_each_seen_once(const char *what)
{
    for (uint32_t i = 0; i < N; i++)
        if (seen[i] != 1)
            fail_msg("%s: %u was seen %u times", what, i, seen[i]);
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
    struct moving *x = &all;
    struct plan *before;
    uint64_t b = 0;

    begin(x, change->workers_before);
    add_bolts(x, change->before);
    cluster_run_start(&x->c);
    after(x, N / 3);
    if (rests)
        cluster_run_rest(&x->c);
    before = cluster_run_plan(&x->c);
    x->c.plan.n_workers = change->workers_after;
    put_a(x, change->after);
    if (change->go_on & 1u << 2)
        b = breaks(x, 0, 2);
    if (cluster_run_rebalance(&x->c, before) != change->go_on)
        fail_msg("%s: others go on", change->what);
    plan_free(before);
    if (rests)
        cluster_run_go_on(&x->c);
    cluster_run_until_complete(&x->c);
    if (change->go_on & 1u << 2 && breaks(x, 0, 2) != b)
        fail_msg("%s: the link of two that go on was lost", change->what);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x, change->what);
    if (rests)
        assert_each_seen_once(change->what);
    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
}

static void after_a_drain_nothing_is_lost_and_nothing_comes_twice(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        run_change(&changes[i], true);
}

static void without_a_drain_what_was_under_way_is_emitted_again(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        run_change(&changes[i], false);
}

static void await_version(struct moving *x, uint64_t version)
{
    while (cluster_run_report(&x->c, 0).version < version)
        ;
}

/* The carriers are about to go on when they are asked to park again. */
static void plans_come_one_right_behind_the_other(void **state)
{
    struct moving *x = &all;
    gale_err error;

    (void)state;
    begin(x, 3);
    x->c.carriers = 2;
    add_bolts(x, "12");
    cluster_run_start(&x->c);
    after(x, N / 3);
    x->c.plan.me = 0;
    for (uint32_t i = 0; i < 200; i++) {
        put_a(x, i % 2 ? "12" : "21");
        x->c.plan.version++;
        assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &error), 0);
        await_version(x, x->c.plan.version);
    }
    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
}

static void hold(void)
{
    atomic_store(&is_held, false);
    atomic_store(&holds, true);
    while (!atomic_load(&is_held))
        sched_yield();
}

/* The first plan's news wait for the link's carrier, the second finds it
 * parked. */
static void what_a_link_hears_late_is_older_than_what_it_knows(void **state)
{
    struct moving *x = &all;
    struct plan *before;
    gale_err error;

    (void)state;
    begin(x, 3);
    add_bolts(x, "12");
    cluster_run_start(&x->c);
    after(x, N / 3);
    hold();
    x->c.plan.me = 0;
    x->c.workers[2].birth++;
    x->c.plan.version++;
    assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &error), 0);
    before = cluster_run_plan(&x->c);
    put_a(x, "21");
    assert_int_equal(cluster_run_rebalance(&x->c, before), 1u << 0);
    plan_free(before);
    atomic_store(&holds, false);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x, "late news");
    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
}

static bool rests(void *arg)
{
    return !cluster_run_report(arg, 0).active;
}

static void while_another_is_away_spouts_can_be_told_to_rest(void **state)
{
    struct moving *x = &all;
    gale_err error;

    (void)state;
    begin(x, 3);
    add_bolts(x, "12");
    cluster_run_start(&x->c);
    after(x, N / 3);
    cluster_run_kill(&x->c, 2);
    put_a(x, "21");
    x->c.plan.me = 0;
    x->c.plan.version++;
    assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &error), 0);
    await_version(x, x->c.plan.version);
    member_activate(x->c.members[0], false);
    topology_run_until(rests, &x->c, "spouts do not rest");
    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_drain_nothing_is_lost_and_nothing_comes_twice),
        cmocka_unit_test(without_a_drain_what_was_under_way_is_emitted_again),
        cmocka_unit_test(what_a_link_hears_late_is_older_than_what_it_knows),
        cmocka_unit_test(while_another_is_away_spouts_can_be_told_to_rest),
        cmocka_unit_test(plans_come_one_right_behind_the_other),
    };

    (void)setup, (void)teardown;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
