/* child.c - processes of a test; see child.h. */
#include "tests/support/child.h"
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct env_process_ops *ops(void)
{
    return env_posix()->ops->processes;
}

struct env_process *child_sh(const char *script, int in, int out, int passed)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    const char *environment[] = {"PATH=/bin:/usr/bin", NULL};
    struct env_spawn what = {
        .file = "/bin/sh",
        .argv = argv,
        .environment = environment,
        .stdio = {in, out, STDERR_FILENO},
        .passed = &passed,
        .n_passed = passed >= 0 ? 1 : 0,
    };
    struct env_process *process = ops()->spawn(env_posix(), &what);

    if (process == NULL)
        fail_msg("spawn: %s", strerror(errno));
    return process;
}

struct env_process_end child_wait(struct env_process *process)
{
    struct pollfd end = {process->watch, POLLIN, 0};
    struct env_process_end how;

    while (poll(&end, 1, -1) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(ops()->ended(env_posix(), process, &how));
    ops()->free(env_posix(), process);
    return how;
}

const char *child_read(int fd, char *text, size_t size)
{
    size_t n = 0;
    ssize_t more;

    while (n + 1 < size && (more = read(fd, text + n, size - 1 - n)) > 0)
        n += (size_t)more;
    text[n] = '\0';
    close(fd);
    return text;
}

const char *child_line(int fd, char *text, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && read(fd, text + n, 1) == 1 && text[n] != '\n')
        n++;
    text[n] = '\0';
    return text;
}

bool child_runs(int pid)
{
    struct env_process_facts facts;

    ops()->look(env_posix(), pid, &facts);
    return facts.runs;
}

int child_n_inherited(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    int n = 0;

    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' &&
            (fcntl((int)strtol(entry->d_name, NULL, 10), F_GETFD) &
             FD_CLOEXEC) == 0)
            n++;
    closedir(dir);
    return n;
}
