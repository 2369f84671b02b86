/*
 * letters.h - the spool of dead letters: a file of JSON lines.
 *
 * Letters are appended and synced by a thread of its own, so that no carrier
 * waits for a disk; as many at a time as have come meanwhile. Then their
 * messages are acked, or fail, if they could not be written: the error is
 * logged, some of the time. What waits is bounded by what is pending. While it
 * is open, the file is locked.
 */
#ifndef GALE_LETTERS_H
#define GALE_LETTERS_H

#include <gale/local.h>

struct letters;
struct worker;

/* Sets w->letters, if gale.topology.dead.letter is a file: one that can be
 * written, and that no other run writes; or -1 with the error. */
int letters_open(struct worker *w, gale_err *error);

/* Any carrier: takes the line, and returns at once. The message with this root
 * is acked or fails later; 0: there is none. */
void letters_put(struct letters *l, uint64_t root, char *line, size_t size);

/* Writes what is left; carriers that have ended are told nothing. NULL is
 * fine. */
void letters_close(struct letters *l);

#endif
