/*
 * test_stress.c - many small topologies drawn by lot (random_topology.h), run
 * to their end or stopped under way, on one to four carriers. Each must do
 * exactly what its seed says; the thread sanitizer watches.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/random_topology.h"
#include "worker/local_in.h"
#include <inttypes.h>
#include <string.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 25 };
#else
enum { ROUNDS = 60 };
#endif

#define PROGRAM "build/release/tests/unit/test_stress"

static uint64_t base_seed;

static int choose_seed(void **state)
{
    (void)state;
    base_seed = topology_run_seed(PROGRAM);
    return 0;
}

typedef void life_fn(struct random_topology *t, struct topology_run *r);

static void judge(struct random_topology *t, struct topology_run *r,
                  bool settled)
{
    const char *wrong = random_topology_wrong(t, r, settled);

    if (wrong == NULL && settled)
        wrong = topology_run_unbalanced(r);
    if (wrong != NULL)
        fail_msg("%s; GALE_TEST_SEED=%" PRIu64 " %s", wrong, t->seed, PROGRAM);
}

static void run_all(life_fn *life)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct random_topology *t = malloc(sizeof(*t));
        struct topology_run r;

        random_topology_init(t, base_seed + i);
        topology_run_begin(&r, "stress");
        random_topology_build(t, &r);
        /* Said beforehand, for one that crashes or hangs. */
        fprintf(stderr, "# GALE_TEST_SEED=%" PRIu64 "\n", t->seed);
        topology_run_start(&r);
        life(t, &r);
        topology_run_end(&r);
        random_topology_fini(t);
        free(t);
    }
}

static void live_to_the_end(struct random_topology *t, struct topology_run *r)
{
    topology_run_complete(r);
    judge(t, r, true);
    assert_true(random_topology_all_acked(t));
}

static void topologies_do_exactly_what_their_seed_says(void **state)
{
    (void)state;
    run_all(live_to_the_end);
}

/* Some way into its life. */
static void live_a_while(struct random_topology *t)
{
    uint64_t n = random_next(&t->random) % (t->n_spouts * t->n_messages);

    tally_await(&t->settled, n, "messages are settled");
}

static void stop_gracefully(struct random_topology *t, struct topology_run *r)
{
    live_a_while(t);
    /* What has failed is not emitted again, which is said. */
    if (topology_run_stop(r, GALE_STOP_DRAIN) != GALE_LOCAL_STOPPED &&
        !local_only_owes(r->local))
        fail_msg("%s", gale_local_error(r->local));
    judge(t, r, true);
}

static void stopped_gracefully_all_that_was_emitted_is_settled(void **state)
{
    (void)state;
    run_all(stop_gracefully);
}

static void stop_at_once(struct random_topology *t, struct topology_run *r)
{
    live_a_while(t);
    if (topology_run_stop(r, GALE_STOP_NOW) != GALE_LOCAL_STOPPED)
        fail_msg("%s", gale_local_error(r->local));
    judge(t, r, false);
}

static void stopped_at_once_all_is_accounted_for(void **state)
{
    (void)state;
    run_all(stop_at_once);
}

static void pause_and_go_on(struct random_topology *t, struct topology_run *r)
{
    uint64_t all = t->n_spouts * t->n_messages;

    for (uint64_t i = 1; i <= 4; i++) {
        tally_await(&t->settled, all * i / 5, "messages are settled");
        gale_local_activate(r->local, false);
        (void)topology_run_stats(r, t->parts[0].id);
        gale_local_activate(r->local, true);
    }
    live_to_the_end(t, r);
}

static void pauses_change_nothing(void **state)
{
    (void)state;
    run_all(pause_and_go_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topologies_do_exactly_what_their_seed_says),
        cmocka_unit_test(stopped_gracefully_all_that_was_emitted_is_settled),
        cmocka_unit_test(stopped_at_once_all_is_accounted_for),
        cmocka_unit_test(pauses_change_nothing),
    };

    return cmocka_run_group_tests(tests, choose_seed, NULL);
}
