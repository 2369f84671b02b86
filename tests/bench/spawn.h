/*
 * spawn.h - start a program and read what it says.
 *
 *     struct spawned s;
 *     char *argv[] = {"gale", "version", NULL};
 *
 *     if (spawn(&s, argv) == 0) {
 *         while (spawn_line(&s, line, sizeof(line))) …
 *         failed = spawn_end(&s);
 *     }
 */
#ifndef BENCH_SPAWN_H
#define BENCH_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct spawned {
    const char *program;
    pid_t pid;
    FILE *output;    /* what it writes to its standard output */
    int64_t started; /* monotonic ns, just before exec */
};

/* argv[0] is the program's path or name. 0, or -1 after saying why not; that it
 * cannot be executed is known at its end only. */
int spawn(struct spawned *s, char *const *argv);

/* The next line of its output, without its end; false if there is none. */
bool spawn_line(struct spawned *s, char *line, size_t size);

/* Wait for its end: 0 if it ended with status 0, else -1 after saying so. */
int spawn_end(struct spawned *s);

#endif
