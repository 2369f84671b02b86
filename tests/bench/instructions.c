/*
 * instructions.c - a case of known length, for `make bench-check` to count.
 *
 *     bench --count CASE N
 *
 * runs the topology of a case until N messages are emitted and all is settled,
 * and says `tuples T`: how many the last bolt has got. Who counts instructions
 * (valgrind) does so for two N and takes the difference.
 *
 * In a world of its own: one whose clock is a number that each look at it
 * moves on. What the engine decides by time (how long a run is, when a slice is
 * sent) then comes out the same each time, however slow the machine is, and in
 * valgrind, too.
 */
#include "tests/bench/instructions.h"
#include "common/env.h"
#include "tests/bench/embedded.h"
#include "worker/local_in.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Between two looks; about what it is in a real run. */
#define STEP_NS 1000

static _Atomic int64_t time_ns = 1;

static int64_t now(struct env *env)
{
    (void)env;
    return atomic_fetch_add_explicit(&time_ns, STEP_NS, memory_order_relaxed);
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

static struct env *counted_world(void)
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

static int set_length(struct embedded *e, const struct bench_case *c,
                      const char *n)
{
    char text[64];
    gale_err error;
    bool constant = !strncmp(c->topology, "const", 5);

    snprintf(text, sizeof(text), "%s.count=%s",
             constant ? "const" : "sentences", n);
    if (!gale_builder_override(e->builder, text, NULL, NULL, &error))
        return 0;
    fprintf(stderr, "bench: %s\n", error.text);
    return -1;
}

static int run_to_the_end(struct embedded *e, uint32_t carriers)
{
    const struct local_in in = {.env = counted_world()};
    gale_local_opts opts = {.size = sizeof(opts), .carriers = carriers};
    struct embedded_counts counts;
    gale_err error;

    e->local = local_start(&in, e->builder, &opts, &error);
    if (!e->local) {
        fprintf(stderr, "bench: %s\n", error.text);
        return -1;
    }
    gale_local_wait(e->local, -1);
    if (embedded_stop(e))
        return -1;
    embedded_count(e, &counts);
    printf("tuples %" PRIu64 "\n", counts.last);
    return fflush(stdout);
}

int instructions(const struct bench_case *c, const char *n)
{
    struct embedded e;
    int rc = embedded_build(&e, c);

    if (!rc)
        rc = set_length(&e, c, n);
    if (!rc)
        rc = run_to_the_end(&e, c->carriers);
    embedded_free(&e);
    return rc;
}
