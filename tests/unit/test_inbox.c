/* test_inbox.c - the queue of many producers and one consumer. */
#include "tests/support/cmocka_all.h"
#include "worker/inbox.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

struct item {
    struct inbox_node node; /* first */
    int producer;
    int number;
};

static int setup(void **state)
{
    static struct inbox q;

    inbox_init(&q);
    *state = &q;
    return 0;
}

static void push(struct inbox *q, struct item *item, int number)
{
    item->number = number;
    inbox_push(q, &item->node);
}

static int pop(struct inbox *q)
{
    struct item *item = (struct item *)(void *)inbox_pop(q);

    return item == NULL ? -1 : item->number;
}

static void an_empty_queue_gives_nothing(void **state)
{
    struct inbox *q = *state;

    assert_true(inbox_empty(q));
    assert_null(inbox_pop(q));
    assert_null(inbox_pop(q));
    assert_true(inbox_empty(q));
}

static void what_goes_in_comes_out_in_order(void **state)
{
    struct inbox *q = *state;
    struct item items[100];

    for (int i = 0; i < 100; i++) {
        push(q, &items[i], i);
        assert_false(inbox_empty(q));
    }
    for (int i = 0; i < 100; i++) {
        assert_false(inbox_empty(q));
        assert_int_equal(pop(q), i);
    }
    assert_int_equal(pop(q), -1);
    assert_true(inbox_empty(q));
}

static void pushes_and_pops_in_any_pattern_keep_the_order(void **state)
{
    struct inbox *q = *state;
    struct item items[1000];
    int in = 0, out = 0;

    for (int step = 1; in < 1000; step = step * 7 % 13 + 1) {
        for (int i = 0; i < step && in < 1000; i++, in++)
            push(q, &items[in], in);
        for (int i = 0; i < step / 2 + 1 && out < in; i++, out++)
            assert_int_equal(pop(q), out);
    }
    while (out < in)
        assert_int_equal(pop(q), out++);
    assert_true(inbox_empty(q));
}

static void a_node_may_go_in_again_once_it_is_out(void **state)
{
    struct inbox *q = *state;
    struct item items[2];

    for (int i = 0; i < 100; i++) {
        push(q, &items[0], i);
        push(q, &items[1], i);
        assert_int_equal(pop(q), i);
        assert_int_equal(pop(q), i);
        push(q, &items[1], i);
        assert_int_equal(pop(q), i);
        assert_true(inbox_empty(q));
    }
}

/* -- many producers -------------------------------------------------------- */

enum { PRODUCERS = 4, EACH = 20000 };

struct producer {
    struct inbox *q;
    struct item *items;
    int number;
};

static void *produce(void *arg)
{
    struct producer *p = arg;

    for (int i = 0; i < EACH; i++) {
        p->items[i].producer = p->number;
        push(p->q, &p->items[i], i);
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

static void nothing_is_lost_doubled_or_overtaken(void **state)
{
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    int next[PRODUCERS] = {0};

    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] =
            (struct producer){*state, calloc(EACH, sizeof(struct item)), i};
        assert_int_equal(
            pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int n = 0; n < PRODUCERS * EACH;) {
        struct item *item = (struct item *)(void *)inbox_pop(*state);

        if (item == NULL) { /* empty, or a push is half done */
            sched_yield();
            continue;
        }
        assert_int_equal(item->number, next[item->producer]++);
        n++;
    }
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        free(producers[i].items);
        assert_int_equal(next[i], EACH);
    }
    assert_true(inbox_empty(*state));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_queue_gives_nothing),
        TEST(what_goes_in_comes_out_in_order),
        TEST(pushes_and_pops_in_any_pattern_keep_the_order),
        TEST(a_node_may_go_in_again_once_it_is_out),
        TEST(nothing_is_lost_doubled_or_overtaken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
