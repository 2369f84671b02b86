/*
 * last_words.h - a line to standard error when a process ends, and may do
 * nothing else: put together without allocation, so that a signal handler may
 * do it, and written in one piece, so that lines of two threads do not mix.
 *
 * Standard error is what it is at that time. If somebody has closed it, the
 * line goes where it led to when last_words_keep() was called. A worker's goes
 * to its supervisor, too: last_words_also().
 */
#ifndef GALE_LAST_WORDS_H
#define GALE_LAST_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAST_WORDS_MAX 4096 /* a pipe takes so much at once (PIPE_BUF) */

/* All zero is empty. */
struct last_words {
    size_t n;
    char text[LAST_WORDS_MAX];
};

/* What is too long is cut. */
void last_words_put(struct last_words *words, const char *text);
void last_words_put_number(struct last_words *words, int64_t n);

/* Write them, with a newline; false: nobody is there to be told. */
bool last_words_say(struct last_words *words);

/* Know where standard error leads to from now on. Not while others say
 * something; again is harmless. */
void last_words_keep(void);

/* What is said goes to a copy of this descriptor, too, from now on: a file that
 * somebody reads when the process has ended (inherited.h). Not while others say
 * something. */
void last_words_also(int fd);

/* If somebody has closed standard error, let it lead there again, before
 * another file takes its place. */
void last_words_restore(void);

#endif
