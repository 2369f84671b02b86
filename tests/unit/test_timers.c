/* test_timers.c - what is due next. */
#include "common/random.h"
#include "common/timers.h"
#include "tests/support/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { N = 200 };

/* A timer that notes when it fired. */
struct noted {
    struct timer timer; /* first */
    int64_t fired_at;
    int n_fired;
    int order; /* the how manieth of all it was the last time */
};

static int n_fired;

static void note(struct timer *timer, int64_t now)
{
    struct noted *noted = (struct noted *)timer;

    noted->fired_at = now;
    noted->n_fired++;
    noted->order = ++n_fired;
}

static int setup(void **state)
{
    static struct timers timers;

    timers_init(&timers);
    n_fired = 0;
    *state = &timers;
    return 0;
}

static int teardown(void **state)
{
    timers_fini(*state);
    return 0;
}

static void an_empty_heap_is_due_never(void **state)
{
    struct timers *t = *state;

    assert_true(timers_next_due(t) == INT64_MAX);
    assert_int_equal(timers_expire(t, INT64_MAX), 0);
}

static void timers_fire_in_order_when_due_and_once(void **state)
{
    static const int64_t dues[] = {50, 10, 30, -5, 40, 20};
    struct timers *t = *state;
    struct noted n[6] = {0};

    for (int i = 0; i < 6; i++) {
        n[i].timer.fire = note;
        timers_add(t, &n[i].timer, dues[i]);
    }
    assert_true(timers_next_due(t) == -5);
    assert_int_equal(timers_expire(t, -6), 0);
    assert_int_equal(timers_expire(t, 30), 4);
    assert_int_equal(n[3].order, 1);
    assert_int_equal(n[1].order, 2);
    assert_int_equal(n[5].order, 3);
    assert_int_equal(n[2].order, 4);
    assert_true(n[3].fired_at == 30);
    assert_false(timers_has(&n[3].timer));
    assert_true(timers_has(&n[4].timer));
    assert_true(timers_next_due(t) == 40);
    assert_int_equal(timers_expire(t, 30), 0);
    assert_int_equal(timers_expire(t, INT64_MAX), 2);
    for (int i = 0; i < 6; i++)
        assert_int_equal(n[i].n_fired, 1);
}

static void change_moves_a_timer_or_adds_it(void **state)
{
    struct timers *t = *state;
    struct noted a = {.timer.fire = note}, b = {.timer.fire = note};

    timers_add(t, &a.timer, 10);
    timers_change(t, &b.timer, 20);
    timers_change(t, &a.timer, 30);
    assert_true(timers_next_due(t) == 20);
    timers_change(t, &a.timer, 15);
    assert_true(timers_next_due(t) == 15);
    assert_int_equal(timers_expire(t, 30), 2);
    assert_int_equal(a.order, 1);
}

static void a_removed_timer_does_not_fire(void **state)
{
    struct timers *t = *state;
    struct noted a = {.timer.fire = note}, b = {.timer.fire = note};

    timers_add(t, &a.timer, 10);
    timers_add(t, &b.timer, 20);
    timers_remove(t, &a.timer);
    timers_remove(t, &a.timer); /* harmless */
    assert_int_equal(timers_expire(t, 100), 1);
    assert_int_equal(a.n_fired, 0);
    timers_add(t, &a.timer, 10); /* and can come back */
    assert_int_equal(timers_expire(t, 100), 1);
}

static struct timers *again_in;

static void again(struct timer *timer, int64_t now)
{
    note(timer, now);
    timers_add(again_in, timer, now); /* due at once */
}

static void a_timer_that_is_due_again_at_once_does_not_hold_the_caller(
    void **state)
{
    struct timers *t = again_in = *state;
    struct noted a = {.timer.fire = again}, b = {.timer.fire = note};

    timers_add(t, &a.timer, 1);
    timers_add(t, &b.timer, 5);
    assert_int_equal(timers_expire(t, 10), 2);
    timers_remove(t, &a.timer);
}

static struct noted *victim;

static void removes_the_victim(struct timer *timer, int64_t now)
{
    note(timer, now);
    timers_remove(again_in, &victim->timer);
}

static void firing_may_remove_another_that_is_due(void **state)
{
    struct timers *t = again_in = *state;
    struct noted a = {.timer.fire = removes_the_victim};
    struct noted b = {.timer.fire = note}, c = {.timer.fire = note};

    victim = &b;
    timers_add(t, &a.timer, 1);
    timers_add(t, &b.timer, 2);
    timers_add(t, &c.timer, 3);
    assert_int_equal(timers_expire(t, 10), 2);
    assert_int_equal(b.n_fired, 0);
    assert_int_equal(c.n_fired, 1);
}

/* Earliest due in the model, a plain array: INT64_MAX is "not in it". */
static int64_t earliest(const int64_t *dues)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < N; i++)
        best = dues[i] < best ? dues[i] : best;
    return best;
}

static uint32_t expire_model(int64_t *dues, int64_t now)
{
    uint32_t n = 0;

    for (int i = 0; i < N; i++)
        if (dues[i] <= now) {
            dues[i] = INT64_MAX;
            n++;
        }
    return n;
}

static void random_use_agrees_with_a_plain_array(void **state)
{
    static struct noted n[N];
    struct timers *t = *state;
    int64_t dues[N], now = 0;
    struct random r;

    random_seed(&r, 11);
    for (int i = 0; i < N; i++) {
        n[i].timer.fire = note;
        dues[i] = INT64_MAX;
    }
    for (int step = 0; step < 100000; step++) {
        int i = (int)random_below(&r, N);

        switch (random_below(&r, 4)) {
        case 0:
        case 1:
            dues[i] = now + (int64_t)random_below(&r, 1000);
            timers_change(t, &n[i].timer, dues[i]);
            break;
        case 2:
            dues[i] = INT64_MAX;
            timers_remove(t, &n[i].timer);
            break;
        default:
            now += (int64_t)random_below(&r, 20);
            assert_int_equal(expire_model(dues, now), timers_expire(t, now));
        }
        assert_true(timers_next_due(t) == earliest(dues));
        assert_int_equal(timers_has(&n[i].timer), dues[i] != INT64_MAX);
    }
}

static void adds_twice(void *arg)
{
    struct noted a = {.timer.fire = note};

    timers_add(arg, &a.timer, 1);
    timers_add(arg, &a.timer, 2);
}

static void adding_a_timer_twice_is_a_failed_check(void **state)
{
    assert_dies(adds_twice, *state, "!timers_has(timer)");
}

static void the_end_forgets_its_timers(void **state)
{
    struct noted a = {.timer.fire = note};

    timers_add(*state, &a.timer, 1);
    timers_fini(*state);
    assert_false(timers_has(&a.timer));
    assert_int_equal(a.n_fired, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_empty_heap_is_due_never),
        test(timers_fire_in_order_when_due_and_once),
        test(change_moves_a_timer_or_adds_it),
        test(a_removed_timer_does_not_fire),
        test(a_timer_that_is_due_again_at_once_does_not_hold_the_caller),
        test(firing_may_remove_another_that_is_due),
        test(random_use_agrees_with_a_plain_array),
        test(adding_a_timer_twice_is_a_failed_check),
        test(the_end_forgets_its_timers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
