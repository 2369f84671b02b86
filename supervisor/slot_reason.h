/*
 * slot_reason.h - why a worker's process ended or is to end, and how one says
 * that. Pure.
 */
#ifndef GALE_SLOT_REASON_H
#define GALE_SLOT_REASON_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_WHY_MAX 640u /* bytes of a sentence, with its NUL byte */

enum slot_reason {
    SLOT_NO_REASON,
    SLOT_NOT_WANTED,         /* nothing is wanted here any more */
    SLOT_ASSIGNMENT_CHANGED, /* another worker, or another birth of it */
    SLOT_CLOSED,             /* drained, ordered to close, and gone */
    SLOT_PROCESS_EXIT,
    SLOT_PROCESS_SIGNAL,
    SLOT_TERMINATED,   /* somebody else has asked it to, with SIGTERM */
    SLOT_PROCESS_GONE, /* not our child: nobody knows how it ended */
    SLOT_OUT_OF_MEMORY,
    SLOT_START_TIMEOUT,
    SLOT_REPORT_TIMEOUT,
    SLOT_START_FAILED, /* there was no process at all */
    SLOT_FETCH_FAILED,
};

/* How a process ended. */
struct slot_end {
    bool known;         /* false: it was no child of this supervisor */
    int status;         /* of exit, if there was no signal */
    int signal;         /* that ended it; 0: none */
    bool out_of_memory; /* its cgroup says so */
};

enum slot_reason slot_reason_of(const struct slot_end *end);

/* It was wanted, and ended or did not even start: somebody may have to do
 * something about it. */
bool slot_reason_is_error(enum slot_reason reason);

/* As in "NO_LONGER_WANTED", for machines. */
const char *slot_reason_name(enum slot_reason reason);

/*
 * A sentence, as in "the worker ended with status 1: cannot load x.so". `end`
 * for those that a process's end shows, `ns` for timeouts; detail: what was
 * said, NULL or "" if nothing was. What is no text for a terminal is replaced.
 */
void slot_reason_text(char text[SLOT_WHY_MAX], enum slot_reason reason,
                      const struct slot_end *end, int64_t ns,
                      const char *detail);

#endif
