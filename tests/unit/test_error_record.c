/* test_error_record.c - the last errors of a component: which stay, in which
 * order, how often each came. */
#include "tests/support/cmocka_all.h"
#include "common/error_record.h"
#include "topology-api/memory.h"

static struct error_record e;

static bool add(int64_t at, const char *text, uint64_t count, bool in_all)
{
    const struct reported_error new = {.at_us = at,
                                       .count = count,
                                       .worker = 1,
                                       .host = "host-a",
                                       .text = (char *)text};

    return error_record_add(&e, &new, in_all);
}

/* "TEXT TIME COUNT, …" as they are kept. */
static void expect(const char *expected)
{
    char text[1000] = "";
    size_t n = 0;

    for (uint32_t i = 0; i < e.n_errors; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %d %d",
                              i > 0 ? ", " : "", e.errors[i].text,
                              (int)e.errors[i].at_us, (int)e.errors[i].count);
    assert_string_equal(text, expected);
}

static int begin(void **state)
{
    (void)state;
    e = (struct error_record){.component = "split"};
    return 0;
}

static int end(void **state)
{
    (void)state;
    error_record_free(&e);
    return 0;
}

static void the_latest_comes_first(void **state)
{
    (void)state;
    assert_true(add(1, "a", 1, false));
    assert_true(add(3, "b", 2, false));
    assert_true(add(2, "c", 1, false));
    expect("b 3 2, c 2 1, a 1 1");
}

static void the_same_text_is_one_error_that_came_often(void **state)
{
    (void)state;
    add(1, "a", 1, false);
    add(2, "b", 1, false);
    assert_true(add(3, "a", 4, false));
    expect("a 3 5, b 2 1");
}

static void what_is_known_is_not_counted_twice(void **state)
{
    (void)state;
    add(2, "a", 3, false);
    assert_false(add(2, "a", 3, false));
    assert_false(add(1, "a", 1, true));
    expect("a 2 3");
}

static void a_count_of_all_is_not_added(void **state)
{
    (void)state;
    add(1, "a", 13, false);
    add(2, "a", 20, true);
    expect("a 2 20");
    add(3, "a", 1, true);
    expect("a 3 20");
}

static void ten_are_kept_and_the_earliest_goes(void **state)
{
    char text[16];

    (void)state;
    for (int i = 1; i <= 12; i++) {
        snprintf(text, sizeof(text), "e%d", i);
        add(i, text, 1, false);
    }
    assert_int_equal(e.n_errors, ERROR_RECORD_MAX);
    assert_string_equal(e.errors[0].text, "e12");
    assert_string_equal(e.errors[9].text, "e3");
    add(1, "late to come", 1, false);
    assert_int_equal(e.n_errors, ERROR_RECORD_MAX);
    assert_string_equal(e.errors[9].text, "e3");
}

static void what_was_written_is_read(void **state)
{
    struct error_record read;
    struct pack p;
    gale_err error;

    (void)state;
    add(1, "a", 1, false);
    add(5, "b\nc", 7, false);
    pack_init(&p);
    assert_int_equal(error_record_pack(&e, &p, &error), 0);
    assert_int_equal(
        error_record_unpack(p.buffer.data, p.buffer.size, &read, &error), 0);
    pack_free(&p);
    error_record_free(&e);
    e = read;
    expect("b\nc 5 7, a 1 1");
    assert_string_equal(e.component, "split");
    assert_string_equal(e.errors[0].host, "host-a");
}

/* A worker may say that it was any number. */
static void what_is_counted_can_be_written(void **state)
{
    static const uint64_t counts[] = {UINT64_MAX, INT64_MAX, 1};
    struct pack p;

    (void)state;
    for (int i = 0; i < 3; i++) {
        add(i + 1, "a", counts[i], false);
        pack_init(&p);
        assert_int_equal(error_record_pack(&e, &p, NULL), 0);
        pack_free(&p);
    }
    assert_true(e.errors[0].count == INT64_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_latest_comes_first),
        TEST(the_same_text_is_one_error_that_came_often),
        TEST(what_is_known_is_not_counted_twice),
        TEST(a_count_of_all_is_not_added),
        TEST(ten_are_kept_and_the_earliest_goes),
        TEST(what_was_written_is_read),
        TEST(what_is_counted_can_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
