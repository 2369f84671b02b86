/*
 * test_tick_clock.c - time from a counter: close to the clock, whatever the
 * counter does.
 *
 * A made-up machine has a clock and a counter that runs at a rate of its own,
 * changes it a little, stands still or jumps; readers ask at random times and
 * set an anchor when they are told nothing.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "common/tick_clock.h"

struct machine {
    struct random random;
    int64_t ns;    /* the clock */
    double ticks;  /* the counter */
    double per_ns; /* its rate */
};

static void pass(struct machine *m, int64_t ns)
{
    m->ns += ns;
    m->ticks += (double)ns * m->per_ns;
}

static int64_t chance(struct machine *m, int64_t n)
{
    return (int64_t)(random_next(&m->random) % (uint64_t)n);
}

/* As env_posix.c asks; *known: from the counter alone. */
static int64_t ask(struct machine *m, struct tick_clock *c, bool *known)
{
    int64_t ns;

    *known = tick_clock_read(c, (uint64_t)m->ticks, &ns);
    if (*known)
        return ns;
    tick_clock_anchor(c, (uint64_t)m->ticks, m->ns);
    return m->ns;
}

static void begin(struct machine *m, uint64_t seed, double per_ns)
{
    *m = (struct machine){.ns = 1000000007, .ticks = 5e11, .per_ns = per_ns};
    random_seed(&m->random, seed);
}

static const double rates[] = {0.024, 1.0, 2.596, 5.2};
#define RATES (sizeof(rates) / sizeof(rates[0]))

static void it_is_close_to_the_clock_and_seldom_asks_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < RATES; i++) {
        struct tick_clock c = {0};
        struct machine m;
        uint32_t unknown = 0, n = 200000;

        begin(&m, 1, rates[i]);
        for (uint32_t k = 0; k < n; k++) {
            bool known;
            int64_t told, slack = 60 + (int64_t)(5 / rates[i]);

            pass(&m, chance(&m, 20000));
            told = ask(&m, &c, &known);
            unknown += !known;
            assert_in_range(told, m.ns - slack, m.ns + slack);
        }
        /* 2 s in spans of 1 ms, a step more each, and 2 ms to learn */
        assert_in_range(unknown, 1500, 2700);
    }
}

static void a_rate_that_drifts_is_followed(void **state)
{
    struct tick_clock c = {0};
    struct machine m;

    (void)state;
    begin(&m, 2, 2.0);
    for (uint32_t k = 0; k < 400000; k++) {
        bool known;
        int64_t told;

        pass(&m, chance(&m, 20000));
        m.per_ns = 2.0 + 2e-4 * ((k / 1000) % 2 ? 1 : -1); /* 100 ppm */
        told = ask(&m, &c, &known);
        assert_in_range(told, m.ns - 500, m.ns + 500);
    }
}

/* It sleeps, or only the counter does, or it runs a little faster or slower. */
static void mishap(struct machine *m)
{
    if (chance(m, 1000) == 0)
        m->ticks += (double)chance(m, 1000000000);
    if (chance(m, 1000) == 0)
        m->ns += chance(m, 100000000);
    if (chance(m, 1000) == 0)
        m->per_ns *= 1 + ((double)chance(m, 100) - 50) / 1e6;
}

/* An anchor or two later; a small leap is taken for a small error of the rate,
 * which fades. */
static void what_is_wrong_is_not_wrong_for_long(void **state)
{
    const int64_t slack = TICK_CLOCK_SPAN_NS / 100;

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct tick_clock c = {0};
        struct machine m;
        uint32_t undisturbed = 0;

        begin(&m, seed, rates[seed % RATES]);
        for (uint32_t k = 0; k < 20000; k++) {
            struct machine before;
            int64_t told;
            bool known;

            pass(&m, chance(&m, k % 100 ? 30000 : 30000000));
            before = m;
            mishap(&m);
            undisturbed = before.ns == m.ns && before.ticks == m.ticks
                              ? undisturbed + 1
                              : 0;
            told = ask(&m, &c, &known);
            if (undisturbed > 500)
                assert_in_range(told, m.ns - slack, m.ns + slack);
        }
    }
}

static void a_jump_is_noticed_at_the_next_anchor(void **state)
{
    struct tick_clock c = {0};
    struct machine m;
    bool known;

    (void)state;
    begin(&m, 3, 3.0);
    for (uint32_t k = 0; k < 10000; k++) {
        pass(&m, 10000);
        ask(&m, &c, &known);
    }
    assert_true(known);
    m.ticks += 1e10; /* three seconds that the clock does not know of */
    assert_int_equal(ask(&m, &c, &known), m.ns);
    assert_false(known);
    pass(&m, 2 * TICK_CLOCK_SPAN_NS);
    for (uint32_t k = 0; k < 10000; k++) {
        pass(&m, 10000);
        assert_in_range(ask(&m, &c, &known), m.ns - 100, m.ns + 100);
    }
    assert_true(known);
}

static void a_counter_that_goes_back_is_not_believed(void **state)
{
    struct tick_clock c = {0};
    struct machine m;
    bool known;

    (void)state;
    begin(&m, 4, 3.0);
    for (uint32_t k = 0; k < 30000; k++) {
        pass(&m, 10000);
        if (k % 9000 == 8999)
            m.ticks -= 1e10;
        assert_in_range(ask(&m, &c, &known), m.ns - 100, m.ns + 100);
        assert_true(known || k % 9000 != 8998);
    }
}

/* Read before an anchor that is there by now. */
static void a_late_anchor_is_none(void **state)
{
    struct tick_clock c = {0};
    struct machine m;
    bool known;

    (void)state;
    begin(&m, 6, 3.0);
    for (uint32_t k = 0; k < 1000; k++) {
        pass(&m, 10000);
        ask(&m, &c, &known);
    }
    assert_true(known);
    tick_clock_anchor(&c, (uint64_t)m.ticks - 1000, m.ns - 500000);
    assert_in_range(ask(&m, &c, &known), m.ns - 100, m.ns + 100);
    assert_true(known);
}

/* Somebody else set an anchor after this reader looked at the counter. */
static void an_anchor_in_the_future_is_the_present(void **state)
{
    struct tick_clock c = {0};
    struct machine m;
    bool known;
    int64_t told, before;

    (void)state;
    begin(&m, 5, 3.0);
    for (uint32_t k = 0; k < 1000; k++) {
        uint64_t ticks = (uint64_t)m.ticks;

        pass(&m, 10000);
        before = ask(&m, &c, &known);
        if (tick_clock_read(&c, ticks, &told))
            assert_in_range(told, before - 10000 - 100, before);
    }
    assert_true(known);
    pass(&m, 2 * TICK_CLOCK_SPAN_NS);
    ask(&m, &c, &known);
    assert_false(known); /* the anchor is now … */
    before = ask(&m, &c, &known);
    assert_true(known);
    assert_true(tick_clock_read(&c, (uint64_t)m.ticks - 3000, &told));
    assert_in_range(told, before - 1000, before); /* … not a span later */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_close_to_the_clock_and_seldom_asks_it),
        cmocka_unit_test(a_rate_that_drifts_is_followed),
        cmocka_unit_test(what_is_wrong_is_not_wrong_for_long),
        cmocka_unit_test(a_jump_is_noticed_at_the_next_anchor),
        cmocka_unit_test(a_counter_that_goes_back_is_not_believed),
        cmocka_unit_test(a_late_anchor_is_none),
        cmocka_unit_test(an_anchor_in_the_future_is_the_present),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
