/* test_owed.c - failed messages, until they are acked. */
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

    owed_add(o, id_of(1), 10, NULL);
    assert_int_equal(owed_born(o, id_of(1), 99), 10);
    assert_int_equal(owed_born(o, id_of(2), 99), 99);
    assert_int_equal(owed_oldest(o), 10);
}

static void failing_again_does_not_change_its_number(void **state)
{
    struct owed *o = *state;

    owed_add(o, id_of(1), 10, NULL);
    owed_add(o, id_of(1), 20, NULL);
    assert_int_equal(owed_born(o, id_of(1), 99), 10);
    owed_remove(o, id_of(1));
    assert_true(owed_oldest(o) == UINT64_MAX);
}

static void both_halves_of_an_id_count(void **state)
{
    struct owed *o = *state;

    owed_add(o, (gale_msgid){1, 5}, 10, NULL);
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
        owed_add(o, id_of(i), 1000 + i * 79 % N, NULL);
    for (uint64_t left = N; left > 0; left--) {
        uint64_t oldest = owed_oldest(o);

        assert_int_equal(oldest, 1000 + N - left);
        for (uint64_t i = 0; i < N; i++)
            if (owed_born(o, id_of(i), 0) == oldest)
                owed_remove(o, id_of(i));
    }
    assert_true(owed_oldest(o) == UINT64_MAX);
}

static void failures_are_counted_until_it_is_acked(void **state)
{
    struct owed *o = *state;

    assert_int_equal(owed_add(o, id_of(1), 10, NULL)->failures, 1);
    assert_int_equal(owed_add(o, id_of(2), 11, NULL)->failures, 1);
    assert_int_equal(owed_add(o, id_of(1), 12, NULL)->failures, 2);
    assert_int_equal(owed_find(o, id_of(1))->failures, 2);
    owed_remove(o, id_of(1));
    assert_null(owed_find(o, id_of(1)));
    assert_int_equal(owed_add(o, id_of(1), 13, NULL)->failures, 1);
}

static void the_last_cause_is_kept(void **state)
{
    struct owed *o = *state;

    owed_add(o, id_of(1), 10, cause_new(5, false, "first"));
    owed_add(o, id_of(1), 11, cause_new(6, true, "second"));
    assert_string_equal(owed_find(o, id_of(1))->cause->text, "second");
    assert_int_equal(owed_find(o, id_of(1))->cause->task, 6);
    assert_true(owed_find(o, id_of(1))->cause->poison);
}

static void a_cause_is_cut_where_there_is_no_more_room(void **state)
{
    char text[CAUSE_TEXT_MAX + 100];
    struct cause *cause;

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    cause = cause_new(1, false, text);
    assert_int_equal(strlen(cause->text), CAUSE_TEXT_MAX);
    free(cause);
}

static void the_dead_are_counted(void **state)
{
    struct owed *o = *state;

    for (uint64_t i = 1; i <= 3; i++)
        owed_set_dead(o, owed_add(o, id_of(i), i, NULL), true);
    owed_set_dead(o, owed_find(o, id_of(1)), true);
    assert_int_equal(o->n_dead, 3);
    owed_set_dead(o, owed_find(o, id_of(1)), false);
    owed_remove(o, id_of(2));
    assert_int_equal(o->n_dead, 1);
    owed_forget_before(o, 0);
    assert_int_equal(o->n_dead, 0);
}

static void what_failed_long_ago_is_forgotten_first(void **state)
{
    enum { N = 1000, KEEP = 300 };
    struct owed *o = *state;

    for (uint64_t i = 0; i < N; i++)
        owed_add(o, id_of(i), i + 1, cause_new(1, false, "long ago"));
    owed_add(o, id_of(0), 1, NULL); /* once more: it is the latest */
    owed_forget_before(o, KEEP);
    assert_int_equal(o->n, KEEP);
    assert_int_equal(owed_find(o, id_of(0))->failures, 2);
    for (uint64_t i = 1; i < N; i++)
        assert_int_equal(owed_find(o, id_of(i)) != NULL, i > N - KEEP);
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
            owed_add(o, id_of(id), step, NULL);
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
        owed_add(o, id_of(i * 4096), i + 1, NULL);
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
        TEST(failing_again_does_not_change_its_number),
        TEST(both_halves_of_an_id_count),
        TEST(the_oldest_follows_removals_in_any_order),
        TEST(failures_are_counted_until_it_is_acked),
        TEST(the_last_cause_is_kept),
        TEST(a_cause_is_cut_where_there_is_no_more_room),
        TEST(the_dead_are_counted),
        TEST(what_failed_long_ago_is_forgotten_first),
        TEST(random_failures_and_acks_agree_with_a_table),
        TEST(very_many_may_fail_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
