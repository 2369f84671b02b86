/* test_orphan.c - a worker without its supervisor. */
#include "worker/orphan.h"
#include "tests/support/cmocka_all.h"

#define S INT64_C(1000000000)
#define LIMIT (60 * S)

static struct orphan begin(void)
{
    struct orphan o;

    orphan_init(&o, LIMIT, 10 * S);
    return o;
}

static void with_its_supervisor_it_is_none(void **state)
{
    struct orphan o = begin();

    (void)state;
    orphan_step(&o, ORPHAN_SUPERVISOR_UP, 10 * S);
    assert_int_equal(orphan_verdict(&o, 10 * S), ORPHAN_IS_NONE);
    assert_int_equal(orphan_verdict(&o, 1000 * S), ORPHAN_IS_NONE);
}

static void it_is_patient_and_then_tells_nimbus(void **state)
{
    struct orphan o = begin();

    (void)state;
    orphan_step(&o, ORPHAN_SUPERVISOR_UP, 10 * S);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 100 * S);
    assert_int_equal(orphan_verdict(&o, 100 * S), ORPHAN_IS_NONE);
    assert_int_equal(orphan_verdict(&o, 101 * S - 1), ORPHAN_IS_NONE);
    assert_int_equal(orphan_verdict(&o, 101 * S), ORPHAN_TELLS_NIMBUS);
    assert_int_equal(orphan_verdict(&o, 160 * S - 1), ORPHAN_TELLS_NIMBUS);
    assert_int_equal(orphan_verdict(&o, 160 * S), ORPHAN_ENDS);
}

static void as_long_as_nimbus_answers_it_goes_on(void **state)
{
    struct orphan o = begin();

    (void)state;
    orphan_step(&o, ORPHAN_SUPERVISOR_UP, 10 * S);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 100 * S);
    for (int64_t t = 110; t <= 1000; t += 50) {
        orphan_step(&o, ORPHAN_NIMBUS_ANSWERED, t * S);
        assert_int_equal(orphan_verdict(&o, (t + 49) * S), ORPHAN_TELLS_NIMBUS);
    }
    assert_int_equal(orphan_verdict(&o, 2000 * S), ORPHAN_ENDS);
}

static void failed_attempts_to_connect_prolong_nothing(void **state)
{
    struct orphan o = begin();

    (void)state;
    orphan_step(&o, ORPHAN_SUPERVISOR_UP, 10 * S);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 100 * S);
    for (int64_t t = 101; t < 160; t++)
        orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, t * S);
    assert_int_equal(orphan_verdict(&o, 160 * S), ORPHAN_ENDS);
}

static void a_supervisor_that_returns_ends_it(void **state)
{
    struct orphan o = begin();

    (void)state;
    orphan_step(&o, ORPHAN_SUPERVISOR_UP, 10 * S);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 100 * S);
    orphan_step(&o, ORPHAN_SUPERVISOR_UP, 159 * S);
    assert_int_equal(orphan_verdict(&o, 159 * S), ORPHAN_IS_NONE);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 500 * S);
    assert_int_equal(orphan_verdict(&o, 500 * S), ORPHAN_IS_NONE);
    assert_int_equal(orphan_verdict(&o, 559 * S), ORPHAN_TELLS_NIMBUS);
}

/* Until then it looks once a second. */
static struct orphan stood_still(int64_t from, int64_t to)
{
    struct orphan o = begin();

    orphan_step(&o, ORPHAN_SUPERVISOR_UP, 10 * S);
    for (int64_t t = 10 * S; t <= from; t += S)
        orphan_step(&o, ORPHAN_LOOKS, t);
    assert_int_equal(orphan_verdict(&o, to), ORPHAN_IS_NONE);
    return o;
}

static void one_that_stood_still_and_finds_no_supervisor_asks_at_once(
    void **state)
{
    struct orphan o = stood_still(20 * S, 30 * S);

    (void)state;
    orphan_step(&o, ORPHAN_LOOKS, 30 * S);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 30 * S + 1);
    assert_int_equal(orphan_verdict(&o, 30 * S + 1), ORPHAN_TELLS_NIMBUS);
    assert_int_equal(orphan_verdict(&o, 90 * S), ORPHAN_TELLS_NIMBUS);
    assert_int_equal(orphan_verdict(&o, 90 * S + 1), ORPHAN_ENDS);
}

static void it_does_so_also_if_it_hears_that_first(void **state)
{
    struct orphan o = stood_still(20 * S, 30 * S);

    (void)state;
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 30 * S);
    assert_int_equal(orphan_verdict(&o, 30 * S), ORPHAN_IS_NONE);
    orphan_step(&o, ORPHAN_LOOKS, 30 * S + 1);
    assert_int_equal(orphan_verdict(&o, 30 * S + 1), ORPHAN_TELLS_NIMBUS);
    assert_int_equal(orphan_verdict(&o, 90 * S - 1), ORPHAN_TELLS_NIMBUS);
}

static void one_whose_supervisor_is_there_when_it_wakes_is_patient_later(
    void **state)
{
    struct orphan o = stood_still(20 * S, 30 * S);

    (void)state;
    for (int64_t t = 30 * S; t <= 40 * S; t += S)
        orphan_step(&o, ORPHAN_LOOKS, t);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 40 * S);
    assert_int_equal(orphan_verdict(&o, 40 * S), ORPHAN_IS_NONE);
    assert_int_equal(orphan_verdict(&o, 41 * S), ORPHAN_TELLS_NIMBUS);
}

static void one_that_is_a_little_late_has_not_stood_still(void **state)
{
    struct orphan o = stood_still(20 * S, 23 * S - 1);

    (void)state;
    orphan_step(&o, ORPHAN_LOOKS, 23 * S - 1);
    orphan_step(&o, ORPHAN_SUPERVISOR_DOWN, 23 * S);
    assert_int_equal(orphan_verdict(&o, 23 * S), ORPHAN_IS_NONE);
}

static void one_that_never_had_one_ends_too(void **state)
{
    struct orphan o = begin();

    (void)state;
    assert_int_equal(orphan_verdict(&o, 10 * S), ORPHAN_IS_NONE);
    assert_int_equal(orphan_verdict(&o, 70 * S), ORPHAN_ENDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_its_supervisor_it_is_none),
        cmocka_unit_test(it_is_patient_and_then_tells_nimbus),
        cmocka_unit_test(as_long_as_nimbus_answers_it_goes_on),
        cmocka_unit_test(failed_attempts_to_connect_prolong_nothing),
        cmocka_unit_test(a_supervisor_that_returns_ends_it),
        cmocka_unit_test(
            one_that_stood_still_and_finds_no_supervisor_asks_at_once),
        cmocka_unit_test(it_does_so_also_if_it_hears_that_first),
        cmocka_unit_test(
            one_whose_supervisor_is_there_when_it_wakes_is_patient_later),
        cmocka_unit_test(one_that_is_a_little_late_has_not_stood_still),
        cmocka_unit_test(one_that_never_had_one_ends_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
