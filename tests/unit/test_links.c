/*
 * test_links.c - workers of one topology with real connections between them:
 * what comes through, in which order, how much may wait, and what is lost.
 */
#include "tests/support/cluster_run.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 3000 };

struct crossing {
    struct cluster_run c;
    struct number_source numbers;
};

static struct crossing all;

static int setup(void **state)
{
    memset(&all, 0, sizeof(all));
    cluster_run_begin(&all.c, "links", 2);
    number_source_init(&all.numbers, N);
    topology_run_spout(&all.c.r, "numbers", &all.numbers.probe, 1);
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    struct crossing *x = *state;

    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
    return 0;
}

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static const struct probe passer = {.streams = OUTPUT_N, .execute = pass_on};
static const struct probe taker = {.execute = take};

static void all_is_acked_when_every_tuple_crosses(void **state)
{
    struct crossing *x = *state;

    gale_shuffle(topology_run_bolt(&x->c.r, "a", &passer, 3), "numbers");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &taker, 2), "a", "n");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
    cluster_run_complete(&x->c);
    assert_int_equal(number_source_unacked(&x->numbers), 0);
    assert_int_equal(cluster_run_stats(&x->c, "a").executed, N);
    assert_int_equal(cluster_run_stats(&x->c, "b").executed, N);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_is_acked_when_every_tuple_crosses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
