/* test_env_monitor.c - a lock, and a place to wait for changes behind it. */
#include "common/env.h"
#include "tests/support/cmocka_all.h"
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 20000 };

struct scene {
    struct env *env;
    struct env_monitor *monitor;
    int n, waiting;
    bool go;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));

    s->env = env_posix();
    s->monitor = s->env->ops->monitor_new(s->env);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    s->env->ops->monitor_free(s->env, s->monitor);
    free(s);
    return 0;
}

static void run_threads(struct scene *s, void (*run)(void *arg))
{
    struct env_thread *threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        threads[i] = s->env->ops->thread_start(s->env, "monitor", -1, run, s);
        assert_non_null(threads[i]);
    }
    run(s);
    for (int i = 0; i < THREADS; i++)
        s->env->ops->thread_join(s->env, threads[i]);
}

static void count(void *arg)
{
    struct scene *s = arg;

    for (int i = 0; i < ROUNDS; i++) {
        env_enter(s->env, s->monitor);
        s->n++;
        env_leave(s->env, s->monitor);
    }
}

static void one_thread_is_in_it_at_a_time(void **state)
{
    struct scene *s = *state;

    run_threads(s, count);
    assert_int_equal(s->n, (THREADS + 1) * ROUNDS);
}

static void who_is_in_it_may_enter_again(void **state)
{
    struct scene *s = *state;

    env_enter(s->env, s->monitor);
    count(s);
    env_leave(s->env, s->monitor);
    assert_int_equal(s->n, ROUNDS);
}

/* The last one to come lets all go. */
static void wait_for_all(void *arg)
{
    struct scene *s = arg;

    env_enter(s->env, s->monitor);
    if (++s->waiting == THREADS + 1) {
        s->go = true;
        env_notify(s->env, s->monitor);
    }
    while (!s->go)
        assert_true(env_wait(s->env, s->monitor, INT64_MAX));
    s->n++;
    env_leave(s->env, s->monitor);
}

static void a_notice_reaches_all_who_wait(void **state)
{
    struct scene *s = *state;

    run_threads(s, wait_for_all);
    assert_int_equal(s->n, THREADS + 1);
}

static void a_wait_ends_when_its_time_has_come(void **state)
{
    struct scene *s = *state;
    int64_t until = s->env->ops->now(s->env) + 2000000;

    env_enter(s->env, s->monitor);
    while (env_wait(s->env, s->monitor, until))
        ;
    env_leave(s->env, s->monitor);
    assert_true(s->env->ops->now(s->env) >= until);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(one_thread_is_in_it_at_a_time),
        TEST(who_is_in_it_may_enter_again),
        TEST(a_notice_reaches_all_who_wait),
        TEST(a_wait_ends_when_its_time_has_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
