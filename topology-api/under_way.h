/*
 * under_way.h - which code of a shared object this thread runs outside of a
 * task: what a crash, or a call of exit(), is blamed on.
 *
 * Set around what a user's file runs while a topology is made; worker/crash.c
 * reads it, also in a signal handler.
 */
#ifndef GALE_UNDER_WAY_H
#define GALE_UNDER_WAY_H

#include <stdbool.h>

struct under_way {
    const char *file;
    const char *doing; /* as in "… while it was loaded" */
};

/* Returns what was under way before, which under_way_set() brings back. */
struct under_way under_way_begin(const char *file, const char *doing);
void under_way_set(struct under_way before);

/* file is NULL while nothing is. */
struct under_way under_way_here(void);

/* Where that of the calling thread stands, as long as the thread lives: for a
 * handler that may run on another one. */
const struct under_way *under_way_of_this(void);

/* Something is, on some thread. */
bool under_way_anywhere(void);

#endif
