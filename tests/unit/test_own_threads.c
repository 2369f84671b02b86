/*
 * test_own_threads.c - executors that keep waiting, though their components do
 * not say so, get carriers of their own; and nothing is lost, doubled or out of
 * order for that.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/naps.h"
#include <errno.h>
#include <string.h>

enum { N = 2000 };

/* -- bolts ----------------------------------------------------------------- */

struct crew_case {
    uint32_t carriers;
    int spouts, naps, tasks, others;
};

/* numbers -> naps -> sink, and beside it numbers -> others -> sink. */
static void add_naps(struct setting *s, struct naps *seen,
                     const struct crew_case *k)
{
    static struct probe naps, others, sink;
    gale_declarer *d;

    naps = (struct probe){.arg = seen, NAPS_TASK, .execute = naps_and_pass_on};
    others = (struct probe){.arg = seen, NAPS_TASK, .execute = naps_pass_on};
    sink = (struct probe){.arg = seen, NAPS_TASK, .execute = naps_take};
    gale_shuffle(
        gale_set_tasks(topology_run_bolt(&s->r, "naps", &naps, k->naps),
                       k->tasks),
        "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "others", &others, k->others),
                 "numbers");
    d = topology_run_bolt(&s->r, "sink", &sink, 1);
    gale_shuffle(d, "naps");
    gale_shuffle(d, "others");
}

static void a_bolt_that_keeps_waiting_gets_a_carrier_of_its_own(void **state)
{
    static const struct crew_case cases[] = {
        {1, 1, 1, 1, 1}, {2, 1, 1, 1, 1}, {1, 2, 2, 5, 3},
        {2, 2, 3, 3, 2}, {4, 3, 2, 4, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting *s = setting_begin("own", N, cases[i].spouts);
        struct naps seen = {0};
        void *own = s;

        s->r.carriers = cases[i].carriers;
        add_naps(s, &seen, &cases[i]);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(number_source_unacked(&s->numbers), 0);
        assert_int_equal(seen.wrong, 0);
        assert_int_equal(seen.executed, 4 * N);
        assert_int_equal(naps_carriers(s),
                         cases[i].carriers + (uint32_t)cases[i].naps);
        assert_says(topology_run_log(&s->r), "naps-");
        assert_says(topology_run_log(&s->r), "GALE_BOLT_BLOCKING");
        setting_end(&own);
    }
}

static gale_result nap_in_tick(gale_task *task)
{
    struct naps *seen = probe_arg(task);

    if (seen->naps++ < 10)
        naps_wait();
    else
        seen->goes_on = true;
    return GALE_OK;
}

static bool is_over(void *arg)
{
    return ((struct naps *)arg)->goes_on;
}

/* Ticks go on where the bolt is now. */
static void so_does_one_that_waits_in_its_ticks(void **state)
{
    struct setting *s = setting_begin("ticks", N, 1);
    struct naps seen = {0};
    const struct probe bolt = {.arg = &seen,
                               NAPS_TASK,
                               .open = naps_tick_often,
                               .execute = naps_take,
                               .tick = nap_in_tick};

    *state = s;
    s->r.carriers = 1;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_start(&s->r);
    topology_run_until(is_over, &seen, "ticks");
    topology_run_complete(&s->r);
    assert_int_equal(naps_carriers(s), 2);
    assert_balanced(&s->r);
    setting_end(state);
}

/* -- who stays ------------------------------------------------------------- */

static gale_result compute(gale_task *task, const gale_tuple *in)
{
    struct naps_task *own = probe_state(task);
    int64_t end = gale_now(task) + 1500000;

    if (++own->n <= 10)
        while (gale_now(task) < end)
            ;
    return naps_take(task, in);
}

static void who_computes_for_long_stays_where_it_is(void **state)
{
    struct setting *s = setting_begin("computes", N, 1);
    struct naps seen = {0};
    const struct probe bolt = {.arg = &seen, NAPS_TASK, .execute = compute};

    *state = s;
    s->r.carriers = 1;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(naps_carriers(s), 1);
    setting_end(state);
}

static void no_more_of_them_move_than_may_and_that_is_said_once(void **state)
{
    static const struct crew_case three = {1, 1, 3, 3, 1};

    (void)state;
    for (uint32_t max = 0; max <= 2; max++) {
        struct setting *s = setting_begin("few", N, 1);
        struct naps seen = {0};
        const char *said;
        void *own = s;

        s->r.carriers = 1;
        gale_configure(s->r.builder, "gale.worker.own.threads", gale_int(max));
        add_naps(s, &seen, &three);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(seen.wrong, 0);
        assert_int_equal(naps_carriers(s), 1 + max);
        said = strstr(topology_run_log(&s->r), "gale.worker.own.threads");
        assert_int_equal(said != NULL, max > 0);
        if (said != NULL)
            assert_null(strstr(said + 1, "gale.worker.own.threads"));
        setting_end(&own);
    }
}

/* -- a system that has no more --------------------------------------------- */

static struct env_ops poor_ops;
static _Atomic(bool) no_waiters, no_threads;

static struct env_waiter *poor_waiter(struct env *env)
{
    errno = EMFILE;
    return no_waiters ? NULL : env_posix()->ops->waiter_new(env);
}

static struct env_thread *poor_thread(struct env *env, const char *name,
                                      int cpu, void (*run)(void *arg),
                                      void *arg)
{
    return no_threads
               ? NULL
               : env_posix()->ops->thread_start(env, name, cpu, run, arg);
}

/* From its first tuple on, when all that the run needs is there. */
static gale_result nap_and_be_poor(gale_task *task, const gale_tuple *in)
{
    struct naps *seen = probe_arg(task);

    *(seen->goes_on ? &no_threads : &no_waiters) = true;
    naps_now_and_then(task);
    return naps_take(task, in);
}

static void without_a_descriptor_or_a_thread_it_stays(void **state)
{
    static struct env poor = {.ops = &poor_ops};

    (void)state;
    poor_ops = *env_posix()->ops;
    poor_ops.waiter_new = poor_waiter;
    poor_ops.thread_start = poor_thread;
    for (int i = 0; i < 2; i++) {
        struct setting *s = setting_begin("poor", N, 1);
        struct naps seen = {.goes_on = i == 1};
        const struct probe bolt = {
            .arg = &seen, NAPS_TASK, .execute = nap_and_be_poor};
        void *own = s;

        s->r.carriers = 1;
        s->r.env = &poor;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(naps_carriers(s), 1);
        assert_says(topology_run_log(&s->r),
                    "there is no thread of its own for it");
        no_waiters = no_threads = false;
        setting_end(&own);
    }
}

/* -- meanwhile ------------------------------------------------------------- */

/* Ends it somewhere about the move, at each of many places. */
static void stop_under_way(uint32_t round, gale_stop how)
{
    const struct crew_case crew = {1 + round % 2, 2, 2, 2, 1};
    struct setting *s = setting_begin("stopped", N, crew.spouts);
    struct naps seen = {0};
    gale_local_state end;
    void *own = s;

    s->r.carriers = crew.carriers;
    add_naps(s, &seen, &crew);
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, round * 13, "acks");
    end = topology_run_stop(&s->r, how);
    assert_int_equal(end, GALE_LOCAL_STOPPED);
    assert_int_equal(seen.wrong, 0);
    if (how == GALE_STOP_DRAIN)
        assert_balanced(&s->r);
    setting_end(&own);
}

static void a_stop_meanwhile_is_as_any_other(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 24; round++)
        stop_under_way(round, round % 3 == 0 ? GALE_STOP_NOW : GALE_STOP_DRAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bolt_that_keeps_waiting_gets_a_carrier_of_its_own),
        cmocka_unit_test(so_does_one_that_waits_in_its_ticks),
        cmocka_unit_test(who_computes_for_long_stays_where_it_is),
        cmocka_unit_test(no_more_of_them_move_than_may_and_that_is_said_once),
        cmocka_unit_test(without_a_descriptor_or_a_thread_it_stays),
        cmocka_unit_test(a_stop_meanwhile_is_as_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
