/*
 * test_rewiring_property.c - executors move by lot, in topologies by lot; what
 * is drawn is drawn by a seed.
 */
#include "common/random.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/moving_run.h"
#include "worker/worker.h"
#include <string.h>

enum { RUNS = 8, ROUNDS = 4 };

static struct crossing all;

struct drawn {
    struct random random;
    struct crossing *x;
    uint32_t n_bolts;
    uint32_t homes[CLUSTER_COMPONENTS]
                  [MOVING_RUN_TASKS]; /* of each bolt's executors */
    bool rests;                       /* always, before executors move */
    char text[200];
};

static const char *const ids[] = {"numbers", "b", "c", "d", "e"};

static uint32_t below(struct drawn *d, uint32_t n)
{
    return (uint32_t)(random_next(&d->random) >> 32) % n;
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
    cluster_run_executors(c, ids[bolt], 1 + below(d, MOVING_RUN_TASKS));
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
        uint32_t from = e * MOVING_RUN_TASKS / p->executors[bolt];

        if (p->homes[first + e] == worker && task >= from &&
            task < (e + 1) * MOVING_RUN_TASKS / p->executors[bolt])
            return from;
    }
    return UINT32_MAX;
}

static bool same_tasks(const struct drawn *d, const struct plan *a,
                       const struct plan *b, uint32_t worker)
{
    for (uint32_t bolt = 2; bolt <= d->n_bolts; bolt++)
        for (uint32_t task = 0; task < MOVING_RUN_TASKS; task++)
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
    if (d->rests)
        moving_run_is_patient(d->x);
    c->carriers = 1 + below(d, 3);
    for (uint32_t i = 1; i <= d->n_bolts; i++) {
        gale_declarer *bolt = topology_run_bolt(
            &c->r, ids[i],
            i == d->n_bolts ? &moving_run_taker : &crossing_passer, 2);

        gale_set_tasks(bolt, i == 1 ? 2 : MOVING_RUN_TASKS);
        cluster_run_subscribe(below(d, 5), bolt, ids[i - 1],
                              i == 1 ? "number" : "n");
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
    moving_run_begin(&all, CLUSTER_WORKERS);
    draw(&d, seed);
    cluster_run_start(&all.c);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        crossing_after(&all, (uint64_t)i * MOVING_RUN_N / (ROUNDS + 1));
        move_some(&d);
    }
    cluster_run_complete(&all.c);
    crossing_assert_nothing_lost(&all, d.text);
    if (d.rests)
        crossing_assert_each_went_once(&all, d.text);
    crossing_end(&all);
}

static void whatever_moves_nothing_that_was_acked_is_lost(void **state)
{
    uint64_t seed = topology_run_seed("test_rewiring_property");

    (void)state;
    for (uint32_t i = 0; i < RUNS; i++)
        run_drawn(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_moves_nothing_that_was_acked_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
