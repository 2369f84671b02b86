/*
 * test_scale_clock.c - timers of a loop whose time is a number: when they are
 * due, and in which order.
 */
#include "cli/scale_clock.h"
#include "tests/support/cmocka_all.h"
#include <errno.h>
#include <string.h>

#define MS INT64_C(1000000)

static struct scale_clock *the_clock;
static struct loop *loop;
static struct loop_timer timers[4];
static char seen[32];

/* arg: its letter; a capital one is set once more, for a millisecond later. */
static void note(void *arg)
{
    size_t n = strlen(seen);
    char letter = *(const char *)arg;

    seen[n] = letter;
    seen[n + 1] = '\0';
    if (letter == 'C' && strchr(seen, 'C') == &seen[n])
        loop_timer_set(loop, &timers[2], loop_now(loop) + MS, note, arg);
}

static int setup(void **state)
{
    (void)state;
    memset(timers, 0, sizeof(timers));
    seen[0] = '\0';
    the_clock = scale_clock_new();
    loop = loop_new(scale_clock_env(the_clock));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        loop_timer_clear(&timers[i]);
    loop_free(loop);
    scale_clock_free(the_clock);
    return 0;
}

static void set(uint32_t i, int64_t ms, const char *letter)
{
    loop_timer_set(loop, &timers[i], loop_now(loop) + ms * MS, note,
                   (void *)(uintptr_t)letter);
}

static void run(int64_t ms)
{
    scale_clock_run(the_clock, loop_now(loop) + ms * MS);
}

static void timers_come_in_their_order_and_those_of_one_time_as_they_were_set(
    void **state)
{
    (void)state;
    set(0, 3, "a");
    set(1, 1, "b");
    set(2, 3, "d");
    set(3, 2, "e");
    run(2);
    assert_string_equal(seen, "be");
    run(1);
    assert_string_equal(seen, "bead");
}

static void one_that_is_moved_comes_once_and_one_that_is_cleared_never(
    void **state)
{
    (void)state;
    set(0, 1, "a");
    set(1, 2, "b");
    set(2, 3, "d");
    set(0, 4, "a");
    loop_timer_clear(&timers[1]);
    assert_int_equal(timers[1].at, 0);
    run(10);
    assert_string_equal(seen, "da");
}

static void what_a_timer_sets_comes_in_the_same_run_if_it_is_due(void **state)
{
    (void)state;
    set(2, 1, "C");
    run(1);
    assert_string_equal(seen, "C");
    run(5);
    assert_string_equal(seen, "CC");
}

static void time_goes_on_to_what_is_due_and_stands_still_meanwhile(void **state)
{
    int64_t begin = loop_now(loop);

    (void)state;
    assert_true(loop_now(loop) == begin);
    run(1000000);
    assert_true(loop_now(loop) == begin + 1000000 * MS);
}

static void what_is_posted_comes_at_once_behind_what_was_due_before(
    void **state)
{
    (void)state;
    set(0, 0, "a");
    loop_post(loop, note, (void *)(uintptr_t) "p");
    loop_post(loop, note, (void *)(uintptr_t) "q");
    set(1, 0, "b");
    run(0);
    assert_string_equal(seen, "apqb");
}

static void a_loop_that_is_run_lets_time_pass_for_all_of_them(void **state)
{
    struct loop *other = loop_new(scale_clock_env(the_clock));
    int64_t begin = loop_now(loop);

    (void)state;
    set(0, 2, "a");
    assert_false(loop_run_for(other, 3 * MS));
    assert_string_equal(seen, "a");
    assert_true(loop_now(loop) == begin + 3 * MS);
    loop_free(other);
}

static void there_is_no_descriptor_to_look_at(void **state)
{
    struct loop_watch watch = {.event = NULL};

    (void)state;
    assert_int_equal(loop_watch_set(loop, &watch, 0, note, NULL), -1);
    assert_int_equal(errno, EPERM);
    loop_watch_clear(&watch);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(timers_come_in_their_order_and_those_of_one_time_as_they_were_set),
        TEST(one_that_is_moved_comes_once_and_one_that_is_cleared_never),
        TEST(what_a_timer_sets_comes_in_the_same_run_if_it_is_due),
        TEST(time_goes_on_to_what_is_due_and_stands_still_meanwhile),
        TEST(what_is_posted_comes_at_once_behind_what_was_due_before),
        TEST(a_loop_that_is_run_lets_time_pass_for_all_of_them),
        TEST(there_is_no_descriptor_to_look_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
