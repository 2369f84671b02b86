/* env_monitor.c - a mutex and a condition; see env_monitor.h. */
#include "common/env_monitor.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct env_monitor {
    pthread_mutex_t mutex;
    pthread_cond_t notified;
};

static void init_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    check(pthread_mutex_init(mutex, &attr) == 0);
    pthread_mutexattr_destroy(&attr);
}

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    check(pthread_cond_init(condition, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

struct env_monitor *env_monitor_new(struct env *env)
{
    struct env_monitor *m = xcalloc(1, sizeof(*m));

    (void)env;
    init_mutex(&m->mutex);
    init_condition(&m->notified);
    return m;
}

void env_monitor_free(struct env *env, struct env_monitor *m)
{
    (void)env;
    check(pthread_cond_destroy(&m->notified) == 0);
    check(pthread_mutex_destroy(&m->mutex) == 0);
    free(m);
}

void env_monitor_enter(struct env *env, struct env_monitor *m)
{
    (void)env;
    check(pthread_mutex_lock(&m->mutex) == 0);
}

void env_monitor_leave(struct env *env, struct env_monitor *m)
{
    (void)env;
    check(pthread_mutex_unlock(&m->mutex) == 0);
}

bool env_monitor_wait(struct env *env, struct env_monitor *m, int64_t until)
{
    struct timespec ts = {until / 1000000000, until % 1000000000};
    int result;

    (void)env;
    if (until == INT64_MAX)
        result = pthread_cond_wait(&m->notified, &m->mutex);
    else
        result = pthread_cond_timedwait(&m->notified, &m->mutex, &ts);
    check(result == 0 || result == ETIMEDOUT);
    return result == 0;
}

void env_monitor_notify(struct env *env, struct env_monitor *m)
{
    (void)env;
    check(pthread_cond_broadcast(&m->notified) == 0);
}
