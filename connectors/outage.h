/*
 * outage.h - what is said of a server that is away, while it is tried again and
 * again: the first failure is an error, of later ones each that doubles their
 * number is a warning, and the end of them is one line.
 */
#ifndef CONNECTORS_OUTAGE_H
#define CONNECTORS_OUTAGE_H

#include <gale/task.h>

/* Starts zeroed. */
struct outage {
    uint64_t n; /* failures in a row */
};

enum outage_word { OUTAGE_NOTHING, OUTAGE_WARNING, OUTAGE_ERROR };

/* One more: what is to be said of it. Pure. */
enum outage_word outage_count(struct outage *o);

/* It has failed again: a sentence, now and then. */
GALE_PRINTF(3, 4)
void outage_fails(struct outage *o, gale_task *task, const char *format, ...);

/* It works, which is said if it has failed before: "TEXT, after 3 failures". */
GALE_PRINTF(3, 4)
void outage_ends(struct outage *o, gale_task *task, const char *format, ...);

#endif
