/*
 * first_output.c - `first_output COMMAND…`: how long it takes until that says
 * something, from exec on, in ms; then it is ended.
 */
#include "tests/bench/spawn.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
    struct spawned s;
    int64_t said;
    int first;

    if (argc < 2) {
        fprintf(stderr, "usage: first_output COMMAND…\n");
        return 2;
    }
    if (spawn(&s, argv + 1) != 0)
        return 1;
    first = getc(s.output);
    said = now_ns();
    kill(s.pid, SIGKILL);
    waitpid(s.pid, NULL, 0);
    if (first == EOF) {
        fprintf(stderr, "first_output: %s ended and said nothing\n", argv[1]);
        return 1;
    }
    printf("%.3f\n", (double)(said - s.started) / 1e6);
    return 0;
}
