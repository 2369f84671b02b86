/*
 * crash.h - say which component was running when the process dies of a signal,
 * or when it calls exit().
 *
 * A carrier shows which executor it runs; the handler, on a stack of its own (a
 * plugin may have used up the thread's), writes one line and lets the signal
 * take its course. Nothing is caught or continued. A plugin that calls exit()
 * is named the same way, and the process then says that it failed: without this
 * a run would end without its results, and as if all were well. The same holds
 * for what a file does while it is loaded or its topology is made
 * (under_way.h).
 */
#ifndef GALE_CRASH_H
#define GALE_CRASH_H

#include <stdatomic.h>
#include <stdint.h>

struct executor;
struct task;

typedef _Atomic(const struct executor *) crash_running;

/* Install the handlers, for the whole process; again is harmless. */
void crash_watch(void);

/* The calling thread begins and ends to run plugins. *runs: the executor that
 * it is running, NULL while it runs nothing of a user's. */
void crash_thread_begin(const crash_running *runs);
void crash_thread_end(void);

/* A run begins (1) or has ended (-1): while one is on, a thread that nobody
 * knows, and that calls exit(), is a plugin's. */
void crash_runs(int more);

/* The calling thread does work of gale_async() for the task; NULL: no more. */
void crash_thread_works(const struct task *t);

/* The addresses of the calling thread's variables, for a simulated world, whose
 * threads are one: n of them at most, returns how many there are. */
uint32_t crash_thread_variables(void *variables[], uint32_t n);

#endif
