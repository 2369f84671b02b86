/* test_executor_share.c - which executors each worker of a topology has. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/executor_share.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"
#include <inttypes.h>

enum { COMPONENTS_MAX = 12, EXECUTORS_MAX = 40, WORKERS_MAX = 9 };

/* -- small ones, by hand --------------------------------------------------- */

static struct assignment_record shared(const struct topology_record *t,
                                       const struct assignment_record *present)
{
    struct assignment_record a = {.n_workers = executor_share_workers(t)};

    a.workers = xcalloc(a.n_workers, sizeof(*a.workers));
    executor_share(t, present, a.n_workers, a.workers);
    return a;
}

/* "0:0-2 1:0 | …": ranges by component, workers apart. */
static void expect(const struct assignment_record *a, const char *wanted)
{
    char text[512] = "", *at = text;

    for (uint32_t w = 0; w < a->n_workers; w++) {
        at += snprintf(at, 8, "%s", w > 0 ? " | " : "");
        for (uint32_t i = 0; i < a->workers[w].n_executors; i++) {
            const struct executor_range *r = &a->workers[w].executors[i];

            at += snprintf(at, 32, "%s%u:%u-%u", i > 0 ? " " : "",
                           (unsigned)r->component, (unsigned)r->first,
                           (unsigned)(r->first + r->n - 1));
        }
    }
    assert_string_equal(text, wanted);
}

static void it_goes_round_and_on_with_the_next_component(void **state)
{
    static const struct {
        uint32_t workers, n;
        uint32_t executors[4];
        const char *wanted;
    } cases[] = {
        {1, 2, {2, 3}, "0:0-1 1:0-2"},
        {2, 1, {5}, "0:0-2 | 0:3-4"},
        {2, 2, {3, 3}, "0:0-1 1:0-0 | 0:2-2 1:1-2"},
        {3, 4, {1, 1, 1, 1}, "0:0-0 3:0-0 | 1:0-0 | 2:0-0"},
        {9, 2, {1, 2}, "0:0-0 | 1:0-0 | 1:1-1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t;
        struct assignment_record a;

        sample_topology(&t, "t", 1, cases[i].workers, cases[i].n,
                        cases[i].executors);
        a = shared(&t, NULL);
        expect(&a, cases[i].wanted);
        assignment_record_free(&a);
        topology_record_free(&t);
    }
}

static void who_has_an_executor_keeps_it_if_all_stay_even(void **state)
{
    static const struct {
        uint32_t workers[2], n;
        uint32_t executors[2][3];
        const char *before, *after;
    } cases[] = {
        /* as it was */
        {{2, 2},
         2,
         {{3, 2}, {3, 2}},
         "0:0-1 1:0-0 | 0:2-2 1:1-1",
         "0:0-1 1:0-0 | 0:2-2 1:1-1"},
        /* more workers: each gives what the new ones need */
        {{2, 3}, 1, {{6}, {6}}, "0:0-2 | 0:3-5", "0:0-1 | 0:3-4 | 0:2-2 0:5-5"},
        /* fewer: those that remain take what is left */
        {{3, 2},
         1,
         {{6}, {6}},
         "0:0-1 | 0:2-3 | 0:4-5",
         "0:0-1 0:4-4 | 0:2-3 0:5-5"},
        /* more executors, and fewer */
        {{2, 2}, 1, {{2}, {4}}, "0:0-0 | 0:1-1", "0:0-0 0:2-2 | 0:1-1 0:3-3"},
        {{2, 2}, 1, {{4}, {2}}, "0:0-1 | 0:2-3", "0:0-0 | 0:1-1"},
        /* none is kept at the cost of an idle worker */
        {{1, 3},
         3,
         {{1, 1, 1}, {1, 1, 1}},
         "0:0-0 1:0-0 2:0-0",
         "2:0-0 | 0:0-0 | 1:0-0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t;
        struct assignment_record a, b;

        sample_topology(&t, "t", 1, cases[i].workers[0], cases[i].n,
                        cases[i].executors[0]);
        a = shared(&t, NULL);
        expect(&a, cases[i].before);
        t.workers = cases[i].workers[1];
        for (uint32_t c = 0; c < cases[i].n; c++)
            t.components[c].executors = cases[i].executors[1][c];
        b = shared(&t, &a);
        expect(&b, cases[i].after);
        assignment_record_free(&a);
        assignment_record_free(&b);
        topology_record_free(&t);
    }
}

/* -- many, by seed --------------------------------------------------------- */

struct counts {
    uint32_t owner[COMPONENTS_MAX][EXECUTORS_MAX];
    uint32_t of[WORKERS_MAX][COMPONENTS_MAX];
    uint32_t all[WORKERS_MAX];
};

/* Each executor has one worker. */
static void count(const struct topology_record *t,
                  const struct assignment_record *a, struct counts *n,
                  uint64_t seed)
{
    uint32_t total = 0;

    *n = (struct counts){.all = {0}};
    memset(n->owner, 0xff, sizeof(n->owner));
    for (uint32_t w = 0; w < a->n_workers; w++)
        for (uint32_t i = 0; i < a->workers[w].n_executors; i++) {
            const struct executor_range *r = &a->workers[w].executors[i];

            for (uint32_t e = r->first; e < r->first + r->n; e++, total++) {
                if (e >= t->components[r->component].executors ||
                    n->owner[r->component][e] != UINT32_MAX)
                    fail_msg("seed %" PRIu64 ": an executor is wrong", seed);
                n->owner[r->component][e] = w;
                n->of[w][r->component]++;
                n->all[w]++;
            }
        }
    for (uint32_t c = 0; c < t->n_components; c++)
        total -= t->components[c].executors;
    if (total != 0)
        fail_msg("seed %" PRIu64 ": an executor has no worker", seed);
}

static void assert_even(const struct topology_record *t, uint32_t n_workers,
                        const struct counts *n, uint64_t seed)
{
    for (uint32_t v = 0; v < n_workers; v++)
        for (uint32_t w = 0; w < n_workers; w++) {
            bool even = n->all[v] <= n->all[w] + 1;

            for (uint32_t c = 0; c < t->n_components; c++)
                even = even && n->of[v][c] <= n->of[w][c] + 1;
            if (!even)
                fail_msg("seed %" PRIu64 ": worker %u has more than worker %u",
                         seed, (unsigned)v, (unsigned)w);
        }
}

static uint32_t n_moved(const struct topology_record *t, const struct counts *a,
                        const struct counts *b)
{
    uint32_t moved = 0;

    for (uint32_t c = 0; c < t->n_components; c++)
        for (uint32_t e = 0; e < t->components[c].executors; e++)
            moved += a->owner[c][e] != UINT32_MAX &&
                     a->owner[c][e] != b->owner[c][e];
    return moved;
}

/* The least that must move so that one component is even. */
static uint32_t least_moved(const struct topology_record *t, uint32_t c,
                            const struct counts *a, uint32_t n_workers)
{
    uint32_t n = t->components[c].executors, extra = n % n_workers;
    uint32_t had[WORKERS_MAX] = {0}, kept = 0, existed = 0;

    for (uint32_t e = 0; e < n; e++) {
        existed += a->owner[c][e] != UINT32_MAX;
        if (a->owner[c][e] < n_workers)
            had[a->owner[c][e]]++;
    }
    for (uint32_t w = 0; w < n_workers; w++) {
        uint32_t may = n / n_workers;

        if (had[w] > may && extra > 0) {
            may++;
            extra--;
        }
        kept += had[w] < may ? had[w] : may;
    }
    return existed - kept;
}

static void draw(struct random *r, struct topology_record *t)
{
    t->workers = (uint32_t)random_below(r, WORKERS_MAX) + 1;
    for (uint32_t c = 0; c < t->n_components; c++)
        t->components[c].executors =
            (uint32_t)random_below(r, t->components[c].tasks) + 1;
}

static void one_seed(uint64_t seed, uint64_t *moved, uint64_t *least)
{
    uint32_t tasks[COMPONENTS_MAX], n;
    struct assignment_record a, b;
    struct counts before, after;
    struct topology_record t;
    struct random r;

    random_seed(&r, seed);
    n = (uint32_t)random_below(&r, COMPONENTS_MAX) + 1;
    for (uint32_t c = 0; c < n; c++)
        tasks[c] = (uint32_t)random_below(&r, EXECUTORS_MAX) + 1;
    sample_topology(&t, "t", 1, 1, n, tasks);
    draw(&r, &t);
    a = shared(&t, NULL);
    count(&t, &a, &before, seed);
    assert_even(&t, a.n_workers, &before, seed);

    b = shared(&t, &a);
    count(&t, &b, &after, seed);
    if (n_moved(&t, &before, &after) != 0)
        fail_msg("seed %" PRIu64 ": something moved for nothing", seed);
    assignment_record_free(&b);

    draw(&r, &t);
    b = shared(&t, &a);
    count(&t, &b, &after, seed);
    assert_even(&t, b.n_workers, &after, seed);
    *moved += n_moved(&t, &before, &after);
    for (uint32_t c = 0; c < n; c++)
        *least += least_moved(&t, c, &before, b.n_workers);
    if (n == 1 && n_moved(&t, &before, &after) !=
                      least_moved(&t, 0, &before, b.n_workers))
        fail_msg("seed %" PRIu64 ": more moved than must", seed);
    assignment_record_free(&a);
    assignment_record_free(&b);
    topology_record_free(&t);
}

/* Of several components together a few more move than each alone would need. */
static void all_is_even_and_little_moves(void **state)
{
    uint64_t moved = 0, least = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 5000; seed++)
        one_seed(seed, &moved, &least);
    print_message("moved: %" PRIu64 ", components alone: %" PRIu64 "\n", moved,
                  least);
    assert_true(moved <= least + least / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_round_and_on_with_the_next_component),
        cmocka_unit_test(who_has_an_executor_keeps_it_if_all_stay_even),
        cmocka_unit_test(all_is_even_and_little_moves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
