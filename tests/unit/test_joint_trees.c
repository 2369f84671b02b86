/* test_joint_trees.c - a tuple has one anchor for each message, no more. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "tests/support/topology_run.h"
#include "worker/joint_trees.h"

enum { ROOTS = 12, TREES = 40, EDGE = 7 };

/* What was taken from each root's trees, as an acker sees it. */
struct totals {
    uint64_t of[ROOTS];
    uint32_t n[ROOTS];
};

static struct totals totals_of(const struct tree *trees, uint32_t n)
{
    struct totals t = {{0}, {0}};

    for (uint32_t i = 0; i < n; i++) {
        t.of[trees[i].root] += trees[i].sum;
        t.n[trees[i].root]++;
    }
    return t;
}

/* As an emission does it. */
static void take_edges(struct joint_trees *j)
{
    for (uint32_t i = 0; i < j->n; i++)
        j->trees[i].sum -= j->trees[i].edge;
}

static void emit_with(struct tree *const *anchors, uint32_t n,
                      struct totals *made)
{
    struct joint_trees j;

    joint_trees_init(&j, EDGE, n);
    for (uint32_t i = 0; i < n; i++)
        joint_trees_add(&j, anchors[i]);
    joint_trees_merge(&j);
    *made = totals_of(j.trees, j.n);
    take_edges(&j);
    joint_trees_fini(&j);
}

static void one_anchor_stays_what_it_is(void **state)
{
    struct tree tree = {3, 100, EDGE}, *anchors[] = {&tree};
    struct totals made;

    (void)state;
    emit_with(anchors, 1, &made);
    assert_int_equal(made.n[3], 1);
    assert_int_equal(tree.sum, 100 - EDGE);
}

static void the_same_anchor_twice_is_one(void **state)
{
    struct tree tree = {3, 100, EDGE}, *anchors[] = {&tree, &tree};
    struct totals made;

    (void)state;
    emit_with(anchors, 2, &made);
    assert_int_equal(made.n[3], 1);
    assert_int_equal(tree.sum, 100 - EDGE);
}

static void none_is_none(void **state)
{
    struct totals made;

    (void)state;
    emit_with(NULL, 0, &made);
    for (uint32_t r = 0; r < ROOTS; r++)
        assert_int_equal(made.n[r], 0);
}

/* Whichever trees, however often each: every root that is among them has one
 * anchor, and is charged for that one, once. */
static void each_message_has_one_anchor_and_is_charged_once(void **state)
{
    struct random random;

    (void)state;
    random_seed(&random, topology_run_seed(__func__));
    for (int round = 0; round < 2000; round++) {
        struct tree trees[TREES], *anchors[TREES];
        uint32_t n = (uint32_t)(random_next(&random) % TREES);
        struct totals before, after, made;
        bool chosen[ROOTS] = {false};

        for (uint32_t i = 0; i < TREES; i++)
            trees[i] = (struct tree){random_next(&random) % ROOTS,
                                     random_next(&random), EDGE};
        for (uint32_t i = 0; i < n; i++) {
            anchors[i] = &trees[random_next(&random) % TREES];
            chosen[anchors[i]->root] = true;
        }
        before = totals_of(trees, TREES);
        emit_with(anchors, n, &made);
        after = totals_of(trees, TREES);
        for (uint32_t r = 0; r < ROOTS; r++) {
            assert_int_equal(made.n[r], chosen[r]);
            assert_true(before.of[r] - after.of[r] == (chosen[r] ? EDGE : 0));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_anchor_stays_what_it_is),
        cmocka_unit_test(the_same_anchor_twice_is_one),
        cmocka_unit_test(none_is_none),
        cmocka_unit_test(each_message_has_one_anchor_and_is_charged_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
