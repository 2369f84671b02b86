/*
 * seed_child.h - one run of a seed in a process of its own.
 */
#ifndef GALE_SEED_CHILD_H
#define GALE_SEED_CHILD_H

#include "simulator/seed_runs.h"
#include <sys/types.h>

struct seed_child {
    uint64_t seed;
    bool again;       /* the second time */
    pid_t pid;        /* 0: none */
    int result;       /* descriptor: the outcome comes here, once */
    int said;         /* … what it said on standard error … */
    int notes;        /* … its notes, if they are kept; else -1 */
    int64_t deadline; /* ns, of the real clock */
};

/* -1 and errno if there is no process to be had. loud: it may use standard
 * output and standard error, and calls s->ended. */
int seed_child_start(struct seed_child *c, const struct seed_runs *s,
                     uint64_t seed, bool again, bool loud);

/* It has written its outcome, or ended, or has to be ended. */
void seed_child_finish(struct seed_child *c, struct seed_outcome *outcome);

/* Ends it, if it runs. */
void seed_child_stop(struct seed_child *c);

/* Both kept notes: where they begin to differ, as a sentence. */
void seed_child_difference(const struct seed_child *a,
                           const struct seed_child *b, char *text, size_t size);

void seed_child_close(struct seed_child *c);

#endif
