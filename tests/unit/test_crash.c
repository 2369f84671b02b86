/*
 * test_crash.c - what is said of a crash and of exit() comes in one piece: the
 * standard error of these processes is a socket that keeps writes apart.
 */
#include "tests/support/cmocka_all.h"
#include "topology-api/memory.h"
#include "topology-api/under_way.h"
#include "worker/crash.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void end_with(void (*end)(void), int fd)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    dup2(fd, STDERR_FILENO);
    crash_watch();
    under_way_begin("some.so", "it was loaded");
    end();
    _exit(99);
}

/* Write number `wanted` (from 0) to standard error of a process that ends so,
 * and how it ended. */
static int write_of(int wanted, void (*end)(void), char *text, size_t size)
{
    int fds[2], status;
    ssize_t n;
    pid_t child;

    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        end_with(end, fds[1]);
    do {
        n = recv(fds[0], text, size - 1, 0);
        assert_true(n >= 0);
    } while (wanted-- > 0);
    text[n] = '\0';
    assert_int_equal(waitpid(child, &status, 0), child);
    close(fds[0]);
    close(fds[1]);
    return status;
}

static void exit_well(void)
{
    exit(0);
}

static void a_crash_is_one_write(void **state)
{
    char text[1024];
    int status = write_of(0, abort, text, sizeof(text));

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_string_equal(text, "\ngale: abort in some.so while it was loaded: "
                              "the process ends\n");
}

static void an_exit_is_one_write_and_an_error(void **state)
{
    char text[1024];
    int status = write_of(0, exit_well, text, sizeof(text));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_string_equal(text,
                        "\ngale: some.so called exit(0) while it was loaded: "
                        "what cannot go on says so with gale_build_error(), "
                        "gale_declare_error() or a result\n");
}

static void run_out_of_memory(void)
{
    memory_check(NULL, 3, 100);
}

static void for_lack_of_memory_nobody_is_accused(void **state)
{
    char text[1024];

    (void)state;
    write_of(0, run_out_of_memory, text, sizeof(text));
    assert_string_equal(text,
                        "gale: out of memory: no room for 3 x 100 bytes\n");
    write_of(1, run_out_of_memory, text, sizeof(text));
    assert_string_equal(text,
                        "\ngale: no memory was left; under way was "
                        "some.so while it was loaded: the process ends\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_is_one_write),
        cmocka_unit_test(an_exit_is_one_write_and_an_error),
        cmocka_unit_test(for_lack_of_memory_nobody_is_accused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
