/*
 * test_seed_runs.c - runs of seeds in processes of their own: one that has no
 * end is ended, and says so.
 *
 * The spout "numbers" is never exhausted; what it emits goes to no bolt.
 */
#include "simulator/seed_runs.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include "topology-api/memory.h"

static gale_result emit_for_ever(gale_task *task)
{
    return gale_emit(task, gale_int(1));
}

struct endless {
    struct topology_run r; /* its builder alone */
    struct probe numbers;
    struct seed_runs runs;
    struct seed_outcome outcome;
};

static int setup(void **state)
{
    struct endless *e = xcalloc(1, sizeof(*e));

    topology_run_begin(&e->r, "endless");
    e->numbers = (struct probe){.streams = OUTPUT_N, .next = emit_for_ever};
    topology_run_spout(&e->r, "numbers", &e->numbers, 1);
    e->runs = (struct seed_runs){.builder = e->r.builder,
                                 .run = {.ttl_ms = -1},
                                 .first = 3,
                                 .last = 3,
                                 .jobs = 1,
                                 .limit_s = 1};
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct endless *e = *state;

    topology_run_end(&e->r);
    free(e);
    return 0;
}

static void assert_ended(const struct endless *e)
{
    assert_int_equal(e->outcome.verdict, SEED_HANGS);
    assert_int_equal(e->outcome.seed, 3);
    assert_string_equal(e->outcome.text,
                        "did not come to its end in 1 s; a topology that has "
                        "none needs --local-ttl");
}

static void one_of_many_that_has_no_end_is_ended(void **state)
{
    struct endless *e = *state;

    assert_false(seed_runs_all(&e->runs, &e->outcome));
    assert_ended(e);
}

static void so_is_one_alone(void **state)
{
    struct endless *e = *state;

    assert_false(seed_runs_one(&e->runs, &e->outcome));
    assert_ended(e);
}

static void one_whose_time_is_over_ends_by_itself(void **state)
{
    struct endless *e = *state;

    e->runs.run.ttl_ms = 1;
    assert_true(seed_runs_one(&e->runs, &e->outcome));
    assert_int_equal(e->outcome.verdict, SEED_FINE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(one_of_many_that_has_no_end_is_ended),
        TEST(so_is_one_alone),
        TEST(one_whose_time_is_over_ends_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
