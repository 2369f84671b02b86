/*
 * test_late_work.c - work of gale_async() that begins when the end of its task
 * is on its way: in a callback that was under way when nobody had any work.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "worker/executor.h"
#include "worker/wiring.h"
#include "worker/worker.h"
#include <stdatomic.h>
#include <string.h>

struct late {
    struct topology_run r;
    struct number_source numbers; /* one */
    struct worker *worker;
    struct tally begun, told;       /* the callback; the end */
    _Atomic(uint32_t) ended, early; /* tasks; those with work under way */
};

static void wired(void *arg, struct worker *w)
{
    ((struct late *)arg)->worker = w;
}

/* The wired callback's argument is the run. */
_Static_assert(offsetof(struct late, r) == 0, "first");

static int setup(void **state)
{
    struct late *l = calloc(1, sizeof(*l));

    l->begun = l->told = (struct tally)TALLY_INIT;
    number_source_init(&l->numbers, 1);
    topology_run_begin(&l->r, "late-work");
    l->r.wired = wired;
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct late *l = *state;

    topology_run_end(&l->r);
    number_source_fini(&l->numbers);
    free(l);
    return 0;
}

/* -- a task that begins work late ------------------------------------------ */

static gale_result no_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

static void work_done(gale_task *task, gale_result result, void *arg)
{
    bool *works = arg;

    (void)task;
    (void)result;
    *works = false;
}

static gale_result begin_work(gale_task *task)
{
    bool *works = probe_state(task);

    *works = true;
    return gale_async(task, no_work, work_done, works);
}

static void await_end(gale_task *task)
{
    struct late *l = probe_arg(task);

    tally_add(&l->begun, 1);
    tally_await(&l->told, 1, "the end");
}

static bool is_first(gale_task *task)
{
    return gale_task_index(task) == 0;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)in;
    if (!is_first(task))
        return GALE_OK;
    await_end(task);
    return begin_work(task);
}

static gale_result next(gale_task *task)
{
    if (!is_first(task))
        return GALE_OK;
    await_end(task);
    return begin_work(task);
}

/* Nobody takes the tuple, so the ack is there when this returns. */
static gale_result emit_only(gale_task *task)
{
    gale_result result = gale_emit_msg(task, ((gale_msgid){0, 1}), gale_int(1));

    if (is_first(task))
        await_end(task);
    return result;
}

static void begin_work_at_ack(gale_task *task, gale_msgid id)
{
    (void)id;
    if (is_first(task))
        (void)begin_work(task);
}

/* Tasks are told in order: when one ends, those before it have been told. */
static void end(gale_task *task)
{
    struct late *l = probe_arg(task);
    const bool *works = probe_state(task);

    l->ended++;
    l->early += *works;
    tally_add(&l->told, 1);
}

static gale_result end_of_input(gale_task *task)
{
    end(task);
    return GALE_OK;
}

/* -- its end --------------------------------------------------------------- */

static void a_bolt_is_not_cleaned_up_before_its_work_has_ended(void **state)
{
    struct late *l = *state;
    const struct probe bolt = {
        .arg = l, .state_size = sizeof(bool), .execute = execute, .close = end};

    topology_run_spout(&l->r, "numbers", &l->numbers.probe, 1);
    gale_all(
        topology_run_bolt_as(&l->r, "bolt", "probe_bolt_blocking", &bolt, 2),
        "numbers");
    topology_run_start(&l->r);
    tally_await(&l->begun, 1, "an input");
    topology_run_stop(&l->r, GALE_STOP_NOW);
    assert_int_equal(l->ended, 2);
    assert_int_equal(l->early, 0);
}

static void a_spout_is_not_closed_before_its_work_has_ended(void **state)
{
    static const struct {
        gale_result (*next)(gale_task *task);
        void (*ack)(gale_task *task, gale_msgid id);
    } cases[] = {{next, NULL}, {emit_only, begin_work_at_ack}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct late *l;
        void *own;
        struct probe spout = {.state_size = sizeof(bool),
                              .streams = OUTPUT_N,
                              .next = cases[i].next,
                              .ack = cases[i].ack,
                              .close = end};

        setup(&own);
        spout.arg = l = own;
        topology_run_spout_as(&l->r, "spout", "probe_spout_blocking", &spout,
                              2);
        topology_run_start(&l->r);
        tally_await(&l->begun, 1, "a call of next");
        topology_run_stop(&l->r, GALE_STOP_NOW);
        assert_int_equal(l->ended, 2);
        assert_int_equal(l->early, 0);
        teardown(&own);
    }
}

static uint32_t component_of(const struct worker *w, const char *id)
{
    uint32_t i = 0;

    while (strcmp(w->model->components[i].id, id) != 0)
        i++;
    return i;
}

/* The end of input is told here as the control thread tells it. */
static void a_bolt_has_no_end_of_input_before_its_work_has_ended(void **state)
{
    struct late *l = *state;
    const struct probe bolt = {.arg = l,
                               .state_size = sizeof(bool),
                               .execute = execute,
                               .end_of_input = end_of_input};

    topology_run_spout(&l->r, "numbers", &l->numbers.probe, 1);
    gale_shuffle(
        topology_run_bolt_as(&l->r, "bolt", "probe_bolt_blocking", &bolt, 1),
        "numbers");
    topology_run_start(&l->r);
    tally_await(&l->begun, 1, "an input");
    worker_tell(l->worker, component_of(l->worker, "bolt"), MESSAGE_FINISH);
    tally_add(&l->told, 1);
    topology_run_complete(&l->r);
    assert_int_equal(l->ended, 2);
    assert_int_equal(l->early, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bolt_is_not_cleaned_up_before_its_work_has_ended),
        cmocka_unit_test(a_spout_is_not_closed_before_its_work_has_ended),
        TEST(a_bolt_has_no_end_of_input_before_its_work_has_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
