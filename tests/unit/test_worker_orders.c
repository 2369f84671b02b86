/*
 * test_worker_orders.c - what a worker's process makes of orders and plans that
 * come by different ways.
 */
#include "tests/support/cluster_run.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "worker/worker_process_in.h"
#include <string.h>

/* Worker 0 of two, whose plan is of version 2, and its spout. */
struct led {
    struct cluster_run c;
    struct number_source numbers;
    struct process p;
};

static struct led all;

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task, (void)in;
    return GALE_OK;
}

static const struct probe taker = {.execute = take};

static int setup(void **state)
{
    struct process *p = &all.p;

    memset(&all, 0, sizeof(all));
    cluster_run_begin(&all.c, "led", 2);
    number_source_init(&all.numbers, 10);
    topology_run_spout(&all.c.r, "numbers", &all.numbers.probe, 1);
    gale_shuffle(topology_run_bolt(&all.c.r, "a", &taker, 1), "numbers");
    cluster_run_put(&all.c, "numbers", 0);
    cluster_run_put(&all.c, "a", 1);
    cluster_run_until_complete(&all.c);
    p->member = all.c.members[0];
    p->loop = loop_new(env_posix());
    p->plan = plan_copy(&all.c.plan);
    p->plan->version = 2;
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    struct led *x = *state;

    loop_timer_clear(&x->p.report);
    loop_free(x->p.loop);
    plan_free(x->p.plan);
    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
    return 0;
}

/* version 0: an older nimbus says none. */
static void order(struct led *x, uint64_t version, uint32_t stage,
                  uint64_t round)
{
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    pack_map(&p, version > 0 ? 4 : 3);
    pack_key_uint(&p, "incarnation", cluster_run_report(&x->c, 0).incarnation);
    pack_key_uint(&p, "stage", stage);
    pack_key_uint(&p, "round", round);
    if (version > 0)
        pack_key_uint(&p, "version", version);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    orders_notified(&x->p, gale_str_make("order", 5), u.root);
    unpacked_free(&u);
    pack_free(&p);
}

/* The plan comes by ZooKeeper, orders come by RPC: one that was given for the
 * rebalance may come when that is over, and nobody would let spouts go on. */
static void an_order_of_an_assignment_that_is_over_moves_nobody(void **state)
{
    struct led *x = *state;

    order(x, 1, 1, 7);
    assert_int_equal(x->p.stage, 0);
    assert_int_equal(x->p.round, 7); /* that it was asked is so all the same */
}

static void an_order_of_this_assignment_or_a_later_one_is_obeyed(void **state)
{
    static const uint64_t versions[] = {2, 3, 0};
    struct led *x = *state;

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        x->p.stage = 0;
        order(x, versions[i], 1, i);
        assert_int_equal(x->p.stage, 1);
    }
}

/* Nimbus may be the only one that a worker reaches which was away for long. */
static void one_that_was_replaced_ends(void **state)
{
    struct led *x = *state;

    assert_false(cluster_run_report(&x->c, 0).replaced);
    orders_notified(&x->p, gale_str_make("replacement", 11), NULL);
    assert_false(cluster_run_report(&x->c, 0).replaced);
    orders_notified(&x->p, gale_str_make("replaced", 8), NULL);
    assert_true(cluster_run_report(&x->c, 0).replaced);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_order_of_an_assignment_that_is_over_moves_nobody),
        test(an_order_of_this_assignment_or_a_later_one_is_obeyed),
        test(one_that_was_replaced_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
