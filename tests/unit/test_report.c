/*
 * test_report.c - the tables at the end.
 */
#include "tests/support/cmocka_all.h"
#include "cli/report.h"
#include "tests/support/captured.h"
#include "tests/support/fake_local.h"
#include <string.h>

static void expect(gale_local *l, double seconds, const char *text)
{
    struct captured c;

    report_print(l, seconds, captured_open(&c));
    assert_string_equal(captured_text(&c), text);
    free(c.text);
}

static void counts_times_metrics_rarities_errors_and_sums_are_there(
    void **state)
{
    gale_local l = fake_local();

    (void)state;
    expect(&l, 2.5,
           "spout  tasks  emitted  acked  failed  timed out  pending\n"
           "lines      1    1,000    900      60         20       40\n"
           "\n"
           "bolt   tasks  executed  emitted  acked  failed  capacity\n"
           "count      4    12.3 M        0    990      11      0.88\n"
           "\n"
           "spout  complete p50      p99    p99.9\n"
           "lines       1.20 ms  4.50 ms  5.00 ms\n"
           "\n"
           "bolt   execute p50     p99    p99.9  process p50  p99\n"
           "count        48 ns  120 ns  3.00 µs            -    -\n"
           "\n"
           "metric          value  samples  p50  p99   p99.9     max\n"
           "count letters  1.23 M\n"
           "count sizes        50      100   48  120  3.00 k  9.00 k\n"
           "\n"
           "count: 1,000 dropped, 2 poisoned, 5 acks and fails of what was not "
           "held\n"
           "count reported 3 errors, the last: \"no \\\"room\\\"\\nleft\"\n"
           "2.50 s: 12.3 M tuples, 4.94 M/s; messages acked 900, failed 60\n");
}

static void what_is_empty_is_left_out(void **state)
{
    gale_local l = {fake_components, 1, NULL, 0, ""};

    (void)state;
    expect(&l, 0,
           "spout  tasks  emitted  acked  failed  timed out  pending\n"
           "lines      1    1,000    900      60         20       40\n"
           "\n"
           "spout  complete p50      p99    p99.9\n"
           "lines       1.20 ms  4.50 ms  5.00 ms\n"
           "\n"
           "0 ns: 1,000 tuples, 0/s; messages acked 900, failed 60\n");
}

static void inputs_that_are_held_at_the_end_are_named(void **state)
{
    const gale_component_stats join = {.id = "join",
                                       .plugin = "join",
                                       .executed = 1,
                                       .held = 7,
                                       .last_error = ""};
    gale_local l = {&join, 1, NULL, 0, ""};

    (void)state;
    expect(&l, 0,
           "bolt  tasks  executed  emitted  acked  failed  capacity\n"
           "join      0         1        0      0       0      0.00\n"
           "\n"
           "bolt  execute p50  p99  p99.9  process p50  p99\n"
           "join            -    -      -            -    -\n"
           "\n"
           "join: 7 held and never settled\n"
           "0 ns: 1 tuple, 0/s; messages acked 0, failed 0\n");
}

/* Every figure as wide as it gets in a run of some years. */
static void with_a_usual_id_no_line_is_longer_than_80_columns(void **state)
{
    const gale_latency slow = {9, 1e10, 99900000, 99900000, 99900000, 99900000};
    gale_component_stats both[2] = {
        {.id = "intermediate-ranking",
         .spout = true,
         .tasks = 32767,
         .emitted = 999999,
         .acked = 999999,
         .failed = 999999,
         .timed_out = 999999,
         .pending = 999999,
         .complete = slow,
         .last_error = ""},
    };
    gale_local l = {both, 2, NULL, 0, ""};
    struct captured c;

    (void)state;
    both[1] = both[0];
    both[1].spout = false;
    both[1].executed = 999999;
    both[1].execute = both[1].process = slow;
    report_print(&l, 1, captured_open(&c));
    captured_text(&c);
    for (char *line = c.text, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        if (end - line > 80)
            fail_msg("%td columns: %s", end - line, line);
    }
    free(c.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            counts_times_metrics_rarities_errors_and_sums_are_there),
        cmocka_unit_test(what_is_empty_is_left_out),
        cmocka_unit_test(inputs_that_are_held_at_the_end_are_named),
        cmocka_unit_test(with_a_usual_id_no_line_is_longer_than_80_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
