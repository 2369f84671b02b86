/* test_lookup_cache.c - answers to questions, for a while, beside a model. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "connectors/lookup_cache.h"
#include <stdio.h>

enum { QUESTIONS = 40, MOST = 12, AGE = 50, STEPS = 400, SEEDS = 1000 };

static gale_str text(char *memory, uint64_t number)
{
    int n = snprintf(memory, 16, "%llu", (unsigned long long)number);

    return gale_str_make(memory, (size_t)n);
}

static void it_forgets_what_is_old_and_who_was_not_asked_for(void **state)
{
    struct lookup_cache c = {.most = 2, .max_age = 10};
    gale_str a = gale_str_make("a", 1), b = gale_str_make("b", 1),
             d = gale_str_make("d", 1), none = gale_str_make(NULL, 0), found;

    (void)state;
    assert_false(lookup_cache_find(&c, a, 0, &found));
    lookup_cache_add(&c, a, b, 0);
    lookup_cache_add(&c, b, none, 1);
    assert_true(lookup_cache_find(&c, a, 9, &found));
    assert_true(gale_str_eq(found, b));
    lookup_cache_add(&c, d, d, 9); /* b was used least */
    assert_false(lookup_cache_find(&c, b, 9, &found));
    assert_true(lookup_cache_find(&c, a, 9, &found));
    assert_false(lookup_cache_find(&c, a, 10, &found));
    assert_true(lookup_cache_find(&c, d, 18, &found));
    assert_int_equal(c.n, 1);
    lookup_cache_fini(&c);
}

static void one_that_is_to_remember_nothing_does_so(void **state)
{
    struct lookup_cache c = {.most = 0, .max_age = 10};
    gale_str a = gale_str_make("a", 1);

    (void)state;
    lookup_cache_add(&c, a, a, 0);
    assert_false(lookup_cache_find(&c, a, 0, &a));
    lookup_cache_fini(&c);
}

/* -- a model: when each was added and used --------------------------------- */

struct model {
    bool there[QUESTIONS];
    int64_t since[QUESTIONS], used[QUESTIONS];
    uint64_t answer[QUESTIONS];
};

static void model_add(struct model *m, size_t q, int64_t now, int64_t step)
{
    size_t n = 0, least = QUESTIONS;

    for (size_t i = 0; i < QUESTIONS; i++) {
        n += m->there[i];
        if (m->there[i] && (least == QUESTIONS || m->used[i] < m->used[least]))
            least = i;
    }
    if (n == MOST)
        m->there[least] = false;
    m->there[q] = true;
    m->since[q] = now;
    m->used[q] = step;
    m->answer[q] = (uint64_t)step;
}

static void play(uint64_t seed)
{
    struct lookup_cache c = {.most = MOST, .max_age = AGE};
    struct model m = {0};
    struct random random;
    char memory[2][16];
    int64_t now = 0;

    random_seed(&random, seed);
    for (int64_t step = 1; step <= STEPS; step++) {
        size_t q = random_below(&random, QUESTIONS);
        gale_str question = text(memory[0], q), found;
        bool fresh = m.there[q] && now - m.since[q] < AGE;

        if (lookup_cache_find(&c, question, now, &found) != fresh)
            fail_msg("seed %llu, step %d", (unsigned long long)seed, (int)step);
        if (fresh) {
            assert_true(gale_str_eq(found, text(memory[1], m.answer[q])));
            m.used[q] = step;
        } else {
            m.there[q] = false;
            model_add(&m, q, now, step);
            lookup_cache_add(&c, question, text(memory[1], (uint64_t)step),
                             now);
        }
        now += (int64_t)random_below(&random, 5);
        assert_true(c.n <= MOST);
    }
    lookup_cache_fini(&c);
}

static void it_answers_as_a_model_does(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_forgets_what_is_old_and_who_was_not_asked_for),
        cmocka_unit_test(one_that_is_to_remember_nothing_does_so),
        cmocka_unit_test(it_answers_as_a_model_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
