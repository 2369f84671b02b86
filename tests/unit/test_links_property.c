/*
 * test_links_property.c - whatever topology runs on whichever workers, and
 * whatever breaks between them: what is acked was executed by the last bolt,
 * each message is acked once, and all are in the end.
 */
#include "common/random.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/crossing.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 3000, BOLTS_MAX = 4, RUNS = 6 };

struct drawn {
    struct random random;
    struct crossing x;
    uint32_t n_bolts;
    char text[400]; /* what was drawn */
};

static uint32_t below(struct drawn *d, uint32_t n)
{
    return (uint32_t)(random_next(&d->random) >> 32) % n;
}

/* Some fail when they come for the first time. */
static gale_result take(gale_task *task, const gale_tuple *in)
{
    bool is_first = crossing_see(in) == 0;

    (void)task;
    return is_first && gale_get_int(in, 0) % 50 == 7 ? GALE_RETRY : GALE_OK;
}

static const struct probe taker = {.execute = take};

/* A chain of bolts, on workers by lot. */
static void draw(struct drawn *d, uint64_t seed)
{
    static const char *const ids[] = {"numbers", "a", "b", "c", "d"};

    d->n_bolts = 1 + below(d, BOLTS_MAX);
    d->x.c.carriers = 1 + below(d, 2);
    for (uint32_t i = 1; i <= d->n_bolts; i++) {
        const struct probe *p = i == d->n_bolts ? &taker : &crossing_passer;

        cluster_run_subscribe(
            below(d, 5),
            topology_run_bolt(&d->x.c.r, ids[i], p, 1 + (int)below(d, 4)),
            ids[i - 1], i == 1 ? "number" : "n");
    }
    for (uint32_t i = 0; i < CLUSTER_EXECUTORS; i++)
        d->x.c.homes[i] = below(d, d->x.c.n);
    cluster_run_put(&d->x.c, "numbers", 0);
    snprintf(d->text, sizeof(d->text),
             "seed %llu, %u workers, %u carriers, %u bolts",
             (unsigned long long)seed, d->x.c.n, d->x.c.carriers, d->n_bolts);
}

/* Not of worker 0: its spout would not know what it has emitted. */
static void restart(struct drawn *d)
{
    uint32_t worker = 1 + below(d, d->x.c.n - 1);

    cluster_run_kill(&d->x.c, worker);
    d->x.c.workers[worker].birth += below(d, 2); /* in its place, or anew */
    cluster_run_start_one(&d->x.c, worker);
}

static void break_something(struct drawn *d)
{
    switch (below(d, 3)) {
    case 0:
        cluster_run_cut(&d->x.c, below(d, d->x.c.n));
        break;
    case 1:
        atomic_store(&d->x.c.worlds[below(d, d->x.c.n)].damages, true);
        break;
    default:
        restart(d);
        break;
    }
}

static void run(uint64_t seed)
{
    struct drawn d;
    uint32_t breaks;

    memset(&d, 0, sizeof(d));
    random_seed(&d.random, seed);
    crossing_begin(&d.x, "drawn", 2 + below(&d, CLUSTER_WORKERS - 1), N);
    crossing_replays(&d.x, 200);
    gale_configure(d.x.c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(2));
    draw(&d, seed);
    breaks = below(&d, 5);
    cluster_run_start(&d.x.c);
    for (uint32_t i = 1; i <= breaks; i++) {
        crossing_after(&d.x, (uint64_t)i * N / (breaks + 1));
        break_something(&d);
    }
    cluster_run_complete(&d.x.c);
    crossing_assert_nothing_lost(&d.x, d.text);
    crossing_end(&d.x);
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
