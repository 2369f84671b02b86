/*
 * progress.h - how much of something large is done, as a line on the terminal
 * that is drawn in place, and wiped away at the end.
 */
#ifndef GALE_PROGRESS_H
#define GALE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_LEAST (1u << 20) /* bytes: of less there is no line */
#define PROGRESS_EVERY_NS INT64_C(100000000)

struct progress {
    FILE *out; /* NULL: nothing is shown */
    uint64_t done, total;
    int64_t shown_at; /* the line, for the last time */
    bool shown;       /* … and it is there */
};

/* out: a terminal, or NULL; total: bytes. */
void progress_init(struct progress *p, FILE *out, uint64_t total);

/* So many bytes more are done; whether the line is to be drawn anew. Pure. */
bool progress_step(struct progress *p, uint64_t n, int64_t now);
/* What it says, in at most 100 bytes. Pure. */
void progress_text(const struct progress *p, char *buffer, size_t size);

/* So many bytes more are done: with the line, if it is time. */
void progress_add(struct progress *p, uint64_t n, int64_t now);
/* The line goes: before anything else is said. */
void progress_clear(struct progress *p);

#endif
