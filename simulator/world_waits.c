/* world_waits.c - waiters and monitors of a simulated world; see env.h. */
#include "simulator/world_waits.h"
#include "common/check.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* -- waiters --------------------------------------------------------------- */

struct env_waiter {
    bool woken;
};

struct env_waiter *world_waiter_new(struct env *env)
{
    (void)env;
    return xcalloc(1, sizeof(struct env_waiter));
}

void world_waiter_free(struct env *env, struct env_waiter *waiter)
{
    (void)env;
    free(waiter);
}

int world_waiter_wait(struct env *env, struct env_waiter *waiter, int64_t until,
                      struct env_ready *ready, int max)
{
    struct world *w = world_of(env);

    (void)ready;
    check(max >= 1);
    world_point(env);
    while (!waiter->woken && until > w->now)
        if (!world_wait(w, waiter, until))
            break;
    waiter->woken = false;
    return 0;
}

void world_waiter_wake(struct env *env, struct env_waiter *waiter)
{
    waiter->woken = true;
    world_wake(world_of(env), waiter);
    world_point(env);
}

/* Regular files are always ready; of what else there is, nobody knows when. */
int world_waiter_watch(struct env *env, struct env_waiter *waiter, int fd,
                       uint32_t events, void *data)
{
    struct stat st;

    (void)env, (void)waiter, (void)events, (void)data;
    if (fstat(fd, &st) != 0)
        return -1;
    if (S_ISREG(st.st_mode))
        return 1;
    errno = ENOTSUP;
    return -1;
}

void world_waiter_unwatch(struct env *env, struct env_waiter *waiter, int fd,
                          const void *data)
{
    (void)env, (void)waiter, (void)fd, (void)data;
    check(!"nothing is watched");
}

/* -- monitors -------------------------------------------------------------- */

struct env_monitor {
    struct env_thread *owner; /* NULL: nobody is in it */
    uint32_t depth;           /* how often the owner has entered */
    char notified;            /* its address is what is waited for inside */
};

struct env_monitor *world_monitor_new(struct env *env)
{
    (void)env;
    return xcalloc(1, sizeof(struct env_monitor));
}

void world_monitor_free(struct env *env, struct env_monitor *m)
{
    (void)env;
    check(m->owner == NULL);
    free(m);
}

void world_monitor_enter(struct env *env, struct env_monitor *m)
{
    struct world *w = world_of(env);

    world_point(env);
    while (m->owner != NULL && m->owner != world_running(w))
        world_wait(w, m, INT64_MAX);
    m->owner = world_running(w);
    m->depth++;
}

void world_monitor_leave(struct env *env, struct env_monitor *m)
{
    struct world *w = world_of(env);

    check(m->owner == world_running(w) && m->depth > 0);
    if (--m->depth > 0)
        return;
    m->owner = NULL;
    world_wake(w, m);
}

bool world_monitor_wait(struct env *env, struct env_monitor *m, int64_t until)
{
    struct world *w = world_of(env);
    bool in_time;

    check(m->depth == 1);
    world_monitor_leave(env, m);
    in_time = world_wait(w, &m->notified, until);
    world_monitor_enter(env, m);
    return in_time;
}

void world_monitor_notify(struct env *env, struct env_monitor *m)
{
    world_wake(world_of(env), &m->notified);
}
