/*
 * leave.h - say who it was when a plugin ends the process or a thread of gale's
 * by itself: exit(), quick_exit(), _exit() (where the program asks, see
 * common/leaving.h), pthread_exit(). The process then ends with status 1, never
 * as if all were well.
 */
#ifndef GALE_LEAVE_H
#define GALE_LEAVE_H

#include <stdbool.h>

/* From now on, for the whole process; again is harmless. */
void leave_watch(void);

/* The calling thread runs code of plugins (true), or no more: it must not end
 * in between. */
void leave_watch_thread(bool runs);

/* A run begins (1) or has ended (-1): while one is on, a thread that nobody
 * knows, and that ends the process, is a plugin's. */
void leave_runs(int more);

/* Whether one is on; also in a signal handler. */
bool leave_is_running(void);

#endif
