/*
 * upload_line.h - how much of large files is sent, as a line on the terminal
 * that is drawn in place, and wiped away at the end.
 */
#ifndef GALE_UPLOAD_LINE_H
#define GALE_UPLOAD_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define UPLOAD_LINE_LEAST (1u << 20) /* bytes: of less there is no line */
#define UPLOAD_LINE_EVERY_NS INT64_C(100000000)

struct upload_line {
    FILE *out; /* NULL: nothing is shown */
    uint64_t done, total;
    int64_t shown_at; /* the line, for the last time */
    bool shown;       /* … and it is there */
};

/* out: a terminal, or NULL; total: bytes. */
void upload_line_init(struct upload_line *p, FILE *out, uint64_t total);

/* So many bytes more are done; whether the line is to be drawn anew. Pure. */
bool upload_line_step(struct upload_line *p, uint64_t n, int64_t now);
/* What it says, in at most 100 bytes. Pure. */
void upload_line_text(const struct upload_line *p, char *buffer, size_t size);

/* So many bytes more are done: with the line, if it is time. */
void upload_line_add(struct upload_line *p, uint64_t n, int64_t now);
/* The line goes: before anything else is said. */
void upload_line_clear(struct upload_line *p);

#endif
