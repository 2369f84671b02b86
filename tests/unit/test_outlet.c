/*
 * test_outlet.c - which task a shuffle gives the next tuple when its consumers
 * are slow: they are played here by their gates, in which always as much waits
 * as the case says.
 */
#include "worker/outlet.h"
#include "common/check.h"
#include "common/random.h"
#include "tests/support/cmocka_all.h"
#include "topology-api/memory.h"
#include <string.h>

enum { TASKS_MAX = 200, EXECUTORS_MAX = 100, ROOM = 4 };

/* A producer's shuffle to the tasks of some executors. */
struct house {
    struct executor executors[EXECUTORS_MAX];
    struct executor *list[EXECUTORS_MAX];
    uint32_t place[TASKS_MAX];
    uint64_t used[TASKS_MAX];
    struct component component;
    struct destination to;
    struct route route;
    uint64_t got[TASKS_MAX];
};

static void fill(struct gate *g, uint32_t tuples)
{
    gate_sent(g, gate_load(tuples, tuples * 64));
}

static struct house *house_new(uint32_t executors, uint32_t tasks)
{
    const struct credit credit = {.tuples = ROOM, .bytes = 1 << 20};
    struct house *h =
        memory_check(aligned_alloc(64, sizeof(*h)), 1, sizeof(*h));

    memset(h, 0, sizeof(*h));
    check(tasks <= TASKS_MAX && executors <= EXECUTORS_MAX);
    for (uint32_t e = 0; e < executors; e++) {
        uint32_t first = model_first_task(tasks, executors, e);

        h->list[e] = &h->executors[e];
        h->executors[e].gate = &h->executors[e].own_gate;
        gate_init(h->executors[e].gate, h->list[e], credit);
        for (uint32_t i = first; i < model_first_task(tasks, executors, e + 1);
             i++)
            h->place[i] = e << 16 | (i - first);
    }
    h->to = (struct destination){.component = &h->component,
                                 .executors = h->list,
                                 .place = h->place,
                                 .n_tasks = tasks,
                                 .n_executors = executors};
    h->route = (struct route){.used = h->used, .to = &h->to};
    return h;
}

static void house_free(struct house *h)
{
    free(h->route.here);
    free(h);
}

/* One tuple goes where the shuffle says. */
static void deal(struct house *h)
{
    h->route.current = outlet_shuffle_next(&h->route);
    h->route.taken = 1;
    h->got[h->route.current]++;
    fill(outlet_gate(&h->route, h->route.current), 1);
}

/* The executor takes one, if there is one. */
static void take(struct house *h, uint32_t executor)
{
    struct gate *g = h->executors[executor].gate;

    if (gate_queued_tuples(g) > 0)
        atomic_fetch_add(&g->taken, gate_load(1, 64));
}

/* With so much waiting, each executor takes one in turn. */
static void deal_to_slow_ones(struct house *h, uint32_t waiting, uint32_t n)
{
    for (uint32_t e = 0; e < h->to.n_executors; e++)
        fill(h->executors[e].gate, waiting);
    for (uint32_t i = 0; i < n; i++) {
        take(h, i % h->to.n_executors);
        deal(h);
    }
}

static void shares_are_even(uint32_t executors, uint32_t tasks,
                            uint32_t waiting)
{
    const uint32_t share = 100;
    struct house *h = house_new(executors, tasks);

    deal_to_slow_ones(h, waiting, share * tasks);
    for (uint32_t t = 0; t < tasks; t++)
        if (h->got[t] < share * 9 / 10 || h->got[t] > share * 11 / 10)
            fail_msg("%u executors, %u tasks, %u waiting: task %u got %u of "
                     "%u",
                     executors, tasks, waiting, t, (unsigned)h->got[t], share);
    house_free(h);
}

static const struct {
    uint32_t executors, tasks;
} crews[] = {{1, 8},  {2, 8},   {4, 8},    {8, 8},     {3, 9},
             {2, 64}, {2, 100}, {25, 100}, {100, 200}, {3, 150}};

static void tasks_of_executors_that_are_full_take_turns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(crews) / sizeof(crews[0]); i++)
        shares_are_even(crews[i].executors, crews[i].tasks, 2 * ROOM);
}

static void so_do_tasks_of_executors_that_have_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(crews) / sizeof(crews[0]); i++)
        shares_are_even(crews[i].executors, crews[i].tasks, 1);
}

/* Executors take one by chance: what each gets is chance, too, but not which of
 * its tasks gets it. */
static void tasks_of_one_executor_get_the_same(void **state)
{
    const uint32_t share = 100;
    struct random chance;

    (void)state;
    for (size_t i = 0; i < sizeof(crews) / sizeof(crews[0]); i++) {
        struct house *h = house_new(crews[i].executors, crews[i].tasks);
        uint32_t beside = crews[i].tasks / crews[i].executors;

        random_seed(&chance, i);
        for (uint32_t e = 0; e < h->to.n_executors; e++)
            fill(h->executors[e].gate, 2 * ROOM);
        for (uint32_t n = 0; n < share * crews[i].tasks; n++) {
            take(h, (uint32_t)random_below(&chance, h->to.n_executors));
            deal(h);
        }
        for (uint32_t t = 0; t < crews[i].tasks; t++)
            assert_in_range(h->got[t], h->got[t / beside * beside] - 5,
                            h->got[t / beside * beside] + 5);
        house_free(h);
    }
}

/* Of four executors the second and the fourth are in this worker. */
static void a_local_or_shuffle_takes_turns_among_those_here(void **state)
{
    static const uint32_t next_here[8] = {2, 2, 2, 3, 6, 6, 6, 7};
    struct house *h = house_new(4, 8);

    (void)state;
    h->route.here = xcalloc(8, sizeof(next_here[0]));
    memcpy(h->route.here, next_here, sizeof(next_here));
    h->route.current = 2;
    for (uint32_t i = 0; i < 400; i++)
        deal(h);
    for (uint32_t t = 0; t < 8; t++)
        assert_int_equal(h->got[t], t / 2 % 2 ? 100 : 0);
    house_free(h);
}

/* All are full, and one of them takes more: it gets more. */
static void who_is_quicker_gets_more(void **state)
{
    struct house *h = house_new(2, 4);

    (void)state;
    fill(h->executors[0].gate, 2 * ROOM);
    fill(h->executors[1].gate, 2 * ROOM);
    for (uint32_t i = 0; i < 400; i++) {
        take(h, i % 4 == 0);
        deal(h);
    }
    assert_in_range(h->got[0], 145, 155);
    assert_in_range(h->got[1], 145, 155);
    assert_in_range(h->got[2], 45, 55);
    assert_in_range(h->got[3], 45, 55);
    house_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_of_executors_that_are_full_take_turns),
        cmocka_unit_test(so_do_tasks_of_executors_that_have_room),
        cmocka_unit_test(tasks_of_one_executor_get_the_same),
        cmocka_unit_test(a_local_or_shuffle_takes_turns_among_those_here),
        cmocka_unit_test(who_is_quicker_gets_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
