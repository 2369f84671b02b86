/*
 * crash.h - say which component was running when the process dies of a signal.
 *
 * A carrier shows which executor it runs; the handler, on a stack of its own (a
 * plugin may have used up the thread's), writes one line and lets the signal
 * take its course. Nothing is caught or continued. The same holds for what a
 * file does while it is loaded or its topology is made (under_way.h), and on
 * threads of its own as far as their stacks show it (culprit.h). A plugin that
 * ends the process by itself is named the same way: see leave.h.
 */
#ifndef GALE_CRASH_H
#define GALE_CRASH_H

#include <stdatomic.h>
#include <stdint.h>

struct executor;
struct task;

typedef _Atomic(const struct executor *) crash_running;

/* Install the handlers, for the whole process, and a stack for those of this
 * thread; again is harmless. */
void crash_watch(void);

/* The same in a worker of a cluster. */
void crash_watch_worker(void);

/* The calling thread begins and ends to run plugins. *runs: the executor that
 * it is running, NULL while it runs nothing of a user's. */
void crash_thread_begin(const crash_running *runs);
void crash_thread_end(void);

/* The calling thread does work of gale_async() for the task; NULL: no more. */
void crash_thread_works(const struct task *t);

/* The task whose code the calling thread runs, or NULL. */
const struct task *crash_task(void);

/* The addresses of the calling thread's variables, for a simulated world, whose
 * threads are one: n of them at most, returns how many there are. */
uint32_t crash_thread_variables(void *variables[], uint32_t n);

#endif
