/*
 * trial.h - something is tried in a process of its own, so that a crash, an
 * exit() or a callback that never returns is a finding, and no end.
 */
#ifndef GALE_TRIAL_H
#define GALE_TRIAL_H

#include <gale/abi.h>

enum { TRIAL_TEXT_MAX = 1200 };

/* Room for a finding; "" is none. */
struct trial {
    char found[TRIAL_TEXT_MAX];
    bool hung;      /* the finding is that it did not return */
    bool not_tried; /* … is why this cannot be tried here */
};

/*
 * Runs fn(arg, trial) in a child, without standard output and error, and gets
 * what it has found; or how the child ended otherwise. One that does not end
 * within so many seconds is killed.
 */
void trial_run(struct trial *to, uint32_t seconds,
               void (*fn)(void *arg, struct trial *trial), void *arg);

/* Keep the finding unless there is one already. */
GALE_PRINTF(2, 3)
void trial_found(struct trial *trial, const char *format, ...);

/* It cannot be tried: what was found on the way there counts for nothing. */
void trial_skip(struct trial *trial, const char *why);

#endif
