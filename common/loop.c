/* loop.c - posts, and what of a loop is the same in each world; see loop.h. */
#include "common/loop.h"
#include "common/check.h"
#include "common/loop_ops.h"
#include "topology-api/memory.h"
#include <stdlib.h>

struct loop_post {
    struct loop_post *next;
    void (*fn)(void *arg);
    void *arg;
};

/* -- posts ----------------------------------------------------------------- */

static struct loop_post *take_posts(struct loop *loop)
{
    struct loop_post *posts;

    env_enter(loop->env, loop->monitor);
    posts = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    env_leave(loop->env, loop->monitor);
    return posts;
}

/* Those that are left when the loop is ended come before what was posted
 * meanwhile. */
static void put_back(struct loop *loop)
{
    struct loop_post **last = &loop->running;

    while (*last != NULL)
        last = &(*last)->next;
    env_enter(loop->env, loop->monitor);
    *last = loop->first;
    if (loop->first == NULL)
        loop->last = last;
    loop->first = loop->running;
    loop->running = NULL;
    env_leave(loop->env, loop->monitor);
    loop->ops->wake(loop);
}

void loop_run_posts(struct loop *loop)
{
    loop->running = take_posts(loop);
    while (loop->running != NULL && !loop->ended) {
        struct loop_post *p = loop->running;

        loop->running = p->next;
        p->fn(p->arg);
        free(p);
    }
    if (loop->running != NULL)
        put_back(loop);
}

void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct loop_post *p = xcalloc(1, sizeof(*p));

    p->fn = fn;
    p->arg = arg;
    env_enter(loop->env, loop->monitor);
    *loop->last = p;
    loop->last = &p->next;
    env_leave(loop->env, loop->monitor);
    loop->ops->wake(loop);
}

/* Where the list ends then. */
static struct loop_post **drop_posts(struct loop_post **link, const void *arg)
{
    while (*link != NULL) {
        struct loop_post *p = *link;

        if (p->arg != arg) {
            link = &p->next;
            continue;
        }
        *link = p->next;
        free(p);
    }
    return link;
}

void loop_unpost(struct loop *loop, const void *arg)
{
    drop_posts(&loop->running, arg);
    env_enter(loop->env, loop->monitor);
    loop->last = drop_posts(&loop->first, arg);
    env_leave(loop->env, loop->monitor);
}

/* -- the loop -------------------------------------------------------------- */

struct loop *loop_new(struct env *env)
{
    struct loop *loop = env->ops->loops->open(env);

    if (loop == NULL)
        return NULL;
    loop->ops = env->ops->loops;
    loop->env = env;
    loop->last = &loop->first;
    loop->monitor = env->ops->monitor_new(env);
    return loop;
}

void loop_free(struct loop *loop)
{
    struct loop_post *posts;

    if (loop == NULL)
        return;
    posts = take_posts(loop);
    while (posts != NULL) {
        struct loop_post *p = posts;

        posts = p->next;
        free(p);
    }
    loop->env->ops->monitor_free(loop->env, loop->monitor);
    loop->ops->close(loop);
}

void loop_run(struct loop *loop)
{
    loop->ended = false;
    while (!loop->ended)
        loop->ops->turn(loop);
}

static void end_in_time(void *arg)
{
    bool *over = arg;

    *over = true;
}

bool loop_run_for(struct loop *loop, int64_t ns)
{
    struct loop_timer timer = {.fn = NULL};
    bool over = false;

    loop_timer_set(loop, &timer, loop_now(loop) + ns, end_in_time, &over);
    loop->ended = false;
    while (!loop->ended && !over)
        loop->ops->turn(loop);
    loop_timer_clear(&timer);
    return loop->ended;
}

void loop_end(struct loop *loop)
{
    loop->ended = true;
    loop->ops->end(loop);
}

struct env *loop_env(const struct loop *loop)
{
    return loop->env;
}

int64_t loop_now(const struct loop *loop)
{
    return loop->env->ops->now(loop->env);
}

/* -- timers, descriptors, signals ------------------------------------------ */

void loop_timer_fire(struct loop_timer *timer)
{
    timer->at = 0;
    timer->fn(timer->arg);
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at,
                    void (*fn)(void *arg), void *arg)
{
    if (at == INT64_MAX) {
        loop_timer_clear(timer);
        return;
    }
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
    timer->at = at > 0 ? at : 1;
    loop->ops->timer_set(timer);
}

void loop_timer_clear(struct loop_timer *timer)
{
    if (timer->event != NULL)
        timer->loop->ops->timer_clear(timer);
    timer->event = NULL;
    timer->at = 0;
}

static int watch_set(struct loop *loop, struct loop_watch *watch, int fd,
                     bool writable)
{
    check(watch->event == NULL);
    watch->loop = loop;
    return loop->ops->watch_set(watch, fd, writable);
}

int loop_watch_set(struct loop *loop, struct loop_watch *watch, int fd,
                   void (*fn)(void *arg), void *arg)
{
    watch->fn = fn;
    watch->arg = arg;
    return watch_set(loop, watch, fd, false);
}

int loop_watch_set_writable(struct loop *loop, struct loop_watch *watch, int fd,
                            void (*fn)(void *arg), void *arg)
{
    watch->fn = fn;
    watch->arg = arg;
    return watch_set(loop, watch, fd, true);
}

void loop_watch_clear(struct loop_watch *watch)
{
    if (watch->event != NULL)
        watch->loop->ops->watch_clear(watch);
    watch->event = NULL;
}

int loop_signals(struct loop *loop, const int *signals, uint32_t n,
                 void (*fn)(void *arg, int signal), void *arg)
{
    return loop->ops->signals(loop, signals, n, fn, arg);
}
