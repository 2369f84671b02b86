/* test_worker_process.c - a worker's process without a supervisor. */
#include "tests/support/cmocka_all.h"
#include "worker/worker_process_in.h"

static char said[200];

static void say(void *arg, const char *text)
{
    (void)arg;
    snprintf(said, sizeof(said), "%s", text);
}

/* Nobody is there any more who could tell it what to do, or to end. */
static void one_whose_supervisor_dies_before_it_has_a_plan_ends(void **state)
{
    const struct process_in in = {
        .me = {.topology = "words-1-2", .number = 0, .birth = 1},
        .directory = ".",
        .socket = "/nobody/is/there",
        .log_level = GALE_LOG_ERROR,
        .say = say,
    };
    struct process *p = process_new(&in);

    (void)state;
    assert_non_null(p);
    assert_int_equal(p->orphan.limit_ns, ORPHAN_LIMIT_NS);
    p->orphan.limit_ns = ORPHAN_PATIENCE_NS;
    assert_int_equal(process_run(p), 1);
    process_free(p);
    assert_non_null(strstr(said, "its supervisor was not heard"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_whose_supervisor_dies_before_it_has_a_plan_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
