/* test_owed.c - failed messages that hold positions back. */
#include "tests/support/cmocka_all.h"
#include "worker/owed.h"

static gale_msgid id_of(uint64_t n)
{
    return (gale_msgid){1, n};
}

static int setup(void **state)
{
    static struct owed o;

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_owed_holds_nothing_back),
        TEST(a_failed_message_keeps_its_first_number),
        TEST(failing_again_changes_nothing),
        TEST(both_halves_of_an_id_count),
        TEST(the_oldest_follows_removals_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
