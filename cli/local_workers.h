/*
 * local_workers.h - the workers of `gale local --cluster`: threads of this
 * process, which their supervisors take for processes (common/env_process.h).
 *
 * All of it belongs to the thread of the daemons' loop.
 */
#ifndef GALE_LOCAL_WORKERS_H
#define GALE_LOCAL_WORKERS_H

#include "supervisor/supervisor.h"
#include "worker/worker_process.h"

struct local_workers;

struct local_workers *local_workers_new(gale_log_level log_level);
/* Kills all and waits for them; what all that were have done together. After
 * all supervisors. NULL is fine. */
void local_workers_free(struct local_workers *all,
                        struct process_counts *counts);

/* The world of a supervisor of these: the real one, but for processes. */
struct env *local_workers_env(struct local_workers *all);
const struct supervisor_hands *local_workers_hands(struct local_workers *all);

/* The engine of worker `number` ends without a word to anybody; false: there is
 * none. */
bool local_workers_kill(struct local_workers *all, uint32_t number);

#endif
