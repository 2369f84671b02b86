/*
 * spool.h - reads a spool of dead letters, record by record.
 *
 * What stands behind the last newline was being written when its writer died:
 * it is left out, and spool.cut says so.
 */
#ifndef GALE_SPOOL_H
#define GALE_SPOOL_H

#include "common/dead_letter.h"
#include "common/env.h"

struct spool {
    char *path;
    char *text, *at, *end; /* end: behind the last whole record */
    uint32_t n; /* the number of the last record that was read, from 1 on */
    bool cut;   /* something is left behind the last whole record */
};

/* Reads the file, up to 16 GiB. -1 with the error. */
int spool_open(struct spool *s, struct env *env, const char *path,
               gale_err *error);
void spool_close(struct spool *s); /* a zeroed one is fine */

/*
 * The next record: 1, with the letter and what it points to, which is the
 * caller's; 0 if there is none; -1 with the error if it is damaged, and then
 * the next call reads on behind it. *memory is NULL but for 1.
 */
int spool_next(struct spool *s, struct dead_letter *letter,
               struct dead_letter_memory **memory, gale_err *error);

#endif
