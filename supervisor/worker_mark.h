/*
 * worker_mark.h - how it is known whose a process is that a worker has started,
 * whatever session it has begun and whoever its parent is by now:
 *
 *     GALE_WORKER=LOCAL/supervisor/workers/TOPOLOGY/NUMBER-BIRTH
 *
 * in the environment, the directory of that worker (local_directory.h). What
 * was forked by a worker and runs no other program is known by its command,
 * which is the worker's.
 */
#ifndef GALE_WORKER_MARK_H
#define GALE_WORKER_MARK_H

#include "common/env.h"
#include "common/env_process.h"

/* NAME=VALUE for the worker with that directory; to be freed. */
char *worker_mark_text(const char *directory);

/* Whether it is the worker with that directory, or of one below it, or what
 * one of these has started. Pure. */
bool worker_mark_is_of(const struct env_process_facts *facts,
                       const char *directory);

/* All of whom is_one() is true, with what these have started, are killed. */
void worker_mark_end(struct env *env, env_process_is_one *is_one,
                     const void *arg);
/* The same, of the worker with that directory, or of all below it. */
void worker_mark_end_of(struct env *env, const char *directory);

#endif
