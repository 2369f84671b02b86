/* test_blocks_rule.c - who waits without a word, and who is only slow. */
#include "tests/support/cmocka_all.h"
#include "worker/blocks_rule.h"

enum { US = 1000, MS = 1000000 };

static void a_run_waits_if_it_is_long_and_sleeps_and_hardly_computes(
    void **state)
{
    static const struct {
        struct blocks_run run;
        bool waited;
    } cases[] = {
        {{2 * MS, 10 * US, 1}, true},
        {{2 * MS, 199 * US, 3}, true},
        {{2 * MS, 200 * US, 1}, false},         /* a tenth of it was work */
        {{2 * MS, 2 * MS, 1}, false},           /* all of it was */
        {{2 * MS, 10 * US, 0}, false},          /* others had the processor */
        {{1 * MS, 0, 1}, true},                 /* just long enough … */
        {{1 * MS - 1, 0, 1}, false},            /* … and not quite */
        {{20 * US, 0, 1}, false},               /* it was short */
        {{INT64_C(3600000) * MS, MS, 9}, true}, /* an hour */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (blocks_waited(&cases[i].run) != cases[i].waited)
            fail_msg("case %zu", i);
}

/* Runs one after the other: w waits, l is long and computes, n of '.' are
 * quick; what is said after the last one. */
static enum blocks_verdict after(const char *runs)
{
    static const struct blocks_run waits = {2 * MS, 0, 1},
                                   computes = {2 * MS, 2 * MS, 0},
                                   quick = {10 * US, 10 * US, 0};
    enum blocks_verdict verdict = BLOCKS_MAYBE;
    struct blocks b = {0};

    for (; *runs != '\0'; runs++)
        verdict = blocks_ran(&b, *runs == 'w'   ? &waits
                                 : *runs == 'l' ? &computes
                                                : &quick);
    return verdict;
}

#define TEN ".........."
#define FORTY TEN TEN TEN TEN
#define NINETY_SEVEN FORTY FORTY TEN "......."

static void three_of_a_hundred_runs_that_wait_are_enough(void **state)
{
    static const struct {
        const char *runs;
        enum blocks_verdict verdict;
    } cases[] = {
        {"w", BLOCKS_MAYBE},
        {"ww", BLOCKS_MAYBE},
        {"www", BLOCKS_ALWAYS},
        {"wlw", BLOCKS_MAYBE},
        {"wlwlw", BLOCKS_ALWAYS},
        {"w" FORTY "w" FORTY "w", BLOCKS_ALWAYS},
        {"ww" NINETY_SEVEN "w", BLOCKS_ALWAYS},  /* the hundredth */
        {"ww" NINETY_SEVEN ".w", BLOCKS_MAYBE},  /* the one behind it */
        {"ww" NINETY_SEVEN ".ww", BLOCKS_MAYBE}, /* two are */
        {"ww" NINETY_SEVEN ".www", BLOCKS_ALWAYS},
        {"lllllllll", BLOCKS_MAYBE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (after(cases[i].runs) != cases[i].verdict)
            fail_msg("case %zu: %s", i, cases[i].runs);
}

static void nobody_looks_on_after_a_hundred_quick_runs(void **state)
{
    static const struct {
        const char *runs;
        enum blocks_verdict verdict;
    } cases[] = {
        {FORTY FORTY TEN TEN, BLOCKS_NOT},
        {FORTY FORTY TEN ".........", BLOCKS_MAYBE},
        {"w" FORTY FORTY TEN TEN, BLOCKS_NOT},
        {FORTY FORTY TEN "l" TEN, BLOCKS_MAYBE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (after(cases[i].runs) != cases[i].verdict)
            fail_msg("case %zu: %s", i, cases[i].runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_run_waits_if_it_is_long_and_sleeps_and_hardly_computes),
        cmocka_unit_test(three_of_a_hundred_runs_that_wait_are_enough),
        cmocka_unit_test(nobody_looks_on_after_a_hundred_quick_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
