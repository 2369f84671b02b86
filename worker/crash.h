/*
 * crash.h - say which component was running when the process dies of a signal.
 *
 * A carrier notes which executor it runs; the handler, on a stack of its own (a
 * plugin may have used up the thread's), writes one line and lets the signal
 * take its course. Nothing is caught or continued.
 */
#ifndef GALE_CRASH_H
#define GALE_CRASH_H

struct executor;

/* Install the handlers, for the whole process; again is harmless. */
void crash_watch(void);

/* The calling thread begins and ends to run plugins. */
void crash_thread_begin(void);
void crash_thread_end(void);

/* What the calling thread runs from now on; NULL: nothing of a user's. */
void crash_note(const struct executor *e);

#endif
