/*
 * trial.h - something is tried in a process of its own, so that a crash, an
 * exit() or a callback that never returns is a finding, and no end.
 */
#ifndef GALE_TRIAL_H
#define GALE_TRIAL_H

#include <gale/abi.h>

enum { TRIAL_TEXT_MAX = 1200, TRIAL_SECONDS = 60 };

/* Room for a finding; "" is none. */
struct trial {
    char found[TRIAL_TEXT_MAX];
};

/*
 * Runs fn(arg, trial) in a child, without standard output and error, and gets
 * what it has found; or how the child ended otherwise.
 */
void trial_run(struct trial *to, void (*fn)(void *arg, struct trial *trial),
               void *arg);

/* Keep the finding unless there is one already. */
GALE_PRINTF(2, 3)
void trial_found(struct trial *trial, const char *format, ...);

#endif
