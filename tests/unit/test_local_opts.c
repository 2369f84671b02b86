/* test_local_opts.c - what is asked of gale_local_start(), and is too much. */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <sys/resource.h>

static int setup(void **state)
{
    *state = setting_begin("local", 100, 2);
    return 0;
}

static const struct probe taker = {.execute = setting_take};

static void options_that_are_out_of_range_are_refused(void **state)
{
    static const struct {
        gale_local_opts opts;
        const char *text;
    } cases[] = {
        {{.size = sizeof(gale_local_opts), .reserved = 1},
         "gale_local_opts.reserved is 1: it is reserved and must be 0"},
        {{.size = sizeof(gale_local_opts), .carriers = 4097},
         "gale_local_opts.carriers is 4097, expected 0 (one per CPU) to 4096"},
    };
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "a", &taker, 1), "numbers");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(
            gale_local_start(s->r.builder, &cases[i].opts, &s->r.error));
        assert_string_equal(s->r.error.text, cases[i].text);
    }
}

/* With this many descriptors at most. */
static bool tries_with(struct setting *s, rlim_t descriptors)
{
    struct rlimit before, few;
    bool runs;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){descriptors, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    runs = topology_run_tries(&s->r);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    return runs;
}

static void more_carriers_than_there_are_descriptors_for_are_refused(void **s_)
{
    static const struct {
        uint32_t carriers;
        const char *kind; /* of bolt "a" */
        int executors;
        const char *wanted;
    } cases[] = {
        {300, "probe_bolt", 1, "300 carriers"},
        {2, "probe_bolt_blocking", 300, "302 carriers"},
    };

    (void)s_;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        s->r.carriers = cases[i].carriers;
        gale_shuffle(topology_run_bolt_as(&s->r, "a", cases[i].kind, &taker,
                                          cases[i].executors),
                     "numbers");
        assert_false(tries_with(s, 100));
        assert_says(s->r.error.text, cases[i].wanted);
        assert_says(s->r.error.text, "two file descriptors each: Too many open "
                                     "files");
        assert_says(s->r.error.text, "ulimit -n");
        topology_run_complete(&s->r); /* and nothing is left of it */
        setting_end(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            options_that_are_out_of_range_are_refused, setup, setting_end),
        cmocka_unit_test(
            more_carriers_than_there_are_descriptors_for_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
