/* scale_meter.c - the real clock, beside the simulated one; see
 * scale_meter.h. */
#include "cli/scale_meter.h"
#include "common/env.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <time.h>

static struct scale_time now(void)
{
    struct env *env = env_posix();
    struct timespec cpu;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    return (struct scale_time){.clock_ns = env->ops->now(env),
                               .cpu_ns = cpu.tv_sec * INT64_C(1000000000) +
                                         cpu.tv_nsec};
}

void scale_meter_begin(struct scale_meter *m)
{
    if (m != NULL && m->depth++ == 0)
        m->since = now();
}

static void add(int64_t took, int64_t *total, int64_t *longest)
{
    *total += took;
    if (took > *longest)
        *longest = took;
}

void scale_meter_end(struct scale_meter *m)
{
    struct scale_time then;

    if (m == NULL || --m->depth > 0)
        return;
    then = now();
    add(then.clock_ns - m->since.clock_ns, &m->total.clock_ns,
        &m->longest.clock_ns);
    add(then.cpu_ns - m->since.cpu_ns, &m->total.cpu_ns, &m->longest.cpu_ns);
}

/* -- before a client of ZooKeeper ------------------------------------------ */

struct asked {
    struct scale_meter *meter;
    struct zookeeper_then then;
};

static void answered(void *arg, const struct zookeeper_answer *answer)
{
    struct asked a = *(struct asked *)arg;

    free(arg);
    scale_meter_begin(a.meter);
    a.then.fn(a.then.arg, answer);
    scale_meter_end(a.meter);
}

static struct scale_metered *metered(const struct zookeeper *base)
{
    return (struct scale_metered *)(uintptr_t)base;
}

static void request(struct zookeeper *base, const struct zookeeper_request *r)
{
    struct scale_metered *z = metered(base);
    struct zookeeper_request same = *r;

    if (r->then.fn != NULL) {
        struct asked *a = xcalloc(1, sizeof(*a));

        *a = (struct asked){z->meter, r->then};
        same.then = (struct zookeeper_then){answered, a};
    }
    z->behind->ops->request(z->behind, &same);
}

static enum zookeeper_state state(const struct zookeeper *base)
{
    return zookeeper_state(metered(base)->behind);
}

static int64_t session(const struct zookeeper *base)
{
    return zookeeper_session(metered(base)->behind);
}

static int64_t lease_until(const struct zookeeper *base)
{
    return zookeeper_lease_until(metered(base)->behind);
}

static const char *trouble(const struct zookeeper *base)
{
    return zookeeper_trouble(metered(base)->behind);
}

static void nothing(struct zookeeper *base)
{
    (void)base;
}

struct zookeeper *scale_metered_init(struct scale_metered *z,
                                     struct scale_meter *meter,
                                     zookeeper_state_fn *fn, void *arg)
{
    static const struct zookeeper_ops ops = {.request = request,
                                             .state = state,
                                             .session = session,
                                             .lease_until = lease_until,
                                             .trouble = trouble,
                                             .free = nothing};

    *z = (struct scale_metered){
        .base = {.ops = &ops}, .meter = meter, .fn = fn, .arg = arg};
    return &z->base;
}

void scale_metered_state(void *arg, enum zookeeper_state now)
{
    struct scale_metered *z = arg;

    scale_meter_begin(z->meter);
    z->fn(z->arg, now);
    scale_meter_end(z->meter);
}
