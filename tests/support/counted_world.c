/* counted_world.c - a clock that is a number; see counted_world.h. */
#include "tests/support/counted_world.h"
#include <stdatomic.h>

static _Atomic int64_t time_ns = 1;

static int64_t now(struct env *env)
{
    (void)env;
    return atomic_fetch_add_explicit(&time_ns, COUNTED_STEP_NS,
                                     memory_order_relaxed);
}

/* A time of this world, as one of the real clock. */
static int64_t real_time(int64_t until)
{
    struct env *real = env_posix();
    int64_t left = until - atomic_load(&time_ns);

    return until == INT64_MAX ? until : real->ops->now(real) + left;
}

static void has_come(int64_t until)
{
    int64_t before = atomic_load(&time_ns);

    while (before < until &&
           !atomic_compare_exchange_weak(&time_ns, &before, until))
        ;
}

static int waiter_wait(struct env *env, struct env_waiter *w, int64_t until,
                       struct env_ready *ready, int max)
{
    struct env *real = env_posix();
    int64_t end = real_time(until);
    int n = real->ops->waiter_wait(real, w, end, ready, max);

    (void)env;
    if (end != INT64_MAX && real->ops->now(real) >= end)
        has_come(until);
    return n;
}

static bool monitor_wait(struct env *env, struct env_monitor *m, int64_t until)
{
    struct env *real = env_posix();
    bool told = real->ops->monitor_wait(real, m, real_time(until));

    (void)env;
    if (!told)
        has_come(until);
    return told;
}

/* Shuffles and edges are the same each time. */
static uint64_t entropy(struct env *env)
{
    (void)env;
    return 1;
}

struct env *counted_world(void)
{
    static struct env_ops ops;
    static struct env env = {.ops = &ops};

    ops = *env_posix()->ops;
    ops.now = now;
    ops.waiter_wait = waiter_wait;
    ops.monitor_wait = monitor_wait;
    ops.entropy = entropy;
    return &env;
}
