/* test_held.c - inputs that a bolt keeps open. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "worker/held.h"
#include <stdlib.h>

static int setup(void **state)
{
    static struct held h;

    held_init(&h, 0);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    held_fini(*state);
    return 0;
}

static struct held_input *add(struct held *h, uint64_t root)
{
    struct tree tree = {root, ~root, 0};

    return held_add(h, &tree, 1);
}

static void a_handle_finds_its_input(void **state)
{
    struct held *h = *state;
    struct held_input *a = add(h, 1), *b = add(h, 2);

    assert_ptr_equal(held_find(h, held_handle(a)), a);
    assert_ptr_equal(held_find(h, held_handle(b)), b);
    assert_int_equal(a->trees[0].root, 1);
    assert_int_equal(b->trees[0].root, 2);
    assert_true(b->trees[0].sum == ~UINT64_C(2));
    assert_int_equal(h->n, 2);
}

static void a_settled_handle_finds_nothing_not_even_a_successor(void **state)
{
    struct held *h = *state;
    struct held_input *a = add(h, 1), *b;
    gale_handle old = held_handle(a);

    held_remove(h, a);
    assert_null(held_find(h, old));
    b = add(h, 2);
    assert_ptr_equal(b, a); /* the place is used again */
    assert_null(held_find(h, old));
    assert_int_not_equal(held_handle(b).id, old.id);
}

static void handles_of_nobody_find_nothing(void **state)
{
    struct held *h = *state;
    uint64_t mine = held_handle(add(h, 1)).id;
    uint64_t ids[] = {0,
                      1,
                      mine + 1,        /* another place */
                      mine ^ 1u << 20, /* one far beyond */
                      mine + (UINT64_C(1) << 32),
                      mine + (UINT64_C(2) << 32), /* later generations */
                      UINT64_MAX};

    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        assert_null(held_find(h, (gale_handle){ids[i]}));
    assert_non_null(held_find(h, (gale_handle){mine}));
}

static void handles_of_another_run_find_nothing(void **state)
{
    struct held *h = *state, later;
    gale_handle mine = held_handle(add(h, 1)), theirs;

    held_init(&later, 0x76543210);
    theirs = held_handle(add(&later, 1));
    assert_null(held_find(&later, mine));
    assert_null(held_find(h, theirs));
    assert_non_null(held_find(&later, theirs));
    held_fini(&later);
}

static void generations_go_round(void **state)
{
    struct held last;
    gale_handle old;

    (void)state;
    held_init(&last, UINT32_MAX - 3);
    for (int i = 0; i < 4; i++) {
        struct held_input *in = add(&last, 1);

        old = held_handle(in);
        assert_int_not_equal(old.id, 0);
        assert_ptr_equal(held_find(&last, old), in);
        held_remove(&last, in);
        assert_null(held_find(&last, old));
    }
    held_fini(&last);
}

static void an_input_may_have_no_tree_or_many(void **state)
{
    struct tree trees[1000];
    struct held *h = *state;
    struct held_input *in;

    for (uint64_t i = 0; i < 1000; i++)
        trees[i] = (struct tree){i, i * i, 0};
    assert_int_equal(held_add(h, NULL, 0)->n_trees, 0);
    in = held_add(h, trees, 1000);
    memset(trees, 0, sizeof(trees)); /* they were copied */
    assert_int_equal(in->n_trees, 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(in->trees[i].root, i);
        assert_int_equal(in->trees[i].sum, i * i);
    }
    held_remove(h, in);
    held_add(h, trees, 7); /* left for held_fini() */
}

static void entries_stay_where_they_are(void **state)
{
    enum { N = 10000 };
    struct held *h = *state;
    struct held_input **inputs = calloc(N, sizeof(*inputs));

    for (uint64_t i = 0; i < N; i++)
        inputs[i] = add(h, i);
    for (uint64_t i = 0; i < N; i++) {
        assert_ptr_equal(held_find(h, held_handle(inputs[i])), inputs[i]);
        assert_int_equal(inputs[i]->trees[0].root, i);
    }
    assert_int_equal(h->n, N);
    free(inputs);
}

static void random_holds_and_settles_agree_with_a_list(void **state)
{
    enum { N = 2000 };
    struct held *h = *state;
    gale_handle open[N], old[N];
    uint64_t roots[N];
    uint32_t n = 0, n_old = 0;
    struct random r;

    random_seed(&r, 3);
    for (uint64_t i = 0; i < 20000; i++) {
        if (n < N && random_next(&r) % 2 == 0) {
            roots[n] = i;
            open[n++] = held_handle(add(h, i));
        } else if (n > 0) {
            uint32_t k = (uint32_t)(random_next(&r) % n);
            struct held_input *in = held_find(h, open[k]);

            assert_int_equal(in->trees[0].root, roots[k]);
            held_remove(h, in);
            old[n_old++ % N] = open[k];
            open[k] = open[--n];
            roots[k] = roots[n];
        }
        assert_int_equal(h->n, n);
        if (n_old > 0)
            assert_null(
                held_find(h, old[random_next(&r) % (n_old < N ? n_old : N)]));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_handle_finds_its_input),
        TEST(a_settled_handle_finds_nothing_not_even_a_successor),
        TEST(handles_of_nobody_find_nothing),
        TEST(handles_of_another_run_find_nothing),
        TEST(generations_go_round),
        TEST(an_input_may_have_no_tree_or_many),
        TEST(entries_stay_where_they_are),
        TEST(random_holds_and_settles_agree_with_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
