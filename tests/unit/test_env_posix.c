/* test_env_posix.c - clocks, chance, CPUs and threads of the real world. */
#include "common/env.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static void now_never_goes_back(void **state)
{
    struct env *env = env_posix();
    int64_t before = env->ops->now(env);

    (void)state;
    for (int i = 0; i < 10000; i++) {
        int64_t now = env->ops->now(env);

        assert_true(now >= before);
        before = now;
    }
}

static void now_is_the_monotonic_clock_in_nanoseconds(void **state)
{
    struct env *env = env_posix();
    struct timespec before, after;
    int64_t now;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &before);
    now = env->ops->now(env);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(now >= before.tv_sec * 1000000000 + before.tv_nsec);
    assert_true(now <= after.tv_sec * 1000000000 + after.tv_nsec);
}

static void wall_us_is_microseconds_since_1970(void **state)
{
    struct env *env = env_posix();
    time_t before = time(NULL);
    int64_t wall = env->ops->wall_us(env);

    (void)state;
    assert_in_range(wall / 1000000, before - 1, before + 10);
}

static void entropy_is_not_the_same_twice(void **state)
{
    struct env *env = env_posix();

    (void)state;
    assert_true(env->ops->entropy(env) != env->ops->entropy(env));
}

static void n_cpus_counts_the_cpus_that_the_process_may_use(void **state)
{
    struct env *env = env_posix();
    cpu_set_t set;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
    assert_int_equal(env->ops->n_cpus(env), CPU_COUNT(&set));
}

/* Until it has waited for the CPU that two of them share, or for too long. */
static void contend(void *arg)
{
    struct env *env = env_posix();
    int64_t *waited = arg, start = env->ops->now(env);

    while ((*waited = env->ops->cpu_waited(env)) == 0 &&
           env->ops->now(env) - start < INT64_C(20000000000))
        ;
}

static void who_shares_a_cpu_waits_for_it(void **state)
{
    struct env *env = env_posix();
    struct env_thread *threads[2];
    int64_t waited[2] = {0, 0};

    (void)state;
    if (access("/proc/thread-self/schedstat", R_OK))
        skip();
    for (int i = 0; i < 2; i++)
        threads[i] =
            env->ops->thread_start(env, "contends", 0, contend, &waited[i]);
    for (int i = 0; i < 2; i++)
        env->ops->thread_join(env, threads[i]);
    assert_true(waited[0] > 0 && waited[1] > 0);
}

/* What a thread finds about itself. */
struct found {
    char name[16];
    int n_cpus;
    int cpu;
    size_t stack;
    bool takes_interrupt;
    bool takes_fault;
    long slack;
    pthread_t self;
};

static void look(void *arg)
{
    struct found *found = arg;
    pthread_attr_t attr;
    cpu_set_t set;
    sigset_t blocked;

    pthread_getname_np(pthread_self(), found->name, sizeof(found->name));
    sched_getaffinity(0, sizeof(set), &set);
    found->n_cpus = CPU_COUNT(&set);
    for (found->cpu = 0; !CPU_ISSET(found->cpu, &set);)
        found->cpu++;
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstacksize(&attr, &found->stack);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    found->takes_interrupt = !sigismember(&blocked, SIGINT);
    found->takes_fault = !sigismember(&blocked, SIGSEGV);
    found->slack = prctl(PR_GET_TIMERSLACK);
    found->self = pthread_self();
}

static void run(const char *name, int cpu, void (*fn)(void *arg), void *arg)
{
    struct env *env = env_posix();
    struct env_thread *thread = env->ops->thread_start(env, name, cpu, fn, arg);

    assert_non_null(thread);
    env->ops->thread_join(env, thread);
}

static void a_thread_has_its_name_and_stack_and_no_outside_signals(void **state)
{
    struct found found;

    (void)state;
    run("fifteen-letters", -1, look, &found);
    assert_false(pthread_equal(found.self, pthread_self()));
    assert_string_equal(found.name, "fifteen-letters");
    assert_true(found.stack >= 8 << 20);
    assert_false(found.takes_interrupt);
    assert_true(found.takes_fault);
    assert_true(found.slack <= 1000); /* a sleep ends when it should */
}

/* The last test of all: a process says so once. */
static void threads_of_one_that_handles_all_signals_block_none(void **state)
{
    struct found found;

    (void)state;
    env_posix_leave_signals();
    run("t", -1, look, &found);
    assert_true(found.takes_interrupt);
}

static void starting_a_thread_leaves_the_starters_signals_alone(void **state)
{
    struct found found;
    sigset_t blocked;

    (void)state;
    run("t", -1, look, &found);
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    assert_false(sigismember(&blocked, SIGINT));
}

enum { CLOCK_THREADS = 4, CLOCK_READS = 3000000 };

/* How often time went back, for one thread. */
static void read_clock(void *arg)
{
    struct env *env = env_posix();
    int64_t last = 0, *n_back = arg;

    for (int i = 0; i < CLOCK_READS; i++) {
        int64_t now = env->ops->now(env);

        *n_back += now < last;
        last = now;
    }
}

/* They share a clock, and each sets it right now and then. */
static void now_goes_back_for_none_of_many_threads(void **state)
{
    struct env *env = env_posix();
    struct env_thread *threads[CLOCK_THREADS];
    int64_t n_back[CLOCK_THREADS] = {0};

    (void)state;
    for (int i = 0; i < CLOCK_THREADS; i++) {
        threads[i] = env->ops->thread_start(env, "clock", i % 2 ? -1 : i / 2,
                                            read_clock, &n_back[i]);
        assert_non_null(threads[i]);
    }
    for (int i = 0; i < CLOCK_THREADS; i++) {
        env->ops->thread_join(env, threads[i]);
        assert_int_equal(n_back[i], 0);
    }
}

static void a_thread_is_bound_to_a_cpu_counted_round(void **state)
{
    struct env *env = env_posix();
    uint32_t n = env->ops->n_cpus(env);
    struct found first, again;

    (void)state;
    run("t", 0, look, &first);
    run("t", (int)n, look, &again);
    assert_int_equal(first.n_cpus, 1);
    assert_int_equal(first.cpu, again.cpu);
}

static void starts_another(void *arg)
{
    run("inner", -1, look, arg);
}

static void a_thread_of_a_bound_thread_may_use_all_cpus(void **state)
{
    struct env *env = env_posix();
    struct found found;

    (void)state;
    run("outer", 0, starts_another, &found);
    assert_int_equal(found.n_cpus, env->ops->n_cpus(env));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_never_goes_back),
        cmocka_unit_test(now_is_the_monotonic_clock_in_nanoseconds),
        cmocka_unit_test(wall_us_is_microseconds_since_1970),
        cmocka_unit_test(entropy_is_not_the_same_twice),
        cmocka_unit_test(n_cpus_counts_the_cpus_that_the_process_may_use),
        cmocka_unit_test(who_shares_a_cpu_waits_for_it),
        cmocka_unit_test(
            a_thread_has_its_name_and_stack_and_no_outside_signals),
        cmocka_unit_test(starting_a_thread_leaves_the_starters_signals_alone),
        cmocka_unit_test(now_goes_back_for_none_of_many_threads),
        cmocka_unit_test(a_thread_is_bound_to_a_cpu_counted_round),
        cmocka_unit_test(a_thread_of_a_bound_thread_may_use_all_cpus),
        cmocka_unit_test(threads_of_one_that_handles_all_signals_block_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
