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
    assert_int_equal(cluster_run_give_plan(&x->c, before), 1u << 0);
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

/* -- what is not simple ---------------------------------------------------- */

static bool is_down(void *arg)
{
    struct link_counts counts;

    member_link(((struct moving *)arg)->c.members[0], 1, &counts);
    return !counts.up;
}

/* Nothing is under way, and then some waits for worker 1, which is away. */
static void lets_some_wait(struct moving *x)
{
    uint64_t emitted;

    cluster_run_rest(&x->c);
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
    struct moving *x = *state;
    struct plan *before;

    gale_configure(x->c.r.builder, "topology.message.timeout.secs",
                   gale_int(3600));
    add_bolts(x, "1");
    cluster_run_start(&x->c);
    after(x, N / 4);
    lets_some_wait(x);
    before = cluster_run_plan(&x->c);
    put_a(x, "2");
    cluster_run_kill(&x->c, 2);
    assert_int_equal(cluster_run_rebalance(&x->c, before), 1u << 0);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x, "all that waited");
    assert_each_seen_once("all that waited");
    assert_null(strstr(topology_run_log(&x->c.r), "are lost"));
    plan_free(before);
}

/* Its tasks are shared out anew: there is nobody who could take it as it is. */
static void what_waits_for_an_executor_that_is_gone_is_counted(void **state)
{
    struct moving *x = *state;
    struct plan *before;

    add_bolts(x, "1");
    cluster_run_start(&x->c);
    after(x, N / 4);
    lets_some_wait(x);
    before = cluster_run_plan(&x->c);
    put_a(x, "121");
    assert_int_equal(cluster_run_rebalance(&x->c, before), 1u << 0);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x, "all that waited");
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
    return pass_on(task, in);
}

static bool has_failed(void *arg)
{
    struct moving *x = arg;

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
    struct moving *x = *state;

    gale_configure(x->c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(1));
    gale_shuffle(topology_run_bolt(&x->c.r, "hole", &hole, 1), "numbers");
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &taker, 2), "hole");
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
    struct moving *x = *state;
    struct plan *before;

    add_bolts(x, "12");
    x->c.carriers = 2;
    cluster_run_start(&x->c);
    after(x, N / 4);
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
    assert_nothing_lost(x, "plans in a row");
    plan_free(before);
}

/* -- by lot ---------------------------------------------------------------- */

struct drawn {
    struct random random;
    struct moving *x;
    uint32_t n_bolts;
    uint32_t homes[CLUSTER_COMPONENTS][TASKS]; /* of each bolt's executors */
    bool rests; /* always, before executors move */
    char text[200];
};

static const char *const ids[] = {"numbers", "b", "c", "d", "e"};

static uint32_t below(struct drawn *d, uint32_t n)
{
    return (uint32_t)(random_next(&d->random) >> 32) % n;
}

static void subscribe(struct drawn *d, gale_declarer *to, const char *from,
                      const char *field)
{
    switch (below(d, 5)) {
    case 0:
        gale_shuffle(to, from);
        break;
    case 1:
        gale_by_fields(to, from, field);
        break;
    case 2:
        gale_partial_key(to, from, field);
        break;
    case 3:
        gale_local_or_shuffle(to, from);
        break;
    default:
        gale_global(to, from);
        break;
    }
}

static uint32_t any_worker(struct drawn *d)
{
    return 1 + below(d, d->x->c.plan.n_workers - 1);
}

/* All executors of a bolt, perhaps more or fewer than there were, or one. */
static void deal_bolt(struct drawn *d, uint32_t bolt)
{
    struct cluster_run *c = &d->x->c;

    if (below(d, 2) == 0) {
        d->homes[bolt][below(d, c->executors[bolt])] = any_worker(d);
        return;
    }
    cluster_run_executors(c, ids[bolt], 1 + below(d, TASKS));
    for (uint32_t i = 0; i < c->executors[bolt]; i++)
        d->homes[bolt][i] = any_worker(d);
}

/* Worker 0 has the spout and the first bolt, always; the others have the
 * others, and those of workers that are gone. */
static void put_all(struct drawn *d)
{
    struct cluster_run *c = &d->x->c;

    cluster_run_put(c, "numbers", 0);
    cluster_run_put(c, "b", 0);
    for (uint32_t bolt = 2; bolt <= d->n_bolts; bolt++)
        for (uint32_t i = 0; i < c->executors[bolt]; i++) {
            if (d->homes[bolt][i] == 0 ||
                d->homes[bolt][i] >= c->plan.n_workers)
                d->homes[bolt][i] = any_worker(d);
            cluster_run_put_one(c, ids[bolt], i, d->homes[bolt][i]);
        }
}

static void deal(struct drawn *d)
{
    if (below(d, 2) == 0)
        d->x->c.plan.n_workers = 2 + below(d, CLUSTER_WORKERS - 1);
    deal_bolt(d, 2 + below(d, d->n_bolts - 1));
    put_all(d);
}

/* In other words: bolt `c`'s task is on the worker, in an executor that begins
 * with which task; UINT32_MAX: it is not. */
static uint32_t begins_at(const struct plan *p, uint32_t worker, uint32_t bolt,
                          uint32_t task)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i < bolt; i++)
        first += p->executors[i];
    for (uint32_t e = 0; e < p->executors[bolt]; e++) {
        uint32_t from = e * TASKS / p->executors[bolt];

        if (p->homes[first + e] == worker && task >= from &&
            task < (e + 1) * TASKS / p->executors[bolt])
            return from;
    }
    return UINT32_MAX;
}

static bool same_tasks(const struct drawn *d, const struct plan *a,
                       const struct plan *b, uint32_t worker)
{
    for (uint32_t bolt = 2; bolt <= d->n_bolts; bolt++)
        for (uint32_t task = 0; task < TASKS; task++)
            if (begins_at(a, worker, bolt, task) !=
                begins_at(b, worker, bolt, task))
                return false;
    return true;
}

static uint32_t expected(const struct drawn *d, const struct plan *before)
{
    const struct plan *after = &d->x->c.plan;
    uint32_t go_on = 0;

    for (uint32_t i = 0; i < before->n_workers && i < after->n_workers; i++)
        if (same_tasks(d, before, after, i))
            go_on |= 1u << i;
    return go_on;
}

static void move_some(struct drawn *d)
{
    struct cluster_run *c = &d->x->c;
    bool rests = d->rests || below(d, 2) == 0;
    struct plan *before = cluster_run_plan(c);
    uint32_t go_on;

    if (rests)
        cluster_run_rest(c);
    deal(d);
    go_on = cluster_run_rebalance(c, before);
    if (go_on != expected(d, before))
        fail_msg("%s: others go on", d->text);
    if (rests)
        cluster_run_go_on(c);
    plan_free(before);
}

static void draw(struct drawn *d, uint64_t seed)
{
    struct cluster_run *c = &d->x->c;

    d->n_bolts = 3 + below(d, 2);
    d->rests = below(d, 2) == 0;
    c->carriers = 1 + below(d, 3);
    for (uint32_t i = 1; i <= d->n_bolts; i++) {
        gale_declarer *bolt = topology_run_bolt(
            &c->r, ids[i], i == d->n_bolts ? &taker : &passer, 2);

        gale_set_tasks(bolt, i == 1 ? 2 : TASKS);
        subscribe(d, bolt, ids[i - 1], i == 1 ? "number" : "n");
    }
    cluster_run_executors(c, "numbers", 1);
    deal(d);
    c->n = c->plan.n_workers;
    snprintf(d->text, sizeof(d->text),
             "seed %llu: %u bolts, %u carriers, drained%s",
             (unsigned long long)seed, d->n_bolts, c->carriers,
             d->rests ? "" : " or not");
}

static void run_drawn(uint64_t seed)
{
    struct drawn d = {.x = &all};

    random_seed(&d.random, seed);
    begin(&all, CLUSTER_WORKERS);
    draw(&d, seed);
    cluster_run_start(&all.c);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        after(&all, (uint64_t)i * N / (ROUNDS + 1));
        move_some(&d);
    }
    cluster_run_complete(&all.c);
    assert_nothing_lost(&all, d.text);
    if (d.rests)
        assert_each_seen_once(d.text);
    cluster_run_end(&all.c);
    number_source_fini(&all.numbers);
}

static void whatever_moves_nothing_that_was_acked_is_lost(void **state)
{
    uint64_t seed = topology_run_seed("test_rewiring");

    (void)state;
    for (uint32_t i = 0; i < RUNS; i++)
        run_drawn(seed + i);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_drain_nothing_is_lost_and_nothing_comes_twice),
        cmocka_unit_test(without_a_drain_what_was_under_way_is_emitted_again),
        cmocka_unit_test(what_a_link_hears_late_is_older_than_what_it_knows),
        cmocka_unit_test(while_another_is_away_spouts_can_be_told_to_rest),
        cmocka_unit_test(plans_come_one_right_behind_the_other),
        TEST(what_waits_for_an_executor_goes_to_its_new_worker),
        TEST(what_waits_for_an_executor_that_is_gone_is_counted),
        TEST(a_callback_that_does_not_return_ends_who_would_go_on),
        TEST(of_plans_that_follow_each_other_the_last_one_counts),
        cmocka_unit_test(whatever_moves_nothing_that_was_acked_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
