/* test_budget.c - when memory for tuples is tight, and when it is not any
 * more. */
#include "tests/support/cmocka_all.h"
#include "worker/budget.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* -- the rules ------------------------------------------------------------- */

enum { LIMIT = 1000 };

static void it_is_tight_from_three_quarters_on_until_less_than_half_is_used(
    void **state)
{
    static const struct {
        enum budget_state was;
        uint64_t used;
        enum budget_state is;
    } table[] = {
        {BUDGET_PLENTY, 0, BUDGET_PLENTY},
        {BUDGET_PLENTY, 500, BUDGET_PLENTY},
        {BUDGET_PLENTY, 749, BUDGET_PLENTY},
        {BUDGET_PLENTY, 750, BUDGET_TIGHT},
        {BUDGET_PLENTY, 1000, BUDGET_TIGHT},
        {BUDGET_PLENTY, 1001, BUDGET_PASSED},
        {BUDGET_TIGHT, 1001, BUDGET_PASSED},
        {BUDGET_TIGHT, 1000, BUDGET_TIGHT},
        {BUDGET_TIGHT, 749, BUDGET_TIGHT},
        {BUDGET_TIGHT, 500, BUDGET_TIGHT},
        {BUDGET_TIGHT, 499, BUDGET_PLENTY},
        {BUDGET_TIGHT, 0, BUDGET_PLENTY},
        /* Who was let go on goes on, until there is plenty, or no more. */
        {BUDGET_LENT, 1000, BUDGET_LENT},
        {BUDGET_LENT, 500, BUDGET_LENT},
        {BUDGET_LENT, 499, BUDGET_PLENTY},
        {BUDGET_LENT, 1001, BUDGET_PASSED},
        /* For good. */
        {BUDGET_PASSED, 0, BUDGET_PASSED},
        {BUDGET_PASSED, 750, BUDGET_PASSED},
        {BUDGET_PASSED, 1001, BUDGET_PASSED},
    };
    struct budget_marks marks = budget_marks_for(LIMIT);

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_int_equal(budget_next(table[i].was, table[i].used, &marks),
                         table[i].is);
}

static void without_a_limit_it_is_never_tight(void **state)
{
    struct budget_marks marks = budget_marks_for(BUDGET_UNLIMITED);

    (void)state;
    assert_int_equal(budget_next(BUDGET_PLENTY, UINT64_MAX - 1, &marks),
                     BUDGET_PLENTY);
    assert_int_equal(marks.pooled, BUDGET_UNLIMITED);
}

/* Else spouts would wait for what is never given back. */
static void what_pools_keep_lets_spouts_go_on(void **state)
{
    (void)state;
    for (uint64_t limit = 8; limit < UINT64_C(1) << 50; limit *= 3) {
        struct budget_marks m = budget_marks_for(limit);

        assert_true(m.pooled < m.go_on && m.go_on < m.wait && m.wait < m.limit);
    }
}

#define S INT64_C(1000000000)

static void waiting_is_in_vain_when_nothing_has_changed_for_a_second(
    void **state)
{
    static const struct {
        struct budget_look look;
        int64_t now;
        bool vain;
    } table[] = {
        {{false, 5, 800}, 0, false}, /* nobody knows since when */
        {{false, 5, 800}, S - 1, false},
        {{false, 5, 800}, S, true},
        {{false, 5, 800}, 2 * S, true},
        {{true, 5, 800}, 3 * S, false}, /* a slow bolt has begun */
        {{true, 5, 800}, 9 * S, false},
        {{false, 5, 800}, 10 * S - 1, false},
        {{false, 6, 800}, 11 * S, false}, /* one was executed */
        {{false, 6, 800}, 12 * S - 1, false},
        {{false, 6, 790}, 13 * S, false}, /* something came back */
        {{false, 6, 790}, 14 * S, true},
    };
    struct budget_patience patience = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_int_equal(
            budget_waits_in_vain(&patience, table[i].look, table[i].now),
            table[i].vain);
}

/* -- taking and giving back ------------------------------------------------ */

struct heard {
    struct budget budget;
    _Atomic(uint32_t) times[4][4]; /* from, to */
};

static void hear(void *arg, enum budget_state was, enum budget_state is)
{
    struct heard *h = arg;

    h->times[was][is]++;
}

static void begin(struct heard *h, uint64_t limit)
{
    memset(h, 0, sizeof(*h));
    budget_init(&h->budget, limit);
    h->budget.changed = hear;
    h->budget.arg = h;
}

static void each_change_is_said_once(void **state)
{
    struct heard h;
    void *a, *b;

    (void)state;
    begin(&h, 64000);
    a = budget_take(&h.budget, 16000);
    for (uint32_t n = 1; n < 10; n++) {
        b = budget_take(&h.budget, 32000);
        assert_int_equal(budget_state(&h.budget), BUDGET_TIGHT);
        assert_true(budget_is_tight(&h.budget));
        assert_int_equal(h.times[BUDGET_PLENTY][BUDGET_TIGHT], n);
        budget_give_back(&h.budget, b, 32000);
        assert_int_equal(budget_state(&h.budget), BUDGET_PLENTY);
        assert_int_equal(h.times[BUDGET_TIGHT][BUDGET_PLENTY], n);
    }
    budget_give_back(&h.budget, a, 16000);
    assert_int_equal(atomic_load(&h.budget.used), 0);
}

static void what_is_lent_ends_with_plenty(void **state)
{
    struct heard h;
    void *a, *b;

    (void)state;
    begin(&h, 64000);
    budget_lend(&h.budget); /* it is not tight: of no effect */
    assert_int_equal(budget_state(&h.budget), BUDGET_PLENTY);
    a = budget_take(&h.budget, 48000);
    budget_lend(&h.budget);
    assert_int_equal(budget_state(&h.budget), BUDGET_LENT);
    b = budget_take(&h.budget, 10000);
    assert_int_equal(budget_state(&h.budget), BUDGET_LENT);
    budget_give_back(&h.budget, a, 48000);
    assert_int_equal(budget_state(&h.budget), BUDGET_PLENTY);
    budget_give_back(&h.budget, b, 10000);
}

static void pools_keep_a_quarter_of_the_limit(void **state)
{
    struct budget b;

    (void)state;
    budget_init(&b, 4000);
    assert_false(budget_may_pool(&b, 1001));
    assert_true(budget_may_pool(&b, 600));
    assert_false(budget_may_pool(&b, 401));
    assert_true(budget_may_pool(&b, 400));
    assert_false(budget_may_pool(&b, 1));
    budget_init(&b, BUDGET_UNLIMITED);
    for (int i = 0; i < 1000; i++)
        assert_true(budget_may_pool(&b, SIZE_MAX / 1000));
}

/* -- several threads ------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 20000, PIECE = 64 };

/* Each has up to eight pieces; six of all are tight, and none is the end. So it
 * gets tight even if one runs after the other. */
static void *take_and_give_back(void *arg)
{
    struct budget *b = arg;
    void *pieces[8] = {NULL};
    unsigned chance = (unsigned)(uintptr_t)pieces;

    for (int i = 0; i < ROUNDS; i++) {
        void **p = &pieces[rand_r(&chance) % 8];

        if (*p == NULL) {
            *p = budget_take(b, PIECE);
        } else {
            budget_give_back(b, *p, PIECE);
            *p = NULL;
        }
    }
    for (int i = 0; i < 8; i++)
        if (pieces[i] != NULL)
            budget_give_back(b, pieces[i], PIECE);
    return NULL;
}

static void it_does_not_stay_tight_when_all_is_given_back(void **state)
{
    pthread_t threads[THREADS];
    struct heard h;

    (void)state;
    begin(&h, 8 * PIECE);
    h.budget.marks.limit = 100 * PIECE;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, take_and_give_back, &h.budget),
            0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&h.budget.used), 0);
    assert_int_equal(budget_state(&h.budget), BUDGET_PLENTY);
    assert_true(h.times[BUDGET_PLENTY][BUDGET_TIGHT] > 0);
    assert_int_equal(h.times[BUDGET_PLENTY][BUDGET_TIGHT],
                     h.times[BUDGET_TIGHT][BUDGET_PLENTY]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            it_is_tight_from_three_quarters_on_until_less_than_half_is_used),
        cmocka_unit_test(without_a_limit_it_is_never_tight),
        cmocka_unit_test(what_pools_keep_lets_spouts_go_on),
        cmocka_unit_test(
            waiting_is_in_vain_when_nothing_has_changed_for_a_second),
        cmocka_unit_test(each_change_is_said_once),
        cmocka_unit_test(what_is_lent_ends_with_plenty),
        cmocka_unit_test(pools_keep_a_quarter_of_the_limit),
        cmocka_unit_test(it_does_not_stay_tight_when_all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
