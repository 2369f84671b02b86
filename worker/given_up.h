/*
 * given_up.h - what a stop gives up, as a sentence that says so: nobody should
 * find out later that something is missing.
 */
#ifndef GALE_GIVEN_UP_H
#define GALE_GIVEN_UP_H

#include "worker/worker.h"

/* Messages that are not settled when the drain is over, by spout. */
void given_up_pending(const struct worker *w, char *text, size_t size);

/* Tuples that are queued, and the last callbacks of bolts; none was executed
 * for so many ns. */
void given_up_queued(char *text, size_t size, int64_t ns);

/* Messages that had failed, and that no spout could emit again since it was
 * inactive, behind what the text says already; false: there are none. When the
 * carriers have ended. */
bool given_up_failed(const struct worker *w, char *text, size_t size);

#endif
