/* test_worker_up.c - which worker may have anything under way. */
#include "tests/support/cmocka_all.h"
#include "nimbus/worker_up.h"

struct told {
    bool runs, waits;
    uint32_t failed_starts;
};

static const struct {
    const char *what;
    struct told told[3];
    uint32_t n;
    bool down;
} cases[] = {
    {"nothing was told", {{0}}, 0, false},
    {"it starts for the first time", {{0}}, 1, false},
    {"it runs", {{.runs = true}}, 1, false},
    {"it ended once, and starts again", {{.runs = true}, {0}}, 2, false},
    {"it ended again, and waits", {{.runs = true}, {.waits = true}}, 2, true},
    {"its pause is over, and it starts", {{.waits = true}, {0}}, 2, false},
    {"its first start failed", {{.failed_starts = 1}}, 1, true},
    {"it failed, and runs now",
     {{.failed_starts = 1}, {.runs = true, .failed_starts = 1}},
     2,
     false},
    {"it failed, ran, and starts again",
     {{.failed_starts = 1},
      {.runs = true, .failed_starts = 1},
      {.failed_starts = 1}},
     3,
     false},
    {"it failed, ran, and failed again",
     {{.failed_starts = 1},
      {.runs = true, .failed_starts = 1},
      {.failed_starts = 2}},
     3,
     true},
    {"a supervisor that begins anew counts from 0",
     {{.runs = true, .failed_starts = 5}, {0}, {.failed_starts = 1}},
     3,
     true},
};

static void what_is_told_says_who_is_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct worker_up w = {.runs = false};

        for (uint32_t k = 0; k < cases[i].n; k++)
            worker_up_hear(&w, cases[i].told[k].runs, cases[i].told[k].waits,
                           cases[i].told[k].failed_starts);
        if (worker_up_is_down(&w) != cases[i].down)
            fail_msg("%s: it is%s down", cases[i].what,
                     cases[i].down ? " not" : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_says_who_is_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
