/* post_clock.c - see post_clock.h. */
#include "connectors/post_clock.h"
#include "connectors/must.h"
#include <time.h>

#define SECOND INT64_C(1000000000)

static void strike(gale_task *task, void *arg)
{
    struct post_clock *c = arg;

    atomic_store(&c->posted, false);
    c->fn(task);
}

static void later(struct timespec *at, int64_t ms)
{
    int64_t ns = at->tv_nsec + ms % 1000 * 1000000;

    at->tv_sec += ms / 1000 + ns / SECOND;
    at->tv_nsec = ns % SECOND;
}

static void *run(void *arg)
{
    struct post_clock *c = arg;
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    pthread_mutex_lock(&c->mutex);
    while (!c->ends) {
        later(&at, c->ms);
        while (!c->ends &&
               pthread_cond_timedwait(&c->ending, &c->mutex, &at) == 0)
            ;
        if (!c->ends && !atomic_exchange(&c->posted, true))
            gale_post(c->task, strike, c);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

static void begin_parts(struct post_clock *c)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->ending, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&c->mutex, NULL);
}

static void end_parts(struct post_clock *c)
{
    pthread_cond_destroy(&c->ending);
    pthread_mutex_destroy(&c->mutex);
    c->task = NULL;
}

bool post_clock_begin(struct post_clock *c, gale_task *task, int64_t ms,
                      void (*fn)(gale_task *task))
{
    if (c->task != NULL)
        return true;
    c->task = task;
    c->fn = fn;
    c->ms = ms;
    c->ends = false;
    begin_parts(c);
    if (pthread_create(&c->thread, NULL, run, c) == 0)
        return true;
    end_parts(c);
    return false;
}

void post_clock_end(struct post_clock *c)
{
    if (c->task == NULL)
        return;
    pthread_mutex_lock(&c->mutex);
    c->ends = true;
    pthread_cond_signal(&c->ending);
    pthread_mutex_unlock(&c->mutex);
    must(pthread_join(c->thread, NULL) == 0);
    end_parts(c);
}
