/* async_pool.c - a queue of work and a few threads; see async_pool.h. */
#include "worker/async_pool.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "worker/crash.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

struct async_work {
    struct async_work *next;
    struct task *task;
    gale_work_fn *work;
    struct message *done;
};

struct async_pool {
    struct worker *worker;
    struct env *env;
    struct env_monitor *monitor; /* of all below */
    struct async_work *first, *last;
    struct env_thread **threads;
    uint32_t n_threads;
    uint32_t n_max;
    uint32_t n_busy;   /* threads that work */
    uint32_t n_queued; /* work that no thread has taken */
    bool stop;
};

struct async_pool *async_pool_new(struct worker *w, uint32_t threads)
{
    struct async_pool *pool = xcalloc(1, sizeof(*pool));

    pool->worker = w;
    pool->env = w->env;
    pool->monitor = w->env->ops->monitor_new(w->env);
    pool->n_max = threads;
    pool->threads = xcalloc(threads, sizeof(*pool->threads));
    return pool;
}

static struct async_work *wait_for_work(struct async_pool *pool)
{
    struct async_work *work;

    env_enter(pool->env, pool->monitor);
    while (pool->first == NULL && !pool->stop)
        env_wait(pool->env, pool->monitor, INT64_MAX);
    work = pool->first;
    if (work != NULL) {
        check(pool->n_queued > 0);
        pool->first = work->next;
        pool->n_queued--;
        pool->n_busy++;
    }
    env_leave(pool->env, pool->monitor);
    return work;
}

static void end_work(struct async_pool *pool)
{
    env_enter(pool->env, pool->monitor);
    check(pool->n_busy > 0);
    pool->n_busy--;
    env_leave(pool->env, pool->monitor);
}

static void pool_thread(void *arg)
{
    struct async_pool *pool = arg;
    struct async_work *work;

    crash_thread_begin(NULL);
    while ((work = wait_for_work(pool)) != NULL) {
        FAULT_POINT("async_taken");
        crash_thread_works(work->task);
        work->done->result = work->work(work->done->arg);
        crash_thread_works(NULL);
        end_work(pool); /* first: `done` may give more, and we can take it */
        FAULT_POINT("async_done");
        executor_tell(work->task->executor, work->done, NULL);
        free(work);
    }
    crash_thread_end();
}

/* In the monitor. */
static void start_thread(struct async_pool *pool)
{
    struct env *env = pool->env;
    char name[16];
    struct env_thread *thread;

    snprintf(name, sizeof(name), "async-%u", pool->n_threads % 10000);
    thread = env->ops->thread_start(env, name, -1, pool_thread, pool);
    check(pool->n_threads < pool->n_max);
    if (thread != NULL)
        pool->threads[pool->n_threads++] = thread;
}

static struct async_work *work_new(struct task *t, gale_work_fn *work,
                                   gale_done_fn *done, void *arg)
{
    struct async_work *w = xcalloc(1, sizeof(*w));

    w->task = t;
    w->work = work;
    w->done = xcalloc(1, sizeof(*w->done));
    w->done->kind = MESSAGE_DONE;
    w->done->task = t;
    w->done->incarnation =
        atomic_load_explicit(&t->incarnation, memory_order_relaxed);
    w->done->done = done;
    w->done->arg = arg;
    return w;
}

static void work_free(struct async_work *w)
{
    free(w->done);
    free(w);
}

/* False if there is no thread that will ever take it. A thread that was woken
 * and has not looked yet is not busy, but there may be work enough for it. */
static bool enqueue(struct async_pool *pool, struct async_work *w)
{
    bool there;

    env_enter(pool->env, pool->monitor);
    if (pool->n_queued >= pool->n_threads - pool->n_busy &&
        pool->n_threads < pool->n_max)
        start_thread(pool);
    there = pool->n_threads > 0;
    if (there) {
        if (pool->first == NULL)
            pool->first = w;
        else
            pool->last->next = w;
        pool->last = w;
        pool->n_queued++;
        env_notify(pool->env, pool->monitor);
    }
    env_leave(pool->env, pool->monitor);
    return there;
}

gale_result async_pool_run(struct async_pool *pool, struct task *t,
                           gale_work_fn *work, gale_done_fn *done, void *arg)
{
    struct async_work *w;

    if (t->n_async >= pool->worker->config.max_async)
        return GALE_RETRY;
    t->n_async++;
    atomic_fetch_add(&pool->worker->async, 1);
    w = work_new(t, work, done, arg);
    FAULT_POINT("async_given");
    if (enqueue(pool, w))
        return GALE_OK;
    work_free(w);
    t->n_async--;
    check(atomic_fetch_sub(&pool->worker->async, 1) > 0);
    task_fatal(t, "gale_async",
               "no thread can be started for it: raise the limit of threads "
               "(ulimit -u, or pids.max of the control group), or end others");
    return GALE_FATAL;
}

void async_pool_free(struct async_pool *pool)
{
    struct env *env;

    if (pool == NULL)
        return;
    env = pool->env;
    env_enter(pool->env, pool->monitor);
    check(!pool->stop);
    pool->stop = true;
    env_notify(pool->env, pool->monitor);
    env_leave(pool->env, pool->monitor);
    for (uint32_t i = 0; i < pool->n_threads; i++)
        env->ops->thread_join(env, pool->threads[i]);
    env->ops->monitor_free(env, pool->monitor);
    free(pool->threads);
    free(pool);
}
