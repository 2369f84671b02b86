/*
 * test_late_plan.c - executors move, and one of those that go on hears of it
 * later than the others.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/moving_run.h"
#include <string.h>

static struct crossing all;

/* … and worker 0, which goes on, acts by the new plan. */
static bool others_are_back(void *arg)
{
    struct crossing *x = arg;
    struct link_counts two, three;

    member_link(x->c.members[0], 2, &two);
    member_link(x->c.members[0], 3, &three);
    return two.up && three.up &&
           cluster_run_report(&x->c, 0).version == x->c.plan.version;
}

static bool has_heard(void *arg)
{
    struct crossing *x = arg;

    return cluster_run_report(&x->c, 0).agreed;
}

/* numbers on worker 0, p on 1, which both go on; a on others; b on 0. */
static void put_all(struct crossing *x, const char *homes_of_a)
{
    cluster_run_executors(&x->c, "a", (uint32_t)strlen(homes_of_a));
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "p", 1);
    cluster_run_put(&x->c, "b", 0);
    for (uint32_t i = 0; homes_of_a[i] != '\0'; i++)
        cluster_run_put_one(&x->c, "a", i, (uint32_t)(homes_of_a[i] - '0'));
}

/* It comes to rest before all is emitted; then a is shared out anew. */
static void rest_and_move_behind(struct crossing *x, struct plan **before)
{
    gale_shuffle(topology_run_bolt(&x->c.r, "p", &crossing_passer, 1),
                 "numbers");
    gale_set_tasks(
        gale_by_fields(topology_run_bolt(&x->c.r, "a", &crossing_passer, 1),
                       "p", "n"),
        MOVING_RUN_TASKS);
    gale_shuffle(topology_run_bolt(&x->c.r, "b", &moving_run_taker, 1), "a");
    put_all(x, "23");
    moving_run_start_and_rest(x);
    *before = cluster_run_plan(&x->c);
    put_all(x, "232");
}

/* One that goes on would send what comes to where executors were before. */
static void spouts_wait_until_all_others_act_by_the_new_plan(void **state)
{
    struct crossing *x = &all;
    struct plan *before;

    (void)state;
    moving_run_begin(x, 4);
    x->numbers.untracked = true;
    rest_and_move_behind(x, &before);
    x->c.deaf = 1u << 1;
    assert_int_equal(cluster_run_give_plan(&x->c, before), 1u << 0 | 1u << 1);
    member_activate(x->c.members[0], true);
    topology_run_until(others_are_back, x, "others do not come back");
    assert_false(cluster_run_report(&x->c, 0).agreed);
    assert_false(cluster_run_report(&x->c, 0).active);
    x->c.deaf = 0;
    cluster_run_tell(&x->c);
    topology_run_until(has_heard, x, "nobody says that all act by it");
    cluster_run_go_on(&x->c);
    cluster_run_complete(&x->c);
    crossing_assert_each_went_once(x, "a plan that comes late");
    plan_free(before);
    crossing_end(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spouts_wait_until_all_others_act_by_the_new_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
