/*
 * dead_letter.h - a message that nobody could process, as a line of JSON.
 *
 * Written by the engine into a spool, read by `gale dead-letters`. What the
 * spout emitted comes back as it was: what JSON has no word for is an object
 * with one key, $bytes or $string (base64), $float (3, inf, nan) or $map (a
 * list of keys and values in turn). Everything else is plain.
 */
#ifndef GALE_DEAD_LETTER_H
#define GALE_DEAD_LETTER_H

#include "common/json.h"
#include <gale/local.h> /* gale_err */

#define DEAD_LETTER_MAX (1u << 20) /* bytes of a line */

struct dead_letter {
    int64_t time_us; /* since 1970 */
    gale_str topology, spout, stream;
    int64_t task; /* of the spout */
    gale_msgid id;
    int64_t failures;
    gale_str component;  /* where it failed last; empty: it took too long */
    int64_t failed_task; /* 0: the same */
    bool poison;
    gale_str error;
    bool has_fields; /* what the spout emitted is known: … */
    uint32_t n;
    const gale_str *names;
    const gale_value *values;
};

/* A line with its newline, the caller's to free. */
char *dead_letter_write(const struct dead_letter *letter, size_t *size);

/* What a line says; *memory holds what the letter points to, also after an
 * error, until dead_letter_forget(). -1 with what is wrong, as in "it is …". */
struct dead_letter_memory;
int dead_letter_read(const char *line, size_t size, struct dead_letter *letter,
                     struct dead_letter_memory **memory, gale_err *error);
void dead_letter_forget(struct dead_letter_memory *memory);

#define DEAD_LETTER_TIME_SIZE 32

/* 2026-11-25T22:51:15.324123Z; returns text. */
const char *dead_letter_time(int64_t time_us, char *text);
bool dead_letter_time_read(gale_str text, int64_t *time_us);

#endif
