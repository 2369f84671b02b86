/*
 * test_table.c - how a table is laid out.
 */
#include "tests/support/cmocka_all.h"
#include "cli/table.h"
#include "tests/support/captured.h"

static const char *const titles[] = {"bolt", "tasks", "p99"};

static void add_row(struct table *t, const char *a, const char *b,
                    const char *c)
{
    table_add(t, "%s", a);
    table_add(t, "%s", b);
    table_add(t, "%s", c);
}

static void expect(struct table *t, const char *text)
{
    struct captured c;

    table_print(t, captured_open(&c));
    assert_string_equal(captured_text(&c), text);
    free(c.text);
    table_free(t);
}

static void names_stand_left_and_numbers_right(void **state)
{
    struct table *t = table_new(titles, 3);

    (void)state;
    add_row(t, "split", "2", "12 ns");
    add_row(t, "c", "1000", "-");
    assert_int_equal(table_rows(t), 2);
    expect(t, "bolt   tasks    p99\n"
              "split      2  12 ns\n"
              "c       1000      -\n");
}

static void a_character_of_two_bytes_is_one_column_wide(void **state)
{
    struct table *t = table_new(titles, 3);

    (void)state;
    add_row(t, "é", "1", "5 µs");
    add_row(t, "ee", "1", "15 ns");
    expect(t, "bolt  tasks    p99\n"
              "é         1   5 µs\n"
              "ee        1  15 ns\n");
}

static void empty_cells_at_the_end_leave_no_blanks(void **state)
{
    struct table *t = table_new(titles, 3);

    (void)state;
    add_row(t, "a", "1", "");
    add_row(t, "b", "", "");
    expect(t, "bolt  tasks  p99\n"
              "a         1\n"
              "b\n");
}

static void a_table_without_rows_is_its_titles(void **state)
{
    struct table *t = table_new(titles, 3);

    (void)state;
    assert_int_equal(table_rows(t), 0);
    expect(t, "bolt  tasks  p99\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_left_and_numbers_right),
        cmocka_unit_test(a_character_of_two_bytes_is_one_column_wide),
        cmocka_unit_test(empty_cells_at_the_end_leave_no_blanks),
        cmocka_unit_test(a_table_without_rows_is_its_titles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
