/*
 * fault_point.h - places where a test can make gale crash, fail, or wait.
 *
 *     FAULT_POINT("acks_sent");
 *     if (rename(from, to) != 0 || FAULT_FAILS("file_replace_renamed", EIO))
 *         return -1;
 *
 * One stands at each step that another thread, or the disk, may see half done.
 * They exist in builds for tests only (-DGALE_FAULTS); a release has nothing of
 * them. The environment arms one of them:
 *
 *     GALE_FAULT=NAME:crash       ends the process at once, as kill -9 does
 *     GALE_FAULT=NAME:error       the step fails with the error number
 *     GALE_FAULT=NAME:sleep       the thread sleeps for SLEEP_MS
 *     GALE_FAULT=NAME:pause       the thread waits for SIGUSR2
 *     GALE_FAULT=NAME:crash:7     … the 7th time, not the 1st
 *
 * and says so on standard error: `fault point NAME: crash`. `gale version
 * --fault-points` lists those that are linked into the command.
 */
#ifndef GALE_FAULT_POINT_H
#define GALE_FAULT_POINT_H

#include <stdbool.h>
#include <stdio.h>

#ifdef GALE_FAULTS

/* All of a program stand side by side in a section of their own. */
struct fault_point {
    const char *name;
    long error; /* errno of a step that can fail; 0: it cannot */
} __attribute__((aligned(16)));

#define FAULT_POINT(name_) ((void)FAULT_FAILS(name_, 0))
#define FAULT_FAILS(name_, error_)                                             \
    __extension__({                                                            \
        static const struct fault_point here_                                  \
            __attribute__((section("gale_faults"), used)) = {name_, error_};   \
        fault_point_passed(&here_);                                            \
    })

/* True, and errno is set: the step shall fail. */
bool fault_point_passed(const struct fault_point *here);

/* A line for each, by name: `NAME`, or `NAME error` if it can fail. */
void fault_point_list(FILE *to);

#else

#define FAULT_POINT(name_) ((void)0)
#define FAULT_FAILS(name_, error_) false

#endif

#endif
