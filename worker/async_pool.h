/*
 * async_pool.h - threads for gale_async(): work that may block.
 *
 * Work is taken in the order in which it was given; `done` comes back to the
 * task as a control message. A thread starts when there is more work
 * than threads that have none, up to the limit: work may wait for other work of
 * the pool. A worker has two: one whose limit is a key of the configuration,
 * and one for tasks of bolts that block, with a thread for each of them. So
 * what such a bolt waits for keeps neither its like nor others from work.
 */
#ifndef GALE_ASYNC_POOL_H
#define GALE_ASYNC_POOL_H

#include <gale/task.h>

struct async_pool;
struct task;
struct worker;

/* threads: the limit, at least 1. */
struct async_pool *async_pool_new(struct worker *w, uint32_t threads);

/*
 * GALE_RETRY when the task has too much under way; GALE_FATAL, and the worker
 * has failed, when there is no thread and none can be started. In both cases
 * nothing is done: neither `work` nor `done` is ever called, and `arg` is the
 * caller's.
 */
gale_result async_pool_run(struct async_pool *pool, struct task *t,
                           gale_work_fn *work, gale_done_fn *done, void *arg);

/* Waits for the work under way; NULL is fine. */
void async_pool_free(struct async_pool *pool);

#endif
