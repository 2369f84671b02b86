/* test_kept_workers.c - what is written down comes back, or is refused. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "supervisor/kept_workers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kept_worker one = {
    .port = 6700,
    .as = {"words-1-1700000000", 3, 17, 19, true, false},
    .pid = 4711,
    .start = 123456789,
    .boot = "52cd6a2e-bad0-4bd8-ab28-58c3ecf4d3c1",
};

static struct pack written(uint32_t n)
{
    struct kept kept = {.supervisor = "6f2c", .change = 23};
    struct pack p;

    for (uint32_t i = 0; i < n; i++) {
        struct kept_worker w = one;

        w.port = (uint16_t)(6700 + i);
        w.as.closing = i == 1;
        kept_add(&kept, &w);
    }
    pack_init(&p);
    kept_write(&p, &kept);
    kept_free(&kept);
    return p;
}

static void what_was_written_comes_back(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 3; n++) {
        struct pack p = written(n);
        struct kept kept;
        gale_err error;

        assert_int_equal(
            kept_read(&kept, p.buffer.data, p.buffer.size, "state", &error), 0);
        assert_string_equal(kept.supervisor, "6f2c");
        assert_int_equal(kept.change, 23);
        assert_int_equal(kept.n, n);
        for (uint32_t i = 0; i < n; i++) {
            const struct kept_worker *w = &kept.workers[i];

            assert_int_equal(w->port, 6700 + i);
            assert_true(slot_same_worker(&w->as, &one.as));
            assert_int_equal(w->as.version, 19);
            assert_true(w->as.active);
            assert_int_equal(w->as.closing, i == 1);
            assert_int_equal(w->pid, 4711);
            assert_int_equal(w->start, 123456789);
            assert_string_equal(w->boot, one.boot);
        }
        kept_free(&kept);
        pack_free(&p);
    }
}

static void expect_refused(const void *data, size_t size, const char *expected)
{
    struct kept kept;
    gale_err error;

    assert_int_equal(kept_read(&kept, data, size, "the state", &error), -1);
    assert_int_equal(kept.n, 0);
    assert_null(kept.workers);
    assert_string_equal(kept.supervisor, "");
    if (strncmp(error.text, expected, strlen(expected)) != 0)
        fail_msg("\"%s\", expected \"%s\"", error.text, expected);
}

static void one_that_is_cut_anywhere_is_refused(void **state)
{
    struct pack p = written(2);

    (void)state;
    expect_refused("", 0, "the state is empty");
    for (size_t size = 1; size < p.buffer.size; size++)
        expect_refused(p.buffer.data, size, "the state is damaged");
    pack_free(&p);
}

static void one_with_any_bit_turned_is_refused(void **state)
{
    struct pack p = written(2);

    (void)state;
    for (size_t bit = 0; bit < 8 * p.buffer.size; bit++) {
        p.buffer.data[bit / 8] ^= (char)(1 << bit % 8);
        expect_refused(p.buffer.data, p.buffer.size, "the state is damaged");
        p.buffer.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    pack_free(&p);
}

static void zeros_and_noise_are_refused(void **state)
{
    struct random random;
    char noise[300] = {0};

    (void)state;
    expect_refused(noise, sizeof(noise), "the state is damaged");
    random_seed(&random, 1);
    for (int i = 0; i < 1000; i++) {
        for (size_t k = 0; k < sizeof(noise); k++)
            noise[k] = (char)random_next(&random);
        expect_refused(noise, random_below(&random, sizeof(noise)) + 1,
                       "the state is damaged");
    }
}

/* Whole, with the right checksum, and yet no worker. */
static void a_worker_that_cannot_be_is_refused(void **state)
{
    static const struct {
        uint16_t port;
        int pid;
        const char *topology;
    } cases[] = {
        {0, 1, "a-1-1"},   {6700, -1, "a-1-1"}, {6700, 1, ""},
        {6700, 1, "../x"}, {6700, 1, "a/b"},    {6700, 1, "-a"},
        {6700, 1, "_a"},   {6700, 1, "a b"},    {6700, 1, "\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kept kept = {.supervisor = "6f2c"};
        struct kept_worker w = one;
        struct pack p;

        w.port = cases[i].port;
        w.pid = cases[i].pid;
        snprintf(w.as.topology, sizeof(w.as.topology), "%s", cases[i].topology);
        kept_add(&kept, &w);
        pack_init(&p);
        kept_write(&p, &kept);
        expect_refused(p.buffer.data, p.buffer.size,
                       "the state is damaged (a worker in it is none)");
        pack_free(&p);
        kept_free(&kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_comes_back),
        cmocka_unit_test(one_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(one_with_any_bit_turned_is_refused),
        cmocka_unit_test(zeros_and_noise_are_refused),
        cmocka_unit_test(a_worker_that_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
