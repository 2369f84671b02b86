/*
 * test_async_pool.c - gale_async(): work on other threads, its end in the task.
 */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <string.h>

enum { N = 1000 };

static int setup(void **state)
{
    *state = setting_begin("async", N, 1);
    return 0;
}

/* One job per input: held until its end. */
struct job {
    struct job_log *log;
    gale_handle input;
    int64_t number;
    pthread_t worker;
};

struct job_log {
    _Atomic(uint32_t) same_thread, wrong, done;
    _Atomic(uint32_t) in_task; /* callbacks of the task under way */
    _Atomic(uint32_t) working, most_working;
    struct tally started, go;
};

static gale_result work(void *arg)
{
    struct job *job = arg;
    uint32_t now = ++job->log->working, most = job->log->most_working;

    while (now > most &&
           !atomic_compare_exchange_weak(&job->log->most_working, &most, now))
        ;
    job->worker = pthread_self();
    job->log->working--;
    return job->number % 10 == 0 ? GALE_RETRY : GALE_OK;
}

static void enter(struct job_log *log)
{
    log->wrong += log->in_task++ != 0; /* one callback at a time */
}

static void leave(struct job_log *log)
{
    log->in_task--;
}

static void done(gale_task *task, gale_result result, void *arg)
{
    struct job *job = arg;
    struct job_log *log = job->log;

    enter(log);
    log->same_thread += pthread_equal(job->worker, pthread_self()) != 0;
    log->wrong += result != (job->number % 10 == 0 ? GALE_RETRY : GALE_OK);
    if (result == GALE_OK) {
        gale_emit_opts opts = {
            .size = sizeof(opts), .n_anchors = 1, .anchors = &job->input};

        log->wrong +=
            gale_emit_with(task, &opts, gale_int(job->number)) != GALE_OK;
        gale_ack(task, job->input);
    } else {
        gale_fail(task, job->input);
    }
    log->done++;
    free(job);
    leave(log);
}

static gale_result start_job(gale_task *task, const gale_tuple *in)
{
    struct job *job = calloc(1, sizeof(*job));
    gale_result result;

    job->log = probe_arg(task);
    enter(job->log);
    job->number = gale_get_int(in, 0);
    job->input = gale_hold(task, in);
    result = gale_async(task, work, done, job);
    if (result != GALE_OK) {
        gale_fail(task, job->input);
        job->log->wrong++;
        free(job);
        result = GALE_OK;
    }
    leave(probe_arg(task));
    return result;
}

static const struct probe taker = {.execute = setting_take};

static void work_runs_elsewhere_and_its_end_in_the_task(void **state)
{
    static struct job_log log;
    static const struct probe bolt = {
        .arg = &log, .streams = OUTPUT_N, .execute = start_job};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &taker, 1), "bolt");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(log.done, N);
    assert_int_equal(log.wrong, 0);
    assert_int_equal(log.same_thread, 0);
    assert_true(log.most_working <= 4); /* the default */
    assert_int_equal(topology_run_stats(&s->r, "sink").executed, N - N / 10);
    assert_int_equal(topology_run_stats(&s->r, "bolt").errors, 0);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], k % 10 != 0);
        assert_int_equal(s->numbers.fails[k], k % 10 == 0);
    }
}

/* -- work that fails ------------------------------------------------------- */

static gale_result fail_work(void *arg)
{
    (void)arg;
    return GALE_RETRY;
}

static gale_result drop_work(void *arg)
{
    (void)arg;
    return GALE_DROP;
}

static void done_says_nothing(gale_task *task, gale_result result, void *arg)
{
    (void)task;
    (void)result;
    (void)arg;
}

static void done_reports(gale_task *task, gale_result result, void *arg)
{
    (void)result;
    (void)arg;
    gale_report_error(task, "the moon is full");
}

static void done_says_why(gale_task *task, gale_result result, void *arg)
{
    (void)arg;
    (void)gale_error(task, result, "the cow is gone");
}

struct failing {
    gale_work_fn *work;
    gale_done_fn *done;
};

static gale_result start_failing(gale_task *task, const gale_tuple *in)
{
    const struct failing *f = probe_arg(task);

    (void)in;
    return gale_async(task, f->work, f->done, NULL);
}

static void work_that_fails_and_that_nobody_looks_after_is_an_error(
    void **state)
{
    static const struct {
        struct failing how;
        uint64_t errors;
        const char *says;
    } cases[] = {
        {{fail_work, done_says_nothing},
         N,
         "work of gale_async() failed and gave no reason"},
        {{fail_work, done_reports}, N, "the moon is full"},
        {{fail_work, done_says_why}, N, "the cow is gone"},
        {{drop_work, done_says_nothing}, 0, ""},
    };
    struct setting *s = *state;
    char id[16];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct probe bolts[sizeof(cases) / sizeof(cases[0])];

        bolts[i] = (struct probe){.arg = (void *)(uintptr_t)&cases[i].how,
                                  .execute = start_failing};
        snprintf(id, sizeof(id), "bolt%zu", i);
        gale_shuffle(topology_run_bolt(&s->r, id, &bolts[i], 1), "numbers");
    }
    topology_run_complete(&s->r);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(id, sizeof(id), "bolt%zu", i);
        assert_int_equal(topology_run_stats(&s->r, id).errors, cases[i].errors);
        assert_string_equal(topology_run_stats(&s->r, id).last_error,
                            cases[i].says);
    }
}

/* -- as many as there are threads, and no more
 * ------------------------------------- */

enum { THREADS = 3 };

static gale_result wait_for_go(void *arg)
{
    struct job_log *log = arg;
    uint32_t now = ++log->working, most = log->most_working;

    while (now > most &&
           !atomic_compare_exchange_weak(&log->most_working, &most, now))
        ;
    tally_add(&log->started, 1);
    tally_await(&log->go, 1, "the test lets it go");
    log->working--;
    return GALE_OK;
}

static void count_done(gale_task *task, gale_result result, void *arg)
{
    struct job_log *log = arg;

    (void)task;
    log->wrong += result != GALE_OK;
    log->done++;
}

static gale_result start_waiting(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return gale_async(task, wait_for_go, count_done, probe_arg(task));
}

static void the_pool_has_as_many_threads_as_configured(void **state)
{
    static struct job_log log = {.started = TALLY_INIT, .go = TALLY_INIT};
    static const struct probe bolt = {.arg = &log, .execute = start_waiting};
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.worker.shared.thread.pool.size",
                   gale_int(THREADS));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_start(&s->r);
    tally_await(&log.started, THREADS, "all threads work");
    assert_int_equal(log.done, 0);
    /* While work is under way, the run is not complete. */
    tally_await(&s->numbers.acked, N, "acks");
    assert_int_equal(gale_local_wait(s->r.local, 1), GALE_LOCAL_RUNNING);
    tally_add(&log.go, 1);
    topology_run_complete(&s->r);
    assert_int_equal(log.done, N);
    assert_int_equal(log.most_working, THREADS);
    assert_int_equal(log.wrong, 0);
}

/* -- as many as there is work for ------------------------------------------ */

/* Ends when as many others as there are threads have begun. */
static gale_result meet(void *arg)
{
    struct job_log *log = arg;

    tally_add(&log->started, 1);
    tally_await(&log->started, THREADS, "work that waits for other work");
    return GALE_OK;
}

/* By now there is a thread that has nothing to do. */
static void start_all(gale_task *task, gale_result result, void *arg)
{
    struct job_log *log = arg;

    log->wrong += result != GALE_OK;
    for (int i = 0; i < THREADS; i++)
        log->wrong += gale_async(task, meet, count_done, log) != GALE_OK;
}

static gale_result start_meeting(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return gale_async(task, meet, count_done, probe_arg(task));
}

static gale_result no_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

static gale_result start_at_the_first(gale_task *task, const gale_tuple *in)
{
    return gale_get_int(in, 0) == 0
               ? gale_async(task, no_work, start_all, probe_arg(task))
               : GALE_OK;
}

static void work_given_together_runs_together(void **state)
{
    static struct job_log log = {.started = TALLY_INIT};
    static const struct probe bolt = {.arg = &log,
                                      .execute = start_at_the_first};
    struct setting *s = *state;

    gale_configure(s->r.builder, "topology.worker.shared.thread.pool.size",
                   gale_int(THREADS));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(log.done, THREADS);
    assert_int_equal(log.wrong, 0);
}

/* Each of their tasks has work under way that waits for that of the others, and
 * the shared pool has one thread. */
static void tasks_of_a_bolt_that_blocks_find_a_thread_each(void **state)
{
    static struct job_log log = {.started = TALLY_INIT};
    static const struct probe bolt = {.arg = &log, .execute = start_meeting};
    struct setting *s = setting_begin("async", THREADS, 1);
    void *own = s;

    (void)state;
    gale_configure(s->r.builder, "topology.worker.shared.thread.pool.size",
                   gale_int(1));
    gale_shuffle(topology_run_bolt_as(&s->r, "bolt", "probe_bolt_blocking",
                                      &bolt, THREADS),
                 "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(log.done, THREADS);
    assert_int_equal(log.wrong, 0);
    setting_end(&own);
}

/* -- no threads ------------------------------------------------------------ */

static const struct env_ops *real_ops;

static struct env_thread *start_no_async(struct env *env, const char *name,
                                         int cpu, void (*run)(void *arg),
                                         void *arg)
{
    if (strncmp(name, "async-", 6) == 0)
        return NULL;
    return real_ops->thread_start(env, name, cpu, run, arg);
}

static void without_any_thread_the_run_fails_and_ends(void **state)
{
    static struct job_log log = {.started = TALLY_INIT, .go = TALLY_INIT};
    static const struct probe bolt = {.arg = &log, .execute = start_waiting};
    struct setting *s = *state;
    static struct env_ops ops;

    real_ops = env_posix()->ops;
    ops = *real_ops;
    ops.thread_start = start_no_async;
    env_posix()->ops = &ops;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    assert_says(topology_run_fails(&s->r), "no thread can be started");
    assert_says(gale_local_error(s->r.local), "gale_async");
    assert_int_equal(log.done, 0);
    gale_local_free(s->r.local);
    s->r.local = NULL;
    env_posix()->ops = real_ops;
}

/* -- the limit
 * ------------------------------------------------------------------------ */

static gale_result start_or_count(gale_task *task, const gale_tuple *in)
{
    struct job_log *log = probe_arg(task);
    gale_result result = gale_async(task, wait_for_go, count_done, log);

    (void)in;
    log->same_thread += result == GALE_RETRY; /* here: what was refused */
    log->wrong += result != GALE_OK && result != GALE_RETRY;
    return GALE_OK;
}

static void beyond_the_limit_of_a_task_nothing_is_started(void **state)
{
    static struct job_log log = {.started = TALLY_INIT, .go = TALLY_INIT};
    static const struct probe bolt = {.arg = &log, .execute = start_or_count};
    struct setting *s = *state;

    gale_configure(s->r.builder, "gale.topology.max.async", gale_int(10));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, N, "acks");
    assert_int_equal(log.done, 0);
    tally_add(&log.go, 1);
    topology_run_complete(&s->r);
    assert_int_equal(log.done, 2 * 10);
    assert_int_equal(log.same_thread, N - 2 * 10);
    assert_int_equal(log.wrong, 0);
}

/* -- spouts, posts, ends
 * --------------------------------------------------------------- */

static void emit_done(gale_task *task, gale_result result, void *arg)
{
    struct job_log *log = arg;

    log->wrong += result != GALE_OK;
    log->done++;
    gale_emit(task, gale_int(1));
}

static gale_result quick(void *arg)
{
    (void)arg;
    return GALE_OK;
}

/* Each call starts one job and sleeps until its end. */
static gale_result next_async(gale_task *task)
{
    struct job_log *log = probe_arg(task);
    uint32_t *calls = probe_state(task);

    if (log->done < *calls) {
        log->wrong++; /* woken before the end */
        return GALE_OK;
    }
    if (*calls == 100) {
        gale_exhausted(task);
        return GALE_OK;
    }
    ++*calls;
    gale_wait_wakeup(task);
    return gale_async(task, quick, emit_done, log);
}

static void the_end_of_its_work_wakes_a_spout(void **state)
{
    static struct job_log log;
    static const struct probe spout = {.arg = &log,
                                       .state_size = sizeof(uint32_t),
                                       .streams = OUTPUT_N,
                                       .next = next_async};
    struct setting *s = *state;

    topology_run_spout(&s->r, "spout", &spout, 1);
    gale_shuffle(
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &taker, 1), "spout"),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(log.done, 100);
    assert_int_equal(log.wrong, 0);
    assert_int_equal(topology_run_stats(&s->r, "spout").emitted, 100);
}

/* Work that is under way at the end: cleanup waits for it. */
struct ending {
    struct job_log log;
    _Atomic(uint32_t) cleaned_too_early;
};

static gale_result start_one(gale_task *task, const gale_tuple *in)
{
    struct ending *e = probe_arg(task);

    return gale_get_int(in, 0) == 0
               ? gale_async(task, wait_for_go, count_done, &e->log)
               : GALE_OK;
}

static void check_done(gale_task *task)
{
    struct ending *e = probe_arg(task);

    e->cleaned_too_early += e->log.done != 1;
}

static void cleanup_waits_for_the_end_of_all_work(void **state)
{
    static const gale_stop hows[] = {GALE_STOP_NOW, GALE_STOP_DRAIN};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct ending e = {.log = {.started = TALLY_INIT, .go = TALLY_INIT}};
        const struct probe bolt = {
            .arg = &e, .execute = start_one, .close = check_done};
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_start(&s->r);
        tally_await(&e.log.started, 1, "the work");
        gale_local_stop(s->r.local, hows[i]);
        assert_int_equal(gale_local_wait(s->r.local, 1), GALE_LOCAL_RUNNING);
        tally_add(&e.log.go, 1);
        topology_run_stop(&s->r, hows[i]);
        assert_int_equal(e.log.done, 1);
        assert_int_equal(e.cleaned_too_early, 0);
        setting_end(&own);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(work_runs_elsewhere_and_its_end_in_the_task),
        TEST(work_that_fails_and_that_nobody_looks_after_is_an_error),
        TEST(the_pool_has_as_many_threads_as_configured),
        TEST(work_given_together_runs_together),
        cmocka_unit_test(tasks_of_a_bolt_that_blocks_find_a_thread_each),
        TEST(without_any_thread_the_run_fails_and_ends),
        TEST(beyond_the_limit_of_a_task_nothing_is_started),
        TEST(the_end_of_its_work_wakes_a_spout),
        cmocka_unit_test(cleanup_waits_for_the_end_of_all_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
