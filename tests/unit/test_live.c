/*
 * test_live.c - the line on the terminal.
 */
#include "tests/support/cmocka_all.h"
#include "cli/live.h"
#include "tests/support/captured.h"
#include <string.h>

static const struct totals some = {.executed = 3000000,
                                   .acked = 1234567,
                                   .failed = 8,
                                   .pending = 1024,
                                   .p99 = 800000};

static void it_says_rate_messages_and_latency(void **state)
{
    char text[200];

    (void)state;
    live_text(text, sizeof(text), &some, 12.34, 4210000);
    assert_string_equal(text, "12.3 s  4.21 M tuples/s  acked 1.23 M  failed 8"
                              "  pending 1,024  p99 800 µs");
}

static void without_a_sample_there_is_a_dash(void **state)
{
    struct totals none = {0};
    char text[200];

    (void)state;
    live_text(text, sizeof(text), &none, 0, 0);
    assert_string_equal(
        text, "0.0 s  0 tuples/s  acked 0  failed 0  pending 0  p99 -");
}

static void the_rate_is_that_since_the_line_was_drawn_last(void **state)
{
    struct captured c;
    struct live live;
    struct totals totals = some;

    (void)state;
    live_init(&live, captured_open(&c), 0);
    live_show(&live, &totals, 1000000000);
    totals.executed += 500;
    live_show(&live, &totals, 1500000000);
    captured_text(&c);
    assert_non_null(strstr(c.text, "1.0 s  3.00 M tuples/s"));
    assert_non_null(strstr(c.text, "1.5 s  1.00 k tuples/s"));
    free(c.text);
}

static void while_it_drains_it_says_for_how_many_and_how_to_end_it(void **state)
{
    struct captured c;
    struct live live;

    (void)state;
    live_init(&live, captured_open(&c), 0);
    live.stopping = "Ctrl-C again ends at once";
    live_show(&live, &some, 1000000000);
    captured_text(&c);
    assert_string_equal(c.text, "\rstopping: 1,024 pending; Ctrl-C again ends "
                                "at once\033[K\r");
    free(c.text);
}

static void a_narrow_terminal_gets_whole_parts(void **state)
{
    static const struct {
        uint32_t columns;
        const char *text;
    } cases[] = {
        {80, "stopping: 7 pending; Ctrl-C again ends at once"},
        {47, "stopping: 7 pending; Ctrl-C again ends at once"},
        {46, "stopping: 7 pending"},
        {40, "stopping: 7 pending"},
        {20, "stopping: 7 pending"},
        {10, "stopping:"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[] = "stopping: 7 pending; Ctrl-C again ends at once";
        char figures[] = "12.3 s  800 µs  acked 1.23 M";

        live_cut(text, cases[i].columns);
        assert_string_equal(text, cases[i].text);
        live_cut(figures, 20);
        assert_string_equal(figures, "12.3 s  800 µs");
    }
}

static void it_leaves_the_cursor_at_its_beginning(void **state)
{
    struct captured c;
    struct live live;

    (void)state;
    live_init(&live, captured_open(&c), 0);
    live_show(&live, &some, 1);
    live_clear(&live);
    captured_text(&c);
    assert_int_equal(c.text[0], '\r');
    assert_string_equal(strchr(c.text, '\033'), "\033[K\r\r\033[K");
    free(c.text);
}

static void without_a_terminal_nothing_is_drawn(void **state)
{
    struct live live;

    (void)state;
    live_init(&live, NULL, 0);
    live_show(&live, &some, 1);
    live_clear(&live);
    assert_int_equal(live.executed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_rate_messages_and_latency),
        cmocka_unit_test(without_a_sample_there_is_a_dash),
        cmocka_unit_test(the_rate_is_that_since_the_line_was_drawn_last),
        cmocka_unit_test(
            while_it_drains_it_says_for_how_many_and_how_to_end_it),
        cmocka_unit_test(a_narrow_terminal_gets_whole_parts),
        cmocka_unit_test(it_leaves_the_cursor_at_its_beginning),
        cmocka_unit_test(without_a_terminal_nothing_is_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
