/* test_env_loop.c - loops of the real world: its clock, its processes, what it
 * has no more of. The rest is in test_loop.c. */
#include "tests/support/child.h"
#include "tests/support/cmocka_all.h"
#include "common/loop.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t ms = 1000000, long_enough = INT64_C(30000000000);

static struct loop *loop;

/* How often it was called. */
static uint32_t calls;

static int setup(void **state)
{
    (void)state;
    calls = 0;
    loop = loop_new(env_posix());
    return loop != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void note(void *arg)
{
    (void)arg;
    calls++;
    loop_end(loop);
}

static void signalled(void *arg, int signal)
{
    (void)signal;
    note(arg);
}

static int64_t not_before;

static void in_time(void *arg)
{
    assert_true(loop_now(loop) >= not_before);
    note(arg);
}

/* A clock that is behind the kernel's, by more each time. */
static int64_t half_as_fast(struct env *its)
{
    (void)its;
    return env_posix()->ops->now(env_posix()) / 2;
}

static void a_timer_does_not_fire_too_early_if_our_clock_is_behind_the_kernels(
    void **state)
{
    static struct env_ops ops;
    static struct env behind = {.ops = &ops};
    struct loop_timer timer = {NULL};

    (void)state;
    ops = *env_posix()->ops;
    ops.now = half_as_fast;
    loop_free(loop);
    loop = loop_new(&behind);
    not_before = loop_now(loop) + 5 * ms;
    loop_timer_set(loop, &timer, not_before, in_time, NULL);
    assert_true(loop_run_for(loop, long_enough));
    loop_timer_clear(&timer);
    loop_free(loop);
    loop = loop_new(env_posix());
}

static void the_end_of_a_process_is_told(void **state)
{
    struct loop_watch watch = {NULL};
    pid_t child = fork();
    int fd;

    (void)state;
    if (child == 0) {
        pause();
        _exit(0);
    }
    fd = (int)syscall(SYS_pidfd_open, child, 0);
    assert_true(fd >= 0);
    assert_int_equal(loop_watch_set(loop, &watch, fd, note, NULL), 0);
    assert_false(loop_run_for(loop, ms));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_true(loop_run_for(loop, long_enough));
    assert_int_equal(waitpid(child, NULL, 0), child);
    loop_watch_clear(&watch);
    close(fd);
}

/* What is executed has our handler no more, what is not has it, and must not
 * tell our loop. */
static void a_child_is_ended_by_a_signal_whatever_it_executes(void **state)
{
    static const int signals[] = {SIGTERM};
    int status;

    (void)state;
    assert_int_equal(loop_signals(loop, signals, 1, signalled, NULL), 0);
    for (int executes = 0; executes < 2; executes++) {
        pid_t child = fork();

        if (child == 0) {
            if (executes)
                execl("/bin/sh", "sh", "-c", "kill -TERM $$", NULL);
            raise(SIGTERM);
            _exit(4);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_false(loop_run_for(loop, ms));
    assert_int_equal(calls, 0);
}

/* -- what it takes --------------------------------------------------------- */

static void a_child_process_inherits_nothing_of_it(void **state)
{
    int before = child_n_inherited();
    struct loop *other = loop_new(env_posix());

    (void)state;
    assert_non_null(other);
    assert_int_equal(child_n_inherited(), before);
    loop_free(other);
}

/* One descriptor fewer than it takes, and so on down to none. */
static void without_descriptors_there_is_none(void **state)
{
    struct rlimit before, few;
    struct loop *other = NULL;
    int next = dup(0), n = 0;

    (void)state;
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (; other == NULL; n++) {
        few = (struct rlimit){(rlim_t)(next + n), before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        errno = 0;
        other = loop_new(env_posix());
        if (other == NULL)
            assert_int_equal(errno, EMFILE);
        assert_true(n < 10);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(n > 2);
    loop_free(other);
    assert_int_equal(dup(0), next); /* nothing is left open */
    close(next);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(
            a_timer_does_not_fire_too_early_if_our_clock_is_behind_the_kernels),
        TEST(the_end_of_a_process_is_told),
        TEST(a_child_is_ended_by_a_signal_whatever_it_executes),
        TEST(a_child_process_inherits_nothing_of_it),
        TEST(without_descriptors_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
