/* test_results.c - what bolts give at the end of their input comes out. */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"

enum { N = 20, RESULTS = 5000 };

static int setup(void **state)
{
    *state = setting_begin("results", N, 1);
    return 0;
}

static gale_result give_results(gale_task *task)
{
    for (int64_t i = 0; i < RESULTS; i++)
        if (gale_emit(task, gale_int(i)) != GALE_OK)
            return GALE_FATAL;
    return GALE_OK;
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)in;
    tally_add(probe_arg(task), 1);
    return GALE_OK;
}

static void run(struct setting *s, struct tally *taken)
{
    const struct probe late = {.streams = GALE_OUTPUTS("n"),
                               .execute = setting_take,
                               .end_of_input = give_results};
    const struct probe sink = {.arg = taken, .execute = take};

    gale_configure(s->r.builder, "gale.topology.drain.secs", gale_float(0));
    gale_shuffle(topology_run_bolt(&s->r, "late", &late, 2), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 2), "late");
    topology_run_complete(&s->r);
}

/* Nobody has asked it to stop, so no time is too long: not even where a drain
 * may take none. */
static void a_complete_run_gives_all_its_results(void **state)
{
    static struct tally taken = TALLY_INIT;
    struct setting *s = *state;

    run(s, &taken);
    assert_int_equal(tally_get(&taken), 2 * RESULTS);
    assert_string_equal(gale_local_error(s->r.local), "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_complete_run_gives_all_its_results),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
