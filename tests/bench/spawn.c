/* spawn.c - start a program and read what it says. */
#include "tests/bench/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The first thing that comes through the pipe is the time of exec. */
static void become(char *const *argv, int output)
{
    int64_t now;

    if (dup2(output, STDOUT_FILENO) < 0)
        _exit(127);
    now = now_ns();
    if (write(STDOUT_FILENO, &now, sizeof(now)) != sizeof(now))
        _exit(127);
    execvp(argv[0], argv);
    fprintf(stderr, "bench: cannot execute %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

int spawn(struct spawned *s, char *const *argv)
{
    int ends[2];

    *s = (struct spawned){.program = argv[0]};
    if (pipe2(ends, O_CLOEXEC) == 0)
        s->pid = fork();
    else
        s->pid = -1;
    if (s->pid < 0) {
        fprintf(stderr, "bench: cannot start %s: %s\n", argv[0],
                strerror(errno));
        return -1;
    }
    if (s->pid == 0)
        become(argv, ends[1]);
    close(ends[1]);
    s->output = fdopen(ends[0], "r");
    if (!s->output || fread(&s->started, sizeof(s->started), 1, s->output) != 1)
        s->started = 0;
    return 0;
}

bool spawn_line(struct spawned *s, char *line, size_t size)
{
    if (!s->output || !fgets(line, (int)size, s->output))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return true;
}

int spawn_end(struct spawned *s)
{
    int status = -1;

    if (s->output)
        fclose(s->output);
    while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFSIGNALED(status))
        fprintf(stderr, "bench: %s was ended by signal %d\n", s->program,
                WTERMSIG(status));
    else
        fprintf(stderr, "bench: %s ended with status %d\n", s->program,
                WEXITSTATUS(status));
    return -1;
}
