/*
 * child.h - processes of a test: started and ended through env, waited for by
 * their ends, never by time.
 */
#ifndef GALE_TESTS_CHILD_H
#define GALE_TESTS_CHILD_H

#include "common/env_process.h"
#include <stddef.h>

/* `sh -c SCRIPT` that can read from in (-1: nothing) and writes to out; what it
 * finds as descriptor 3 is `passed`, if that is ≥ 0. */
struct env_process *child_sh(const char *script, int in, int out, int passed);

/* Wait until it has ended, and free it. */
struct env_process_end child_wait(struct env_process *process);

/* All of what comes out of fd, up to its end, as text; closes it. */
const char *child_read(int fd, char *text, size_t size);

/* One line of it. */
const char *child_line(int fd, char *text, size_t size);

/* How many descriptors of this process a child would have, if nobody closed
 * them. */
int child_n_inherited(void);

/* Whether there is a process of that id that has not ended. */
bool child_runs(int pid);

#endif
