/* test_env_waiter.c - sleep until something is ready, due or calling. */
#include "common/env.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { MS = 1000000 };

/* A waiter and a pipe. */
struct scene {
    struct env *env;
    struct env_waiter *waiter;
    int from, to;
};

static int setup(void **state)
{
    static struct scene scene;
    int fds[2];

    scene.env = env_posix();
    scene.waiter = scene.env->ops->waiter_new(scene.env);
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
        return -1;
    scene.from = fds[0];
    scene.to = fds[1];
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    s->env->ops->waiter_free(s->env, s->waiter);
    close(s->from);
    close(s->to);
    return 0;
}

static int64_t now(struct scene *s)
{
    return s->env->ops->now(s->env);
}

static int wait_for(struct scene *s, int64_t until, struct env_ready *ready,
                    int max)
{
    return s->env->ops->waiter_wait(s->env, s->waiter, until, ready, max);
}

static int watch(struct scene *s, int fd, uint32_t events, void *data)
{
    return s->env->ops->waiter_watch(s->env, s->waiter, fd, events, data);
}

static void wake(struct scene *s)
{
    s->env->ops->waiter_wake(s->env, s->waiter);
}

static void write_byte(struct scene *s)
{
    assert_int_equal(write(s->to, "x", 1), 1);
}

static void a_time_in_the_past_only_looks(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];

    assert_int_equal(wait_for(s, 0, ready, 4), 0);
    assert_int_equal(wait_for(s, INT64_MIN, ready, 4), 0);
}

static void a_sleep_never_ends_before_its_time(void **state)
{
    static const int64_t sleeps[] = {1, 1000, 50000, 300000, 3 * MS};
    struct scene *s = *state;
    struct env_ready ready[4];

    for (size_t i = 0; i < sizeof(sleeps) / sizeof(sleeps[0]); i++)
        for (int try = 0; try < 50; try++) {
            int64_t until = now(s) + sleeps[i];

            assert_int_equal(wait_for(s, until, ready, 4), 0);
            assert_true(now(s) >= until);
        }
}

static void a_sleep_takes_no_cpu_time(void **state)
{
    struct scene *s = *state;
    struct rusage before, after;
    struct env_ready ready[4];

    getrusage(RUSAGE_THREAD, &before);
    assert_int_equal(wait_for(s, now(s) + 30 * MS, ready, 4), 0);
    getrusage(RUSAGE_THREAD, &after);
    assert_true(after.ru_nvcsw - before.ru_nvcsw <= 3);
}

static void a_wake_up_before_the_sleep_ends_it_at_once(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];

    wake(s);
    wake(s);
    assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 0);
}

static void wake_ups_are_used_up_by_the_sleep_that_they_end(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];
    int64_t until;

    wake(s);
    wake(s);
    assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 0);
    until = now(s) + 2 * MS;
    assert_int_equal(wait_for(s, until, ready, 4), 0);
    assert_true(now(s) >= until);
}

enum { ROUNDS = 20000 };

struct ping {
    struct scene *scene;
    struct env_waiter *other;
};

/* Answers every wake-up of its own waiter by one of the scene's. */
static void *answer(void *arg)
{
    struct ping *ping = arg;
    struct env *env = ping->scene->env;
    struct env_ready ready[1];

    for (int i = 0; i < ROUNDS; i++) {
        env->ops->waiter_wait(env, ping->other, INT64_MAX, ready, 1);
        wake(ping->scene);
    }
    return NULL;
}

static void no_wake_up_between_threads_is_lost(void **state)
{
    struct scene *s = *state;
    struct ping ping = {s, s->env->ops->waiter_new(s->env)};
    struct env_ready ready[1];
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, answer, &ping), 0);
    for (int i = 0; i < ROUNDS; i++) {
        s->env->ops->waiter_wake(s->env, ping.other);
        wait_for(s, INT64_MAX, ready, 1); /* for ever if one is lost */
    }
    pthread_join(thread, NULL);
    s->env->ops->waiter_free(s->env, ping.other);
}

static struct scene *signalled;

static void on_signal(int signal)
{
    (void)signal;
    wake(signalled);
}

static void a_signal_handler_may_wake(void **state)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    struct env_ready ready[4];

    signalled = *state;
    sigaction(SIGUSR1, &action, &old);
    raise(SIGUSR1);
    assert_int_equal(wait_for(*state, INT64_MAX, ready, 4), 0);
    sigaction(SIGUSR1, &old, NULL);
}

static void waking_leaves_errno_alone(void **state)
{
    errno = 77;
    wake(*state);
    assert_int_equal(errno, 77);
}

static void a_ready_descriptor_comes_with_its_data_once(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];

    assert_int_equal(watch(s, s->from, POLLIN, &ready[1]), 0);
    assert_int_equal(wait_for(s, 0, ready, 4), 0);
    write_byte(s);
    assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 1);
    assert_ptr_equal(ready[0].data, &ready[1]);
    assert_int_equal(ready[0].events, POLLIN);
    assert_int_equal(wait_for(s, 0, ready, 4), 0); /* one-shot */
}

static void watching_again_re_arms_with_other_events_and_data(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];

    write_byte(s);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(watch(s, s->from, POLLIN, &ready[i]), 0);
        assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 1);
        assert_ptr_equal(ready[0].data, &ready[i]);
    }
    assert_int_equal(watch(s, s->to, POLLOUT, NULL), 0);
    assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 1);
    assert_int_equal(ready[0].events, POLLOUT);
}

static void the_end_of_a_pipe_is_ready(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];

    assert_int_equal(watch(s, s->from, POLLIN, NULL), 0);
    close(s->to);
    s->to = -1;
    assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 1);
    assert_true(ready[0].events & POLLHUP);
}

static void what_is_not_watched_any_more_is_not_ready(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];

    assert_int_equal(watch(s, s->from, POLLIN, NULL), 0);
    write_byte(s);
    s->env->ops->waiter_unwatch(s->env, s->waiter, s->from, NULL);
    s->env->ops->waiter_unwatch(s->env, s->waiter, s->from,
                                NULL); /* harmless */
    assert_int_equal(wait_for(s, 0, ready, 4), 0);
    assert_int_equal(watch(s, s->from, POLLIN, NULL), 0);
    assert_int_equal(wait_for(s, 0, ready, 4), 1);
}

static void read_byte(struct scene *s)
{
    char byte;

    assert_int_equal(read(s->from, &byte, 1), 1);
}

static bool is_in(const struct env_ready *ready, int n, const void *data)
{
    for (int i = 0; i < n; i++)
        if (ready[i].data == data)
            return true;
    return false;
}

static void several_may_watch_the_same(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];
    int one, two;

    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(watch(s, s->from, POLLIN, &one), 0);
        assert_int_equal(watch(s, s->from, POLLIN, &two), 0);
        assert_int_equal(wait_for(s, 0, ready, 4), 0);
        write_byte(s);
        assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 2);
        assert_true(is_in(ready, 2, &one) && is_in(ready, 2, &two));
        s->env->ops->waiter_unwatch(s->env, s->waiter, s->from,
                                    turn == 1 ? &two : &one);
        assert_int_equal(watch(s, s->from, POLLIN, turn == 1 ? &one : &two), 0);
        assert_int_equal(wait_for(s, 0, ready, 4), 1); /* it is still there */
        s->env->ops->waiter_unwatch(s->env, s->waiter, s->from,
                                    turn == 1 ? &one : &two);
        read_byte(s);
    }
}

static void a_number_that_was_closed_can_be_watched_again(void **state)
{
    struct scene *s = *state;
    struct env_ready ready[4];
    int fds[2];

    assert_int_equal(watch(s, s->from, POLLIN, NULL), 0);
    close(s->from);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0); /* takes the number */
    assert_int_equal(fds[0], s->from);
    assert_int_equal(watch(s, fds[0], POLLIN, NULL), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(wait_for(s, INT64_MAX, ready, 4), 1);
    close(fds[1]);
}

static void a_regular_file_is_always_ready_and_not_watched(void **state)
{
    struct scene *s = *state;
    FILE *file = tmpfile();

    assert_non_null(file);
    assert_int_equal(watch(s, fileno(file), POLLIN, NULL), 1);
    assert_int_equal(watch(s, fileno(file), POLLIN, NULL), 1);
    fclose(file);
}

static void what_is_no_descriptor_cannot_be_watched(void **state)
{
    assert_int_equal(watch(*state, 99999, POLLIN, NULL), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(watch(*state, -1, POLLIN, NULL), -1);
}

static void more_than_fit_come_with_the_next_look(void **state)
{
    enum { PIPES = 100 };
    struct scene *s = *state;
    struct env_ready ready[7];
    int fds[PIPES][2], n, seen[PIPES] = {0};

    for (int i = 0; i < PIPES; i++) {
        assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
        assert_int_equal(write(fds[i][1], "x", 1), 1);
        assert_int_equal(watch(s, fds[i][0], POLLIN, &seen[i]), 0);
    }
    wake(s);
    /* A look that finds nothing but the wake-up answers 0, once. */
    for (int looks = 0; looks < PIPES; looks++) {
        n = wait_for(s, 0, ready, 7);
        for (int i = 0; i < n; i++)
            ++*(int *)ready[i].data;
    }
    for (int i = 0; i < PIPES; i++) {
        assert_int_equal(seen[i], 1);
        close(fds[i][0]);
        close(fds[i][1]);
    }
}

/* From here on the kernel of this process answers epoll_pwait2() as an older
 * one does. */
static int forget_pwait2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the call's number */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* 0, or the number of the first step that went wrong. */
static int try_old_kernel(struct scene *s)
{
    struct env_ready ready[4];

    if (forget_pwait2())
        return 1;
    for (int i = 0; i < 50; i++) {
        int64_t until = now(s) + 50000;

        if (wait_for(s, until, ready, 4) != 0)
            return 2;
        if (now(s) < until)
            return 3;
    }
    if (watch(s, s->from, POLLIN, s) || write(s->to, "x", 1) != 1 ||
        wait_for(s, INT64_MAX, ready, 4) != 1 || ready[0].data != s)
        return 5;
    wake(s);
    return wait_for(s, INT64_MAX, ready, 4) == 0 ? 0 : 6;
}

static void an_older_kernel_will_do(void **state)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(try_old_kernel(*state));
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* At each place where one may be missing; what was opened is closed again. */
static void without_descriptors_there_is_none_and_errno_says_why(void **state)
{
    struct scene *s = *state;
    int next = dup(s->from);
    struct rlimit before, few;

    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (int left = 0; left < 2; left++) {
        few = (struct rlimit){(rlim_t)(next + left), before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        errno = 0;
        assert_null(s->env->ops->waiter_new(s->env));
        assert_int_equal(errno, EMFILE);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(dup(s->from), next);
        close(next);
    }
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_time_in_the_past_only_looks),
        test(a_sleep_never_ends_before_its_time),
        test(a_sleep_takes_no_cpu_time),
        test(a_wake_up_before_the_sleep_ends_it_at_once),
        test(wake_ups_are_used_up_by_the_sleep_that_they_end),
        test(no_wake_up_between_threads_is_lost),
        test(a_signal_handler_may_wake),
        test(waking_leaves_errno_alone),
        test(a_ready_descriptor_comes_with_its_data_once),
        test(watching_again_re_arms_with_other_events_and_data),
        test(the_end_of_a_pipe_is_ready),
        test(what_is_not_watched_any_more_is_not_ready),
        test(several_may_watch_the_same),
        test(a_number_that_was_closed_can_be_watched_again),
        test(a_regular_file_is_always_ready_and_not_watched),
        test(what_is_no_descriptor_cannot_be_watched),
        test(more_than_fit_come_with_the_next_look),
        test(an_older_kernel_will_do),
        test(without_descriptors_there_is_none_and_errno_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
