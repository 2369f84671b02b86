/*
 * culprit.h - whose code the calling thread runs, for the last words of a
 * process that it ends (crash.c, leave.c). May be asked in a signal handler.
 */
#ifndef GALE_CULPRIT_H
#define GALE_CULPRIT_H

#include "common/last_words.h"
#include <stdbool.h>

struct task;

enum culprit_kind {
    CULPRIT_NONE,     /* nobody that is known: gale itself, or its program */
    CULPRIT_TASK,     /* a callback of the task, or its work */
    CULPRIT_CHOICE,   /* the grouping that an emit of the task asked */
    CULPRIT_MAKING,   /* the file, while a topology is made (under_way.h) */
    CULPRIT_FILE,     /* the file, somewhere else */
    CULPRIT_THREAD,   /* a thread that the code of the file has started */
    CULPRIT_STRANGER, /* a thread that nobody knows, perhaps of a plugin */
};

struct culprit {
    enum culprit_kind kind;
    const struct task *task;
    const char *file;
    const char *doing; /* MAKING: as in "… while it was loaded"; CHOICE: the
                          name of the grouping */
};

/* The calling thread is the program's own, and the process is its. */
void culprit_begin(void);

/* The process is a child that goes on for its parent. */
void culprit_forked(void);

/* The calling thread does this process's work: not a child that a plugin has
 * forked. */
bool culprit_at_home(void);

struct culprit culprit_here(void);

/* As a noun; not of NONE. */
void culprit_put(struct last_words *words, const struct culprit *c);

#endif
