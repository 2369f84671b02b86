/*
 * test_memory_wait.c - spouts wait while memory for tuples is tight: they hear
 * of their messages, are not asked for more, and go on when there is plenty, or
 * when waiting is in vain.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include "worker/carrier.h"
#include "worker/memory_wait.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- nobody is forgotten --------------------------------------------------- */

/*
 * A spout begins to wait just when another thread gives back what made memory
 * tight: one of the two must see the other, or it waits for ever.
 */
enum { WAITS = 50000, ENOUGH = 2 /* seconds: a busy machine does fewer */ };

static struct {
    struct worker worker;
    struct carrier home;
    struct component component;
    struct executor spout;
    void *_Atomic much; /* the other thread is to give it back … */
    _Atomic(bool) done; /* … and has done so */
    _Atomic(bool) over;
} meeting = {.component = {.is_spout = true}};

enum { ALL = 4000 };

static void *give_back_what_comes(void *arg)
{
    void *much;

    while (!meeting.over) {
        much = atomic_exchange(&meeting.much, NULL);
        if (much == NULL)
            continue;
        budget_give_back(&meeting.worker.budget, much, ALL);
        meeting.done = true;
    }
    return arg;
}

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* As its carrier does: the other thread leaves a note. */
static bool is_runnable(struct carrier *home)
{
    if (home->back != NULL) {
        home->back = NULL;
        return true;
    }
    if (inbox_pop(&home->notes) == NULL)
        return false;
    atomic_store(&meeting.spout.told, 0);
    atomic_store(&meeting.spout.scheduled, 1);
    return true;
}

/* Does anybody make it runnable? */
static bool is_run(void)
{
    time_t begin = seconds();

    do {
        for (int i = 0; i < 1000; i++)
            if (is_runnable(&meeting.home))
                return true;
        sched_yield();
    } while (seconds() - begin < TOPOLOGY_RUN_PATIENCE);
    return false;
}

static bool wait_once(void)
{
    struct executor *e = &meeting.spout;
    void *much = budget_take(&meeting.worker.budget, ALL);

    atomic_store(&e->scheduled, 1);
    assert_true(memory_wait_meets(e));
    assert_true(memory_wait_has(e));
    executor_rests(e);
    meeting.done = false;
    atomic_store(&meeting.much, much);
    gate_wait(e->stalled, e, &meeting.home);
    if (!is_run())
        return false;
    while (!meeting.done)
        sched_yield();
    executor_unstall(e);
    return e->stalled == NULL;
}

static void who_waits_for_memory_is_never_forgotten(void **state)
{
    struct worker *w = &meeting.worker;
    pthread_t other;
    time_t begin;

    (void)state;
    w->env = meeting.home.env = env_posix();
    budget_init(&w->budget, ALL);
    w->budget.changed = memory_wait_changed;
    w->budget.arg = w;
    w->memory = memory_wait_new(w);
    w->memory->watched = true; /* there is no control thread */
    inbox_init(&meeting.home.notes);
    meeting.spout.worker = w;
    meeting.spout.component = &meeting.component;
    meeting.spout.carrier = meeting.spout.at = &meeting.home;
    assert_int_equal(pthread_create(&other, NULL, give_back_what_comes, NULL),
                     0);
    begin = seconds();
    for (uint32_t i = 0; i < WAITS && seconds() - begin < ENOUGH; i++)
        if (!wait_once())
            fail_msg("nobody lets it run, after %u times", i);
    meeting.over = true;
    pthread_join(other, NULL);
    free(w->memory);
}

/* -- in a running topology ------------------------------------------------- */

enum { N = 1000, LIMIT = 4 << 20, MUCH = 3 << 20 };

static const struct probe taker = {.execute = setting_take};

/* The first two of the spout's messages come from one call, which leaves memory
 * tight. The bolt is done with the first one at once, and with the second one
 * when it is let go: until then waiting is not in vain. */
struct run {
    struct topology_run r;
    struct worker *worker;
    void *much;
    _Atomic(uint32_t) calls;       /* of `next` … */
    _Atomic(uint32_t) out_of_turn; /* … while memory was tight */
    _Atomic(bool) tight;
    int64_t sent;
    struct tally acked;
    struct tally go; /* the second message is done with */
};

static int64_t number_of(gale_msgid id)
{
    return (int64_t)id.lo;
}

static gale_result emit_one(gale_task *task, struct run *run)
{
    int64_t i = run->sent++;

    return gale_emit_msg(task, ((gale_msgid){0, (uint64_t)i}), gale_int(i));
}

static gale_result next(gale_task *task)
{
    struct run *run = probe_arg(task);

    if (run->sent == N) {
        gale_exhausted(task);
        return GALE_OK;
    }
    run->out_of_turn += run->tight;
    if (run->calls++ == 0) {
        run->much = budget_take(&run->worker->budget, MUCH);
        run->tight = true;
        emit_one(task, run);
        gale_wait_until(task, gale_now(task)); /* and end this run */
    }
    return emit_one(task, run);
}

static void ack(gale_task *task, gale_msgid id)
{
    struct run *run = probe_arg(task);

    assert_in_range(number_of(id), 0, N - 1);
    tally_add(&run->acked, 1);
}

static gale_result hold_the_second(gale_task *task, const gale_tuple *in)
{
    struct run *run = probe_arg(task);

    if (gale_get_int(in, 0) == 1)
        tally_await(&run->go, 1, "leave to be done with the second message");
    return GALE_OK;
}

static void wired(void *arg, struct worker *w)
{
    ((struct run *)arg)->worker = w;
}

/* The wired callback's argument is the run. */
_Static_assert(offsetof(struct run, r) == 0, "first");

static void begin(struct run *run, struct probe *spout, struct probe *bolt,
                  uint32_t carriers)
{
    memset(run, 0, sizeof(*run));
    run->acked = run->go = (struct tally)TALLY_INIT;
    topology_run_begin(&run->r, "memory");
    gale_configure(run->r.builder, "gale.worker.memory.bytes", gale_int(LIMIT));
    run->r.carriers = carriers;
    run->r.wired = wired;
    *spout = (struct probe){
        .arg = run, .streams = OUTPUT_N, .next = next, .ack = ack};
    *bolt = (struct probe){.arg = run, .execute = hold_the_second};
    topology_run_spout(&run->r, "spout", spout, 1);
    gale_shuffle(
        topology_run_bolt_as(&run->r, "bolt", "probe_bolt_blocking", bolt, 1),
        "spout");
}

static void give_back(struct run *run)
{
    run->tight = false;
    budget_give_back(&run->worker->budget, run->much, MUCH);
}

static void expect_all(struct run *run)
{
    topology_run_complete(&run->r);
    assert_balanced(&run->r);
    assert_int_equal(run->acked.n, N);
    assert_int_equal(run->out_of_turn, 0);
    assert_int_equal(topology_run_stats(&run->r, "bolt").executed, N);
}

static void who_waits_is_told_of_acks_and_goes_on_when_there_is_plenty(
    void **state)
{
    static struct run run;
    static struct probe spout, bolt;

    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        begin(&run, &spout, &bolt, carriers);
        topology_run_start(&run.r);
        tally_await(&run.acked, 1, "the ack of the first message");
        give_back(&run); /* on a thread that is no carrier */
        tally_set(&run.go, 1);
        expect_all(&run);
        topology_run_end(&run.r);
    }
}

static gale_result next_that_minds_nothing(gale_task *task)
{
    gale_result result = next(task);

    ((struct run *)probe_arg(task))->tight = false;
    return result;
}

/* Nothing is queued, and nothing ever comes back. */
static void who_waits_in_vain_goes_on(void **state)
{
    static struct run run;
    static struct probe spout, bolt;

    (void)state;
    begin(&run, &spout, &bolt, 2);
    spout.next = next_that_minds_nothing;
    tally_set(&run.go, 1);
    topology_run_until_complete(&run.r);
    assert_says(topology_run_log(&run.r), "spouts wait until less are");
    assert_int_equal(budget_state(&run.worker->budget), BUDGET_LENT);
    give_back(&run);
    assert_int_equal(budget_state(&run.worker->budget), BUDGET_PLENTY);
    expect_all(&run);
    topology_run_end(&run.r);
}

/* -- a stop ---------------------------------------------------------------- */

static void a_stop_comes_to_its_end_though_spouts_wait(void **state)
{
    static struct run run;
    static struct probe spout, bolt;

    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        begin(&run, &spout, &bolt, carriers);
        topology_run_start(&run.r);
        tally_await(&run.acked, 1, "the ack of the first message");
        gale_local_stop(run.r.local, GALE_STOP_DRAIN);
        tally_set(&run.go, 1);
        assert_int_equal(topology_run_stop(&run.r, GALE_STOP_DRAIN),
                         GALE_LOCAL_STOPPED);
        assert_balanced(&run.r);
        assert_int_equal(run.acked.n, 2);
        give_back(&run); /* to nobody */
        topology_run_end(&run.r);
    }
}

static gale_result next_that_counts(gale_task *task)
{
    struct run *run = probe_arg(task);

    if (run->calls++ == 0)
        run->much = budget_take(&run->worker->budget, MUCH);
    return emit_one(task, run);
}

static void activate(gale_task *task)
{
    tally_add(&((struct run *)probe_arg(task))->acked, 1);
}

static void who_waits_is_deactivated_and_activated(void **state)
{
    static struct run run;
    static struct probe spout, bolt;

    (void)state;
    begin(&run, &spout, &bolt, 2);
    spout.next = next_that_counts;
    spout.ack = NULL;
    spout.activate = spout.deactivate = activate;
    topology_run_start(&run.r);
    tally_await(&run.acked, 1, "activate");
    gale_local_activate(run.r.local, false);
    tally_await(&run.acked, 2, "deactivate");
    gale_local_activate(run.r.local, true);
    tally_await(&run.acked, 3, "activate");
    tally_set(&run.go, 1);
    assert_int_equal(topology_run_stop(&run.r, GALE_STOP_NOW),
                     GALE_LOCAL_STOPPED);
    if (run.much != NULL)
        give_back(&run);
    topology_run_end(&run.r);
}

/* -- beyond the limit ------------------------------------------------------ */

/* Bolts do not wait: what goes round in a cycle and doubles comes to the limit
 * although the spout stopped long before. */
static gale_result emit_twice(gale_task *task, const gale_tuple *in)
{
    gale_emit(task, gale_get(in, 0));
    return gale_emit(task, gale_get(in, 0));
}

static void a_cycle_that_grows_comes_to_its_end_by_the_limit(void **state)
{
    static const struct probe twice = {.streams = OUTPUT_N,
                                       .execute = emit_twice};
    struct setting *s = setting_begin("cycle", N, 1);
    gale_declarer *a, *b;

    (void)state;
    gale_configure(s->r.builder, "gale.worker.memory.bytes", gale_int(LIMIT));
    a = topology_run_bolt(&s->r, "bolt", &twice, 2);
    gale_shuffle(a, "numbers");
    b = topology_run_bolt(&s->r, "again", &twice, 2);
    gale_shuffle(b, "bolt");
    gale_shuffle(a, "again");
    assert_says(topology_run_fails(&s->r), "gale.worker.memory.bytes, which is "
                                           "4194304");
    *state = s;
    setting_end(state);
}

/* Many bolts, each with a small queue that may be full: together they hold more
 * than the limit lets spouts fill. */
static void what_many_bolts_have_waiting_stays_within_the_limit(void **state)
{
    struct setting *s = setting_begin("many", 100 * N, 2);
    char name[20];

    (void)state;
    gale_configure(s->r.builder, "gale.worker.memory.bytes", gale_int(1 << 20));
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "bolt-%d", i);
        gale_shuffle(topology_run_bolt(&s->r, name, &taker, 2), "numbers");
    }
    s->r.carriers = 4;
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    *state = s;
    setting_end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_for_memory_is_never_forgotten),
        cmocka_unit_test(
            who_waits_is_told_of_acks_and_goes_on_when_there_is_plenty),
        cmocka_unit_test(who_waits_in_vain_goes_on),
        cmocka_unit_test(a_stop_comes_to_its_end_though_spouts_wait),
        cmocka_unit_test(who_waits_is_deactivated_and_activated),
        cmocka_unit_test(a_cycle_that_grows_comes_to_its_end_by_the_limit),
        cmocka_unit_test(what_many_bolts_have_waiting_stays_within_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
