/* test_ratios.c - when a revision counts as slower than another one. */
#include "tests/bench/ratios.h"
#include "tests/support/cmocka_all.h"
#include <math.h>

#define SMT PLACEMENT_SMT
#define NEAR PLACEMENT_NEAR
#define FAR PLACEMENT_FAR
#define MIXED PLACEMENT_MIXED

enum { ROUNDS = 14 };

/* Ratios of rounds, up to a 0. */
struct row {
    const char *name;
    double values[ROUNDS + 1];
    enum ratios_verdict verdict;
};

static const struct row table[] = {
    {"the same", {1, 1, 1, 1, 1, 1, 1}, RATIOS_SAME},
    {"a loss of 15 %", {.85, .84, .86, .85, .85, .83, .87}, RATIOS_SLOW},
    {"a loss of 11 %", {.89, .89, .89, .89, .89, .89, .89}, RATIOS_SLOW},
    {"a loss of 9 %", {.91, .91, .91, .91, .91, .91, .91}, RATIOS_SAME},
    {"a gain", {1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3}, RATIOS_SAME},
    {"a loss of 15 % in six rounds",
     {.85, .85, .85, .85, .85, .85},
     RATIOS_FEW},
    {"no round", {0}, RATIOS_FEW},
    {"a loss of 15 % and an accident of the other one",
     {.85, .84, .86, .85, .85, .83, 1.5},
     RATIOS_SLOW},
    {"a median of 0.8 that noise has made",
     {.5, .6, .7, .8, 1.3, 1.5, 1.7},
     RATIOS_SAME},
    {"the same of which three rounds had an accident",
     {.2, .3, .4, .99, 1, 1.01, 1.02},
     RATIOS_SAME},
    {"twice as many rounds, twice as many may be to the advantage",
     {.8, .8, .8, .8, .8, .8, .8, .8, .8, .8, .8, .8, 1.1, 1.1},
     RATIOS_SLOW},
    {"three of them may not",
     {.8, .8, .8, .8, .8, .8, .8, .8, .8, .8, .8, 1.1, 1.1, 1.1},
     RATIOS_SAME},
};

static void a_set_of_rounds_has_this_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct ratio rounds[ROUNDS];
        struct ratios r;
        uint32_t n = 0;

        for (; n < ROUNDS && table[i].values[n] != 0; n++)
            rounds[n] = (struct ratio){table[i].values[n], NEAR, NEAR};
        ratios_judge(&r, rounds, n);
        if (r.rows[NEAR].verdict != table[i].verdict)
            fail_msg("%s: %s, expected %s", table[i].name,
                     ratios_verdict_name(r.rows[NEAR].verdict),
                     ratios_verdict_name(table[i].verdict));
        assert_int_equal(ratios_slow(&r), table[i].verdict == RATIOS_SLOW);
        assert_int_equal(ratios_enough(&r), table[i].verdict != RATIOS_FEW);
    }
}

/* n more rounds. */
static void add(struct ratio *rounds, uint32_t *at, uint32_t n, struct ratio r)
{
    while (n--)
        rounds[(*at)++] = r;
}

static void rounds_in_which_the_placement_changed_do_not_count(void **state)
{
    struct ratio rounds[32];
    struct ratios r;
    uint32_t n = 0;

    (void)state;
    add(rounds, &n, 7, (struct ratio){1, NEAR, NEAR});
    add(rounds, &n, 7, (struct ratio){.1, NEAR, FAR});
    add(rounds, &n, 7, (struct ratio){.1, MIXED, MIXED});
    add(rounds, &n, 1, (struct ratio){NAN, NEAR, NEAR});
    ratios_judge(&r, rounds, n);
    assert_int_equal(r.counted, 7);
    assert_int_equal(r.dropped, 15);
    assert_int_equal(r.rows[NEAR].verdict, RATIOS_SAME);
    assert_int_equal(r.rows[MIXED].verdict, RATIOS_FEW);
    assert_false(ratios_slow(&r));
}

static void a_class_is_judged_by_its_own_rounds(void **state)
{
    struct ratio rounds[32];
    struct ratios r;
    uint32_t n = 0;

    (void)state;
    add(rounds, &n, 14, (struct ratio){1.1, SMT, SMT});
    add(rounds, &n, 7, (struct ratio){.8, FAR, FAR});
    add(rounds, &n, 6, (struct ratio){.5, NEAR, NEAR});
    ratios_judge(&r, rounds, n);
    assert_int_equal(r.rows[SMT].verdict, RATIOS_SAME);
    assert_int_equal(r.rows[FAR].verdict, RATIOS_SLOW);
    assert_int_equal(r.rows[NEAR].verdict, RATIOS_FEW);
    assert_true(ratios_slow(&r));
    assert_true(ratios_enough(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_of_rounds_has_this_verdict),
        cmocka_unit_test(rounds_in_which_the_placement_changed_do_not_count),
        cmocka_unit_test(a_class_is_judged_by_its_own_rounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
