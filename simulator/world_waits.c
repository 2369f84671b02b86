/* world_waits.c - waiters and monitors of a simulated world; see env.h. */
#include "simulator/world_waits.h"
#include "common/check.h"
#include "simulator/world_watch.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* -- waiters --------------------------------------------------------------- */

struct env_waiter {
    bool woken;
    struct world_watch *watches;
};

struct env_waiter *world_waiter_new(struct env *env)
{
    (void)env;
    return xcalloc(1, sizeof(struct env_waiter));
}

static void forget(struct world_watch **link)
{
    struct world_watch *watch = *link;

    *link = watch->next;
    world_watch_end(watch);
    free(watch);
}

void world_waiter_free(struct env *env, struct env_waiter *waiter)
{
    (void)env;
    if (waiter == NULL)
        return;
    while (waiter->watches != NULL)
        forget(&waiter->watches);
    free(waiter);
}

/* Each is told once. */
static int take_ready(struct env_waiter *waiter, struct env_ready *ready,
                      int max)
{
    int n = 0;

    for (struct world_watch *o = waiter->watches; o && n < max; o = o->next) {
        uint32_t events = world_watch_events(o);

        if (events == 0)
            continue;
        o->events = 0;
        ready[n++] = (struct env_ready){o->data, events};
    }
    return n;
}

static int64_t next_due(const struct env_waiter *waiter, int64_t until)
{
    for (const struct world_watch *o = waiter->watches; o; o = o->next)
        until = world_watch_due(o, until);
    return until;
}

int world_waiter_wait(struct env *env, struct env_waiter *waiter, int64_t until,
                      struct env_ready *ready, int max)
{
    struct world *w = world_of(env);
    int n;

    check(max >= 1);
    world_point(env);
    while ((n = take_ready(waiter, ready, max)) == 0 && !waiter->woken &&
           until > w->now)
        world_wait(w, waiter, next_due(waiter, until));
    waiter->woken = false;
    return n;
}

void world_waiter_wake(struct env *env, struct env_waiter *waiter)
{
    waiter->woken = true;
    world_wake(world_of(env), waiter);
    world_point(env);
}

/* Regular files are always ready; of what else the system has, nobody knows
 * when. */
static int watch_file(struct world *w, int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    if (S_ISREG(st.st_mode))
        return 1;
    w->refused_watch = true;
    errno = ENOTSUP;
    return -1;
}

static struct world_watch **find(struct env_waiter *waiter, int fd,
                                 const void *data)
{
    struct world_watch **link = &waiter->watches;

    while (*link != NULL && ((*link)->fd != fd || (*link)->data != data))
        link = &(*link)->next;
    return link;
}

/* The last of them all, so that each has its turn. */
static int add(struct world *w, struct env_waiter *waiter,
               struct world_watch **last, struct world_watch watch)
{
    struct world_watch *o = xcalloc(1, sizeof(*o));

    *o = watch;
    o->sleeper = waiter;
    *last = o;
    if (world_watch_begin(w, o) == 0)
        return 0;
    forget(last);
    return -1;
}

int world_waiter_watch(struct env *env, struct env_waiter *waiter, int fd,
                       uint32_t events, void *data)
{
    struct world_watch **link;

    if (fd < WORLD_FD)
        return watch_file(world_of(env), fd);
    link = find(waiter, fd, data);
    if (*link == NULL)
        return add(
            world_of(env), waiter, link,
            (struct world_watch){.fd = fd, .events = events, .data = data});
    (*link)->events = events;
    return 0;
}

void world_waiter_unwatch(struct env *env, struct env_waiter *waiter, int fd,
                          const void *data)
{
    struct world_watch **link = find(waiter, fd, data);

    (void)env;
    if (*link != NULL)
        forget(link);
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
