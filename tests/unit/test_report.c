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
           "metric         value, mean  samples  p50  p99   p99.9     max\n"
           "count letters       1.23 M\n"
           "count sizes             50      100   48  120  3.00 k  9.00 k\n"
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

#define QUICK                                                                  \
    {                                                                          \
        9, 1, 40, 50, 60, 70                                                   \
    }
#define SLOW                                                                   \
    {                                                                          \
        9, 1, 4000, 5000, 6000, 7000                                           \
    }

static const gale_stream_stats of_in[] = {{.component = "in",
                                           .stream = "default",
                                           .emitted = 10,
                                           .acked = 9,
                                           .pending = 1,
                                           .complete = QUICK},
                                          {.component = "in",
                                           .stream = "late",
                                           .emitted = 20,
                                           .acked = 15,
                                           .failed = 5,
                                           .timed_out = 4,
                                           .complete = SLOW}};

static const gale_stream_stats to_join[] = {{.component = "in",
                                             .stream = "default",
                                             .emitted = 10,
                                             .acked = 9,
                                             .failed = 1,
                                             .execute = QUICK,
                                             .process = SLOW},
                                            {.component = "in",
                                             .stream = "late",
                                             .emitted = 20,
                                             .acked = 20,
                                             .execute = SLOW}};

static const gale_stream_stats of_join[] = {
    {.component = "join", .stream = "default", .emitted = 7},
    {.component = "join", .stream = "odd", .emitted = 8}};

static const gale_component_stats in_and_join[] = {
    {.id = "in",
     .spout = true,
     .tasks = 1,
     .emitted = 30,
     .acked = 24,
     .failed = 5,
     .timed_out = 4,
     .pending = 1,
     .complete = SLOW,
     .outputs = of_in,
     .n_outputs = 2,
     .last_error = ""},
    {.id = "join",
     .tasks = 2,
     .executed = 30,
     .emitted = 15,
     .acked = 29,
     .failed = 1,
     .execute = SLOW,
     .process = SLOW,
     .inputs = to_join,
     .n_inputs = 2,
     .outputs = of_join,
     .n_outputs = 2,
     .last_error = ""},
};

/* Under their component, where it has several. */
static void streams_of_a_component_have_rows_if_it_has_several(void **state)
{
    gale_local l = {in_and_join, 2, NULL, 0, ""};

    (void)state;
    expect(&l, 0,
           "spout        tasks  emitted  acked  failed  timed out  pending\n"
           "in               1       30     24       5          4        1\n"
           "  > default              10      9       0          0        1\n"
           "  > late                 20     15       5          4        0\n"
           "\n"
           "bolt         tasks  executed  emitted  acked  failed  capacity\n"
           "join             2        30       15     29       1      0.00\n"
           "  < in                    10               9       1\n"
           "  < in late               20              20       0\n"
           "  > default                         7\n"
           "  > odd                             8\n"
           "\n"
           "spout        complete p50      p99    p99.9\n"
           "in                4.00 µs  5.00 µs  6.00 µs\n"
           "  > default         40 ns    50 ns    60 ns\n"
           "  > late          4.00 µs  5.00 µs  6.00 µs\n"
           "\n"
           "bolt         execute p50      p99    p99.9  process p50      p99\n"
           "join             4.00 µs  5.00 µs  6.00 µs      4.00 µs  5.00 µs\n"
           "  < in             40 ns    50 ns    60 ns      4.00 µs  5.00 µs\n"
           "  < in late      4.00 µs  5.00 µs  6.00 µs            -        -\n"
           "\n"
           "0 ns: 30 tuples, 0/s; messages acked 24, failed 5\n");
}

/* Every figure as wide as it gets in a run of some years. */
static void with_a_usual_id_no_line_is_longer_than_80_columns(void **state)
{
    const gale_latency slow = {9, 1e10, 99900000, 99900000, 99900000, 99900000};
    const gale_stream_stats stream = {.component = "intermediate-ranking",
                                      .stream = "default",
                                      .emitted = 999999,
                                      .acked = 999999,
                                      .failed = 999999,
                                      .complete = slow,
                                      .execute = slow,
                                      .process = slow};
    const gale_stream_stats streams[] = {stream, stream};
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
    both[0].outputs = both[1].outputs = both[1].inputs = streams;
    both[0].n_outputs = both[1].n_outputs = both[1].n_inputs = 2;
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
        cmocka_unit_test(streams_of_a_component_have_rows_if_it_has_several),
        cmocka_unit_test(with_a_usual_id_no_line_is_longer_than_80_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
