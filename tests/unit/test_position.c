/* test_position.c - positions that wait for their acks. */
#include "tests/support/cmocka_all.h"
#include "worker/position.h"
#include <stdio.h>
#include <stdlib.h>

static gale_str str(const char *text)
{
    return gale_str_make(text, strlen(text));
}

static void set(struct positions *p, const char *split, const char *position,
                uint64_t before)
{
    assert_null(positions_set(p, str(split), str(position), before));
}

/* What a restart would find. */
static const char *durable(const struct positions *p, const char *split)
{
    static char text[100];
    gale_str s = positions_get(p, str(split));

    snprintf(text, sizeof(text), "%.*s", (int)s.size, s.data ? s.data : "");
    return text;
}

static int setup(void **state)
{
    static struct positions p;

    memset(&p, 0, sizeof(p));
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    positions_fini(*state);
    return 0;
}

static void a_position_waits_for_all_messages_before_it(void **state)
{
    struct positions *p = *state;

    set(p, "", "ten", 10);
    assert_string_equal(durable(p, ""), "");
    positions_advance(p, 9);
    assert_string_equal(durable(p, ""), "");
    assert_false(p->changed);
    positions_advance(p, 10);
    assert_string_equal(durable(p, ""), "ten");
    assert_true(p->changed);
}

static void the_latest_that_is_covered_wins(void **state)
{
    struct positions *p = *state;

    set(p, "", "ten", 10);
    set(p, "", "twenty", 20);
    set(p, "", "thirty", 30);
    positions_advance(p, 15);
    assert_string_equal(durable(p, ""), "ten");
    positions_advance(p, 29);
    assert_string_equal(durable(p, ""), "ten");
    positions_advance(p, 30);
    assert_string_equal(durable(p, ""), "thirty");
}

static void setting_often_never_stops_the_advance(void **state)
{
    struct positions *p = *state;
    char text[20];

    for (uint64_t i = 1; i <= 1000; i++) {
        snprintf(text, sizeof(text), "%d", (int)i);
        set(p, "", text, i);
        positions_advance(p, i > 10 ? i - 10 : 0); /* ten are under way */
        if (i > 100)
            assert_true(strtol(durable(p, ""), NULL, 10) >= (int)i - 30);
    }
    positions_advance(p, 1000);
    assert_string_equal(durable(p, ""), "1000");
}

static void a_position_is_never_ahead_of_its_messages(void **state)
{
    struct positions *p = *state;
    char text[20];

    for (uint64_t i = 1; i <= 1000; i++) {
        snprintf(text, sizeof(text), "%d", (int)i);
        set(p, "", text, i);
        positions_advance(p, i * 7 / 10);
        assert_true(strtol(durable(p, ""), NULL, 10) <= (int)(i * 7 / 10));
    }
}

static void splits_have_positions_of_their_own(void **state)
{
    struct positions *p = *state;

    set(p, "a", "1", 5);
    set(p, "b", "2", 6);
    set(p, "", "3", 7);
    positions_advance(p, 6);
    assert_string_equal(durable(p, "a"), "1");
    assert_string_equal(durable(p, "b"), "2");
    assert_string_equal(durable(p, ""), "");
    assert_string_equal(durable(p, "c"), "");
}

static void a_position_may_be_empty_or_hold_any_bytes(void **state)
{
    struct positions *p = *state;
    gale_str bytes = gale_str_make("\0\xff\0", 3);

    assert_null(positions_set(p, bytes, bytes, 1));
    set(p, "empty", "", 1);
    positions_advance(p, 1);
    assert_true(gale_str_eq(positions_get(p, bytes), bytes));
    assert_int_equal(positions_get(p, str("empty")).size, 0);
}

static void what_is_restored_is_durable_and_not_changed(void **state)
{
    struct positions *p = *state;

    assert_true(positions_restore(p, str("a"), str("old")));
    assert_string_equal(durable(p, "a"), "old");
    assert_false(p->changed);
    set(p, "a", "new", 9);
    positions_advance(p, 8);
    assert_string_equal(durable(p, "a"), "old");
    positions_advance(p, 9);
    assert_string_equal(durable(p, "a"), "new");
}

static void shorter_positions_take_the_place_of_longer_ones(void **state)
{
    static const char *const texts[] = {"a long one, to begin with", "x",
                                        "something longer again", "", "yz"};
    struct positions *p = *state;

    for (uint64_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        set(p, "s", texts[i], i);
        positions_advance(p, i);
        assert_string_equal(durable(p, "s"), texts[i]);
    }
}

/* -- limits ---------------------------------------------------------------- */

static void what_is_too_long_is_refused_with_the_limit(void **state)
{
    static char big[5000];
    struct positions *p = *state;
    const char *why;

    assert_null(
        positions_set(p, gale_str_make(big, 255), gale_str_make(big, 4096), 1));
    why = positions_set(p, gale_str_make(big, 256), str("x"), 1);
    assert_non_null(why);
    assert_non_null(strstr(why, "255"));
    why = positions_set(p, str("x"), gale_str_make(big, 4097), 1);
    assert_non_null(why);
    assert_non_null(strstr(why, "4096"));
    assert_int_equal(p->n, 1);
}

static const char *fill(struct positions *p, uint32_t n, uint32_t bytes)
{
    static char big[POSITION_BYTES_MAX];
    const char *why = NULL;
    char name[20];

    for (uint32_t i = 0; i < n && why == NULL; i++) {
        snprintf(name, sizeof(name), "%d", (int)i);
        why = positions_set(p, str(name), gale_str_make(big, bytes), i);
    }
    return why;
}

static void a_task_has_at_most_a_megabyte_of_positions(void **state)
{
    const char *why = fill(*state, 300, 4096);

    assert_non_null(why);
    assert_non_null(strstr(why, "1 MiB"));
}

static void positions_that_grow_later_count_too(void **state)
{
    const char *why = fill(*state, 300, 1);

    assert_null(why);
    why = fill(*state, 300, 4096);
    assert_non_null(why);
    assert_non_null(strstr(why, "1 MiB"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_position_waits_for_all_messages_before_it),
        TEST(the_latest_that_is_covered_wins),
        TEST(setting_often_never_stops_the_advance),
        TEST(a_position_is_never_ahead_of_its_messages),
        TEST(splits_have_positions_of_their_own),
        TEST(a_position_may_be_empty_or_hold_any_bytes),
        TEST(what_is_restored_is_durable_and_not_changed),
        TEST(shorter_positions_take_the_place_of_longer_ones),
        TEST(what_is_too_long_is_refused_with_the_limit),
        TEST(a_task_has_at_most_a_megabyte_of_positions),
        TEST(positions_that_grow_later_count_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
