/*
 * test_report.c - the tables at the end.
 */
#include "tests/support/cmocka_all.h"
#include "cli/report.h"
#include "tests/support/captured.h"
#include "tests/support/fake_local.h"

static void expect(gale_local *l, double seconds, const char *text)
{
    struct captured c;

    report_print(l, seconds, captured_open(&c));
    assert_string_equal(captured_text(&c), text);
    free(c.text);
}

static void spouts_bolts_metrics_errors_and_sums_are_there(void **state)
{
    gale_local l = fake_local();

    (void)state;
    expect(&l, 2.5,
           "spout  tasks  emitted  acked  failed  timed out  pending"
           "  complete p50      p99    p99.9\n"
           "lines      1    1,000    900      60         20       40"
           "       1.20 ms  4.50 ms  5.00 ms\n"
           "\n"
           "bolt   tasks  executed  emitted  acked  failed  capacity"
           "  execute p50     p99    p99.9  process p50  p99\n"
           "count      4    12.3 M        0    990      11      0.88"
           "        48 ns  120 ns  3.00 µs            -    -\n"
           "\n"
           "metric          value  samples  p50  p99   p99.9     max\n"
           "count letters  1.23 M\n"
           "count sizes        50      100   48  120  3.00 k  9.00 k\n"
           "\n"
           "count reported 3 errors, the last: \"no \\\"room\\\"\\nleft\"\n"
           "2.50 s: 12.3 M tuples, 4.94 M/s; messages acked 900, failed 60\n");
}

static void what_is_empty_is_left_out(void **state)
{
    gale_local l = {fake_components, 1, NULL, 0, ""};

    (void)state;
    expect(&l, 0,
           "spout  tasks  emitted  acked  failed  timed out  pending"
           "  complete p50      p99    p99.9\n"
           "lines      1    1,000    900      60         20       40"
           "       1.20 ms  4.50 ms  5.00 ms\n"
           "\n"
           "0 ns: 1,000 tuples, 0/s; messages acked 900, failed 60\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spouts_bolts_metrics_errors_and_sums_are_there),
        cmocka_unit_test(what_is_empty_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
