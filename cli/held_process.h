/*
 * held_process.h - a process that waits until it is written down: `gale hold`.
 *
 * Whoever starts processes that outlive it may be killed at any moment. So each
 * of them is first this program, which does nothing but wait; when it has been
 * written down who it is, it is let go, and becomes what it shall be, under the
 * same number. If its starter ends before that, it ends, too.
 */
#ifndef GALE_HELD_PROCESS_H
#define GALE_HELD_PROCESS_H

#include "common/env.h"
#include "common/env_process.h"
#include <stdbool.h>

/* As env->ops->processes->spawn(), with nothing to be passed on; *go is what
 * holds it, to be given to held_process_let_go(). bound: it is sent SIGTERM
 * when the thread that calls this ends, however that comes. NULL and errno. */
struct env_process *held_process_spawn(struct env *env,
                                       const struct env_spawn *what, bool bound,
                                       int *go);
/* It goes on, or (known is false) ends. */
void held_process_let_go(int go, bool known);

/* `gale hold free|bound FILE NAME ARGUMENT…`; returns only if it is not let go,
 * or if FILE cannot be run. */
int held_process_main(int argc, char **argv);

#endif
