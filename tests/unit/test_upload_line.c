/* test_upload_line.c - how much is done is said on a terminal, now and then. */
#include "cli/upload_line.h"
#include "tests/support/cmocka_all.h"
#include <stdlib.h>
#include <string.h>

#define MB (1u << 20)
#define MS INT64_C(1000000)

static char *shown;
static size_t n_shown;
static FILE *out;

static int setup(void **state)
{
    (void)state;
    out = open_memstream(&shown, &n_shown);
    return out == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    fclose(out);
    free(shown);
    return 0;
}

static void the_line_says_how_much_of_how_much(void **state)
{
    static const struct {
        uint64_t done, total;
        const char *text;
    } cases[] = {
        {1048576, 52428800, "sent 1.05 M of 52.4 M bytes"},
        {5u * 1000 * 1000 * 100, UINT64_C(20000000000),
         "sent 500 M of 20.0 G bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct upload_line p = {.done = cases[i].done, .total = cases[i].total};
        char text[100];

        upload_line_text(&p, text, sizeof(text));
        assert_string_equal(text, cases[i].text);
    }
}

static void it_is_drawn_at_once_and_then_ten_times_a_second(void **state)
{
    struct upload_line p;
    uint32_t n = 0;

    (void)state;
    upload_line_init(&p, out, UINT64_C(10000) * MB);
    for (int64_t t = 0; t < 1000; t++) {
        size_t before = (size_t)ftell(out);

        upload_line_add(&p, MB, t * MS);
        if ((size_t)ftell(out) > before)
            n++;
        if (t == 0)
            assert_int_equal(n, 1);
    }
    assert_int_equal(n, 10);
}

static void at_the_end_nothing_is_left_of_it(void **state)
{
    struct upload_line p;

    (void)state;
    upload_line_init(&p, out, 3 * MB);
    upload_line_add(&p, MB, 0);
    upload_line_add(&p, 2 * MB, 1000 * MS); /* all: nothing more is said */
    upload_line_clear(&p);
    upload_line_clear(&p);
    fflush(out);
    assert_string_equal(shown, "\rsent 1.05 M of 3.15 M bytes\033[K\r\r\033[K");
}

static void without_a_terminal_or_much_to_do_nothing_is_shown(void **state)
{
    struct upload_line p;

    (void)state;
    upload_line_init(&p, NULL, 100 * MB);
    upload_line_add(&p, MB, 0);
    upload_line_clear(&p);
    assert_int_equal(p.done, MB);
    upload_line_init(&p, out, MB);
    upload_line_add(&p, MB / 2, 0);
    upload_line_clear(&p);
    fflush(out);
    assert_int_equal(n_shown, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_line_says_how_much_of_how_much),
        TEST(it_is_drawn_at_once_and_then_ten_times_a_second),
        TEST(at_the_end_nothing_is_left_of_it),
        TEST(without_a_terminal_or_much_to_do_nothing_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
