/* test_owed.c - failed messages that hold positions back. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "worker/owed.h"
#include <string.h>

static gale_msgid id_of(uint64_t n)
{
    return (gale_msgid){1, n};
}

static int setup(void **state)
{
    static struct owed o;

    memset(&o, 0, sizeof(o));
    *state = &o;
    return 0;
}

static int teardown(void **state)
{
    owed_fini(*state);
    return 0;
}

static void nothing_owed_holds_nothing_back(void **state)
{
    struct owed *o = *state;

    assert_true(owed_oldest(o) == UINT64_MAX);
    assert_int_equal(owed_born(o, id_of(1), 77), 77);
    owed_remove(o, id_of(1));
    assert_int_equal(o->n, 0);
}

static void a_failed_message_keeps_its_first_number(void **state)
{
    struct owed *o = *state;

    owed_add(o, id_of(1), 10);
    assert_int_equal(owed_born(o, id_of(1), 99), 10);
    assert_int_equal(owed_born(o, id_of(2), 99), 99);
    assert_int_equal(owed_oldest(o), 10);
}

static void failing_again_changes_nothing(void **state)
{
    struct owed *o = *state;

    owed_add(o, id_of(1), 10);
    owed_add(o, id_of(1), 20);
    assert_int_equal(owed_born(o, id_of(1), 99), 10);
    owed_remove(o, id_of(1));
    assert_true(owed_oldest(o) == UINT64_MAX);
}

static void both_halves_of_an_id_count(void **state)
{
    struct owed *o = *state;

    owed_add(o, (gale_msgid){1, 5}, 10);
    assert_int_equal(owed_born(o, (gale_msgid){2, 5}, 99), 99);
    assert_int_equal(owed_born(o, (gale_msgid){1, 6}, 99), 99);
    owed_remove(o, (gale_msgid){2, 5});
    assert_int_equal(owed_oldest(o), 10);
}

static void the_oldest_follows_removals_in_any_order(void **state)
{
    enum { N = 200 };
    struct owed *o = *state;

    for (uint64_t i = 0; i < N; i++)
        owed_add(o, id_of(i), 1000 + i * 79 % N);
    for (uint64_t left = N; left > 0; left--) {
        uint64_t oldest = owed_oldest(o);

        assert_int_equal(oldest, 1000 + N - left);
        for (uint64_t i = 0; i < N; i++)
            if (owed_born(o, id_of(i), 0) == oldest)
                owed_remove(o, id_of(i));
    }
    assert_true(owed_oldest(o) == UINT64_MAX);
}

static void random_failures_and_acks_agree_with_a_table(void **state)
{
    enum { IDS = 300 };
    uint64_t born[IDS] = {0}; /* 0: not owed */
    struct owed *o = *state;
    struct random r;

    random_seed(&r, 1);
    for (uint64_t step = 1; step < 20000; step++) {
        uint64_t id = random_next(&r) % IDS, least = UINT64_MAX, n = 0;

        if (random_next(&r) % 2 == 0) {
            owed_add(o, id_of(id), step);
            born[id] = born[id] ? born[id] : step;
        } else {
            owed_remove(o, id_of(id));
            born[id] = 0;
        }
        if (step % 50 != 0)
            continue;
        for (uint64_t i = 0; i < IDS; i++) {
            assert_int_equal(owed_born(o, id_of(i), 7777777),
                             born[i] ? born[i] : 7777777);
            least = born[i] && born[i] < least ? born[i] : least;
            n += born[i] != 0;
        }
        assert_true(owed_oldest(o) == least);
        assert_int_equal(o->n, n);
    }
}

static void very_many_may_fail_at_once(void **state)
{
    enum { N = 300000 }; /* a list would take minutes */
    struct owed *o = *state;

    for (uint64_t i = 0; i < N; i++)
        owed_add(o, id_of(i * 4096), i + 1);
    assert_int_equal(o->n, N);
    for (uint64_t i = 0; i < N; i++)
        owed_remove(o, id_of(i * 4096));
    assert_true(owed_oldest(o) == UINT64_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_owed_holds_nothing_back),
        TEST(a_failed_message_keeps_its_first_number),
        TEST(failing_again_changes_nothing),
        TEST(both_halves_of_an_id_count),
        TEST(the_oldest_follows_removals_in_any_order),
        TEST(random_failures_and_acks_agree_with_a_table),
        TEST(very_many_may_fail_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
