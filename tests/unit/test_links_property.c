/*
 * test_links_property.c - whatever topology runs on whichever workers, and
 * whatever breaks between them: what is acked was executed by the last bolt,
 * each message is acked once, and all are in the end.
 */
#include "common/random.h"
#include "tests/support/cluster_run.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 3000, BOLTS_MAX = 4, RUNS = 6 };

static _Atomic(uint32_t) seen[N];

struct drawn {
    struct random random;
    struct cluster_run c;
    struct number_source numbers;
    uint32_t n_bolts;
    char text[400]; /* what was drawn */
};

static uint32_t below(struct drawn *d, uint32_t n)
{
    return (uint32_t)(random_next(&d->random) >> 32) % n;
}

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

/* Some fail when they come for the first time. */
static gale_result take(gale_task *task, const gale_tuple *in)
{
    int64_t n = gale_get_int(in, 0);

    (void)task;
    return atomic_fetch_add(&seen[n], 1) == 0 && n % 50 == 7 ? GALE_RETRY
                                                             : GALE_OK;
}

static const struct probe passer = {.streams = OUTPUT_N, .execute = pass_on};
static const struct probe taker = {.execute = take};

/* A chain of bolts, on workers by lot. */
static void draw(struct drawn *d)
{
    static const char *const ids[] = {"numbers", "a", "b", "c", "d"};

    d->n_bolts = 1 + below(d, BOLTS_MAX);
    d->c.carriers = 1 + below(d, 2);
    for (uint32_t i = 1; i <= d->n_bolts; i++) {
        const struct probe *p = i == d->n_bolts ? &taker : &passer;

        cluster_run_subscribe(
            below(d, 5),
            topology_run_bolt(&d->c.r, ids[i], p, 1 + (int)below(d, 4)),
            ids[i - 1], i == 1 ? "number" : "n");
    }
    for (uint32_t i = 0; i < CLUSTER_EXECUTORS; i++)
        d->c.homes[i] = below(d, d->c.n);
    cluster_run_put(&d->c, "numbers", 0);
    snprintf(d->text, sizeof(d->text), "%u workers, %u carriers, %u bolts",
             d->c.n, d->c.carriers, d->n_bolts);
}

/* Not of worker 0: its spout would not know what it has emitted. */
static void restart(struct drawn *d)
{
    uint32_t worker = 1 + below(d, d->c.n - 1);

    cluster_run_kill(&d->c, worker);
    d->c.workers[worker].birth += below(d, 2); /* in its place, or anew */
    cluster_run_start_one(&d->c, worker);
}

static void break_something(struct drawn *d)
{
    switch (below(d, 3)) {
    case 0:
        cluster_run_cut(&d->c, below(d, d->c.n));
        break;
    case 1:
        atomic_store(&d->c.worlds[below(d, d->c.n)].damages, true);
        break;
    default:
        restart(d);
        break;
    }
}

static void look(struct drawn *d, uint64_t seed)
{
    for (uint32_t i = 0; i < N; i++)
        if (d->numbers.acks[i] != 1 || seen[i] == 0)
            fail_msg("seed %llu, %s: %u was acked %u times, seen %u times",
                     (unsigned long long)seed, d->text, i, d->numbers.acks[i],
                     seen[i]);
    assert_int_equal(d->numbers.strangers, 0);
}

static void run(uint64_t seed)
{
    struct drawn d;
    uint32_t breaks;

    memset(&d, 0, sizeof(d));
    memset((void *)(uintptr_t)seen, 0, sizeof(seen));
    random_seed(&d.random, seed);
    cluster_run_begin(&d.c, "drawn", 2 + below(&d, CLUSTER_WORKERS - 1));
    gale_configure(d.c.r.builder, "topology.message.timeout.secs", gale_int(1));
    gale_configure(d.c.r.builder, "topology.max.spout.pending", gale_int(200));
    gale_configure(d.c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(2));
    number_source_init(&d.numbers, N);
    d.numbers.replays = true;
    topology_run_spout(&d.c.r, "numbers", &d.numbers.probe, 1);
    draw(&d);
    breaks = below(&d, 5);
    cluster_run_start(&d.c);
    for (uint32_t i = 1; i <= breaks; i++) {
        tally_await(&d.numbers.acked, (uint64_t)i * N / (breaks + 1), "acks");
        break_something(&d);
    }
    cluster_run_complete(&d.c);
    look(&d, seed);
    cluster_run_end(&d.c);
    number_source_fini(&d.numbers);
}

static void whatever_breaks_nothing_that_was_acked_is_lost(void **state)
{
    uint64_t seed = topology_run_seed("test_links_property");

    (void)state;
    for (uint32_t i = 0; i < RUNS; i++)
        run(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_breaks_nothing_that_was_acked_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
