/*
 * test_drain_property.c - workers that exchange tuples, and who says that
 * nothing is under way (tests/support/drain_model.h): it is said only when it
 * is true, and when faults are over, it is said, and all are led to the end.
 */
#include "tests/support/drain_model.h"

#define must drain_model_must

enum { FAULTY_STEPS = 3000, HEALED_STEPS = 60000 };

static void reach(struct drain_model *r, enum drain_goal goal,
                  enum drain_action_kind expected)
{
    drain_model_set_goal(r, goal);
    r->faulty = true;
    drain_model_pass_time(r, r->now + FAULTY_STEPS);
    r->faulty = false;
    drain_model_pass_time(r, r->now + HEALED_STEPS);
    must(r, r->reached == expected);
}

/* Of a third each: all input is done and it ends; it is stopped in the middle
 * of it, and drained; and led to the end. */
static void play(struct drain_model *r)
{
    if (r->seed % 3 == 0) {
        reach(r, DRAIN_WATCH, DRAIN_EXHAUSTED);
        reach(r, DRAIN_END, DRAIN_ENDED);
        return;
    }
    r->faulty = true;
    drain_model_pass_time(r, (int64_t)random_below(&r->random, 400));
    reach(r, r->seed % 3 == 1 ? DRAIN_STOP : DRAIN_END,
          r->seed % 3 == 1 ? DRAIN_DRAINED : DRAIN_ENDED);
}

static void nothing_is_under_way_when_it_is_said_and_it_is_said(void **state)
{
    uint32_t said = 0, crashes = 0, breaks = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct drain_model *r = drain_model_new(seed);

        play(r);
        said += r->n_said;
        crashes += r->n_crashes;
        breaks += r->n_breaks;
        drain_model_free(r);
    }
    print_message("said %u times, workers crashed %u, connections lost %u\n",
                  said, crashes, breaks);
    assert_true(said >= 4000 && crashes > 1000 && breaks > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_under_way_when_it_is_said_and_it_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
