/* test_block.c - the memory that tuples travel in. */
#include "tests/support/cmocka_all.h"
#include "worker/block.h"
#include "worker/inbox.h"
#include <pthread.h>
#include <sched.h>
#include <string.h>

static struct budget budget;
static struct block_pool pool, other;

static int setup(void **state)
{
    (void)state;
    budget_init(&budget, BUDGET_UNLIMITED);
    block_pool_init(&pool, &budget);
    block_pool_init(&other, &budget);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    block_pool_fini(&pool);
    block_pool_fini(&other);
    return 0;
}

static void a_class_is_the_smallest_that_holds_it(void **state)
{
    (void)state;
    assert_int_equal(block_class(0), 0);
    for (uint32_t class = 0; class < BLOCK_CLASSES; class ++) {
        uint32_t size = BLOCK_SIZE_MIN << class;

        assert_int_equal(block_class(size - 1), class);
        assert_int_equal(block_class(size), class);
        assert_int_equal(block_class(size + 1), class + 1);
    }
    assert_int_equal(block_class(BLOCK_SIZE_MAX + 1), BLOCK_OWN);
    assert_int_equal(block_class(UINT32_MAX), BLOCK_OWN);
}

static void a_block_has_the_size_of_its_class_and_can_be_filled(void **state)
{
    struct block *blocks[BLOCK_CLASSES][20];

    (void)state;
    for (uint32_t class = 0; class < BLOCK_CLASSES; class ++)
        for (int i = 0; i < 20; i++) {
            struct block *b = block_new(&pool, class, 0);

            assert_int_equal(b->size, BLOCK_SIZE_MIN << class);
            assert_int_equal((uintptr_t)b % 64, 0);
            memset(b->data, i, b->size - BLOCK_HEADER);
            blocks[class][i] = b;
        }
    for (uint32_t class = 0; class < BLOCK_CLASSES; class ++)
        for (int i = 0; i < 20; i++) {
            struct block *b = blocks[class][i];

            assert_int_equal(b->data[0], i);
            assert_int_equal(b->data[b->size - BLOCK_HEADER - 1], i);
            block_unref(&pool, b);
        }
}

static void the_last_one_freed_is_used_first(void **state)
{
    struct block *a = block_new(&pool, 3, 0), *b = block_new(&pool, 3, 0);

    (void)state;
    block_unref(&pool, a);
    block_unref(&pool, b);
    assert_ptr_equal(block_new(&pool, 3, 0), b);
    assert_ptr_equal(block_new(&pool, 3, 0), a);
}

static void a_block_lives_as_long_as_one_refers_to_it(void **state)
{
    struct block *b = block_new(&pool, 0, 0);

    (void)state;
    block_ref(b);
    block_ref(b);
    block_unref(&pool, b);
    block_unref(&other, b);
    assert_ptr_not_equal(block_new(&pool, 0, 0), b);
    block_unref(&pool, b);
    assert_ptr_equal(block_new(&pool, 0, 0), b);
}

static void a_block_freed_elsewhere_comes_home(void **state)
{
    struct block *blocks[100];

    (void)state;
    for (int i = 0; i < 100; i++)
        blocks[i] = block_new(&pool, 0, 0);
    for (int i = 0; i < 100; i++)
        block_unref(&other, blocks[i]);
    for (int i = 0; i < 100; i++) {
        struct block *b = block_new(&pool, 0, 0);
        int k = 0;

        while (k < 100 && blocks[k] != b)
            k++;
        assert_true(k < 100); /* one of them, once */
        blocks[k] = NULL;
    }
}

static void what_is_used_again_takes_no_new_memory(void **state)
{
    uint64_t used;

    (void)state;
    for (int i = 0; i < 10; i++)
        block_unref(&pool, block_new(&pool, BLOCK_CLASSES - 1, 0));
    used = atomic_load(&budget.used);
    for (int i = 0; i < 100000; i++) {
        block_unref(i % 2 ? &pool : &other,
                    block_new(&pool, BLOCK_CLASSES - 1, 0));
        block_pool_item_free(i % 3 ? &pool : &other, block_pool_item(&pool));
    }
    assert_int_equal(atomic_load(&budget.used), used);
}

static void envelopes_are_64_bytes_apart_and_recycled(void **state)
{
    char *a = block_pool_item(&pool), *b = block_pool_item(&pool);

    (void)state;
    assert_true(a - b >= 64 || b - a >= 64);
    assert_int_equal((uintptr_t)a % 64, 0);
    block_pool_item_free(&other, a);
    assert_ptr_equal(block_pool_item(&pool), a);
}

static void a_huge_tuple_has_a_block_of_its_own_that_is_given_back(void **state)
{
    uint64_t before = atomic_load(&budget.used);
    struct block *b = block_new(&pool, BLOCK_OWN, 10000001);

    (void)state;
    assert_true(b->size >= 10000001 + BLOCK_HEADER);
    memset(b->data, 1, 10000001);
    assert_true(atomic_load(&budget.used) >= before + 10000001);
    block_ref(b);
    block_unref(&other, b);
    block_unref(&other, b);
    assert_int_equal(atomic_load(&budget.used), before);
}

/* -- the budget ------------------------------------------------------------ */

static void count_passed(void *arg, enum budget_state was, enum budget_state is)
{
    (void)was;
    *(int *)arg += is == BUDGET_PASSED;
}

static void beyond_the_budget_it_is_said_once_and_there_is_more(void **state)
{
    struct block *blocks[4];
    int calls = 0;

    (void)state;
    budget_init(&budget, 1 << 20);
    budget.changed = count_passed;
    budget.arg = &calls;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(calls, i > 1); /* the second is one too many */
        blocks[i] = block_new(&pool, BLOCK_OWN, 1 << 19);
        memset(blocks[i]->data, i, 1 << 19);
    }
    for (int i = 0; i < 4; i++)
        block_unref(&pool, blocks[i]);
    block_unref(&pool, block_new(&pool, BLOCK_OWN, 1 << 21));
    assert_int_equal(calls, 1);
}

/* Whichever pool gives it back, and whichever class it is of. */
static void beyond_what_pools_keep_all_is_given_back(void **state)
{
    struct block *blocks[2][200];
    void *items[200];
    uint64_t kept;

    (void)state;
    budget_init(&budget, 2 << 20);
    for (int i = 0; i < 100; i++)
        blocks[0][i] = block_new(&pool, BLOCK_CLASSES - 1, 0);
    for (int i = 0; i < 100; i++)
        block_unref(&pool, blocks[0][i]);
    kept = atomic_load(&budget.used);
    assert_int_equal(kept, atomic_load(&budget.pooled));
    assert_in_range(kept, 1, budget.marks.pooled);
    for (int i = 0; i < 200; i++) {
        blocks[0][i] = block_new(&other, (uint32_t)i % BLOCK_CLASSES, 0);
        blocks[1][i] = block_new(&other, 0, 0);
        items[i] = block_pool_item(&other);
        memset(items[i], 0, sizeof(struct inbox_node));
        assert_int_equal(blocks[0][i]->size,
                         BLOCK_SIZE_MIN << i % BLOCK_CLASSES);
        memset(blocks[0][i]->data, i, blocks[0][i]->size - BLOCK_HEADER);
    }
    assert_true(atomic_load(&budget.used) > kept);
    for (int i = 0; i < 200; i++) {
        block_ref(blocks[0][i]);
        block_unref(&pool, blocks[0][i]);
        block_unref(i % 2 ? &pool : &other, blocks[0][i]);
        block_unref(i % 2 ? &other : &pool, blocks[1][i]);
        block_pool_item_free(i % 3 ? &other : &pool, items[i]);
    }
    assert_int_equal(atomic_load(&budget.used), kept);
}

/* -- two carriers ---------------------------------------------------------- */

enum { BLOCKS = 100000 };

/* An item, laid out as an envelope: the pool's words stay as they are. */
struct sent {
    struct inbox_node node;
    uint64_t pool[2];
    struct block *block;
    int number;
};

_Static_assert(sizeof(struct sent) <= 64, "an item");

static struct inbox queue;

/* The second carrier: reads, checks, gives back. */
static void *consume(void *arg)
{
    int *wrong = arg;

    for (int n = 0; n < BLOCKS;) {
        struct sent *s = (struct sent *)(void *)inbox_pop(&queue);
        int found;

        if (s == NULL) {
            sched_yield();
            continue;
        }
        memcpy(&found, s->block->data, sizeof(found));
        *wrong += found != s->number || s->number != n;
        block_unref(&other, s->block);
        block_pool_item_free(&other, s);
        n++;
    }
    return NULL;
}

static void blocks_go_to_another_carrier_and_come_back(void **state)
{
    pthread_t thread;
    int wrong = 0;

    (void)state;
    inbox_init(&queue);
    assert_int_equal(pthread_create(&thread, NULL, consume, &wrong), 0);
    for (int i = 0; i < BLOCKS; i++) {
        struct sent *s = block_pool_item(&pool);

        s->block = block_new(&pool, 0, 0);
        s->number = i;
        memcpy(s->block->data, &i, sizeof(i));
        inbox_push(&queue, &s->node);
        if (i % 256 == 0)
            sched_yield();
    }
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_is_the_smallest_that_holds_it),
        TEST(a_block_has_the_size_of_its_class_and_can_be_filled),
        TEST(the_last_one_freed_is_used_first),
        TEST(a_block_lives_as_long_as_one_refers_to_it),
        TEST(a_block_freed_elsewhere_comes_home),
        TEST(what_is_used_again_takes_no_new_memory),
        TEST(envelopes_are_64_bytes_apart_and_recycled),
        TEST(a_huge_tuple_has_a_block_of_its_own_that_is_given_back),
        TEST(beyond_the_budget_it_is_said_once_and_there_is_more),
        TEST(beyond_what_pools_keep_all_is_given_back),
        TEST(blocks_go_to_another_carrier_and_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
