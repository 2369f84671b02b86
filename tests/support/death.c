/* death.c - run something that aborts, and hear its last words. */
#include "tests/support/death.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(void (*fn)(void *arg), void *arg, int to)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    dup2(to, STDERR_FILENO);
    fn(arg);
    _exit(0);
}

int death_of(void (*fn)(void *arg), void *arg, char *text, size_t size)
{
    int fds[2], status;
    size_t n = 0;
    ssize_t got;
    pid_t child;

    if (pipe(fds))
        return -1;
    child = fork();
    if (child == 0)
        die(fn, arg, fds[1]);
    close(fds[1]);
    while (n < size - 1 && (got = read(fds[0], text + n, size - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = 0;
    close(fds[0]);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? 0 : -1;
}
