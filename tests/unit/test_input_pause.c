/*
 * test_input_pause.c - gale_pause_input(): a bolt takes no more input for now.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 1000 };

static int setup(void **state)
{
    *state = setting_begin("pauses", N, 1);
    return 0;
}

struct pauses {
    _Atomic(uint32_t) executed, wrong, paused, ticks;
    _Atomic(bool) go;
    uint32_t each; /* so many inputs, then a pause */
};

/* -- pauses that work ends ------------------------------------------------- */

static gale_result no_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

/* A task's: how many it has executed, and whether it has paused. */
struct own {
    uint32_t n;
    bool paused;
};

static void go_on(gale_task *task, gale_result result, void *arg)
{
    struct pauses *p = probe_arg(task);
    struct own *own = arg;

    p->wrong += result != GALE_OK || !own->paused;
    own->paused = false;
    gale_resume_input(task);
    gale_resume_input(task); /* twice is once */
}

static gale_result pause_now(gale_task *task)
{
    struct pauses *p = probe_arg(task);
    struct own *own = probe_state(task);

    own->paused = true;
    p->paused++;
    gale_pause_input(task);
    gale_pause_input(task);
    return gale_async(task, no_work, go_on, own);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct pauses *p = probe_arg(task);
    struct own *own = probe_state(task);

    (void)in;
    p->wrong += own->paused;
    p->executed++;
    return ++own->n % p->each == 0 ? pause_now(task) : GALE_OK;
}

static gale_result execute_batch(gale_task *task, gale_batch *in)
{
    struct pauses *p = probe_arg(task);
    struct own *own = probe_state(task);

    p->wrong += own->paused;
    p->executed += in->n;
    return pause_now(task);
}

static void a_bolt_that_pauses_executes_nothing_until_it_resumes(void **state)
{
    static const struct {
        const char *plugin;
        uint32_t each;
        int executors, tasks;
        uint32_t carriers;
    } cases[] = {
        {"probe_bolt", 1, 1, 1, 1},          {"probe_bolt", 7, 1, 1, 2},
        {"probe_bolt", 1, 2, 6, 1},          {"probe_bolt", 3, 2, 6, 3},
        {"probe_bolt_blocking", 5, 2, 2, 2}, {"probe_bolt_batch", 1, 1, 1, 1},
        {"probe_bolt_batch", 1, 2, 4, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pauses p = {.each = cases[i].each};
        const struct probe bolt = {.arg = &p,
                                   .state_size = sizeof(struct own),
                                   .execute = execute,
                                   .execute_batch = execute_batch};
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        s->r.carriers = cases[i].carriers;
        gale_shuffle(
            gale_set_tasks(topology_run_bolt_as(&s->r, "bolt", cases[i].plugin,
                                                &bolt, cases[i].executors),
                           cases[i].tasks),
            "numbers");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(p.executed, N);
        assert_int_equal(p.wrong, 0);
        assert_in_range(p.paused, 1, N / p.each);
        setting_end(&own);
    }
}

/* -- pauses that last ------------------------------------------------------ */

static gale_result begin_ticks(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

static gale_result pause_at_each(gale_task *task, const gale_tuple *in)
{
    struct pauses *p = probe_arg(task);

    (void)in;
    p->executed++;
    gale_pause_input(task);
    return GALE_OK;
}

static gale_result resume_if_told(gale_task *task)
{
    struct pauses *p = probe_arg(task);

    p->ticks++;
    if (p->go)
        gale_resume_input(task);
    return GALE_OK;
}

#define STAYS_PAUSED(p_)                                                       \
    {                                                                          \
        .arg = (p_), .open = begin_ticks, .execute = pause_at_each,            \
        .tick = resume_if_told                                                 \
    }

static void await_ticks(struct pauses *p, uint32_t n)
{
    n += p->ticks;
    while (p->ticks < n)
        sched_yield();
}

static void inputs_wait_while_ticks_come_and_the_run_does_not_end(void **state)
{
    static struct pauses p;
    static const struct probe bolt = STAYS_PAUSED(&p);
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_start(&s->r);
    await_ticks(&p, 20);
    assert_int_equal(p.executed, 1);
    assert_int_equal(gale_local_wait(s->r.local, 1), GALE_LOCAL_RUNNING);
    p.go = true;
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(p.executed, N);
}

/* The last input has been acked: but for the pause, the run is complete. */
static void a_run_waits_for_a_bolt_that_has_paused_at_its_last_input(
    void **state)
{
    static struct pauses p;
    static const struct probe bolt = STAYS_PAUSED(&p);
    struct setting *s = setting_begin("pauses", 1, 1);
    void *own = s;

    (void)state;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, 1, "the ack");
    await_ticks(&p, 20);
    assert_int_equal(gale_local_wait(s->r.local, 1), GALE_LOCAL_RUNNING);
    p.go = true;
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    setting_end(&own);
}

static void a_stop_ends_a_pause_that_nobody_ends(void **state)
{
    static const gale_stop hows[] = {GALE_STOP_NOW, GALE_STOP_DRAIN};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pauses p = {.each = 1};
        const struct probe bolt = STAYS_PAUSED(&p);
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        gale_configure(s->r.builder, "gale.topology.drain.secs",
                       gale_float(0.01));
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
        topology_run_start(&s->r);
        await_ticks(&p, 5);
        topology_run_stop(&s->r, hows[i]);
        assert_in_range(p.executed, 1, 2);
        setting_end(&own);
    }
}

/* Two inputs of which each goes to a task of its own, in one executor. */
static void the_tasks_of_an_executor_pause_together(void **state)
{
    static struct pauses p;
    static const struct probe bolt = STAYS_PAUSED(&p);
    struct setting *s = *state;

    gale_all(gale_set_tasks(topology_run_bolt(&s->r, "bolt", &bolt, 1), 2),
             "numbers");
    topology_run_start(&s->r);
    await_ticks(&p, 20);
    assert_int_equal(p.executed, 1);
    p.go = true;
    topology_run_complete(&s->r);
    assert_int_equal(p.executed, 2 * N);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bolt_that_pauses_executes_nothing_until_it_resumes),
        TEST(inputs_wait_while_ticks_come_and_the_run_does_not_end),
        cmocka_unit_test(
            a_run_waits_for_a_bolt_that_has_paused_at_its_last_input),
        cmocka_unit_test(a_stop_ends_a_pause_that_nobody_ends),
        TEST(the_tasks_of_an_executor_pause_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
