/* test_carrier.c - in which order a carrier runs what has become runnable. */
#include "tests/support/cmocka_all.h"
#include "worker/carrier.h"
#include "worker/executor.h"

/* Two carriers that do not run, and an executor on each. */
struct pair {
    struct carrier here, there;
    struct executor mine, theirs;
};

static int setup(void **state)
{
    static struct pair p;

    p = (struct pair){.here.chain = false};
    inbox_init(&p.here.injected);
    inbox_init(&p.there.injected);
    p.here.env = p.there.env = env_posix();
    p.mine.carrier = &p.here;
    p.theirs.carrier = &p.there;
    *state = &p;
    return 0;
}

static void who_was_sent_much_runs_next(void **state)
{
    struct pair *p = *state;

    p->here.chain = true;
    carrier_schedule(&p->mine, &p->here);
    assert_ptr_equal(p->here.front, &p->mine);
    assert_false(p->here.chain);
}

static void who_was_sent_much_on_another_carrier_runs_there(void **state)
{
    struct pair *p = *state;

    p->here.chain = true;
    carrier_schedule(&p->theirs, &p->here);
    assert_false(inbox_empty(&p->there.injected));
    assert_null(p->here.front);
}

static void whoever_is_scheduled_after_it_is_not_taken_for_it(void **state)
{
    struct pair *p = *state;

    p->here.chain = true;
    carrier_schedule(&p->theirs, &p->here);
    carrier_schedule(&p->mine, &p->here);
    assert_null(p->here.front);
    assert_ptr_equal(p->here.back, &p->mine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_was_sent_much_runs_next, setup),
        cmocka_unit_test_setup(who_was_sent_much_on_another_carrier_runs_there,
                               setup),
        cmocka_unit_test_setup(
            whoever_is_scheduled_after_it_is_not_taken_for_it, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
