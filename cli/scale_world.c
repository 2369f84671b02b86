/* scale_world.c - the parts of a simulated cluster; see scale_world.h. */
#include "cli/scale_world.h"
#include "cli/scale_nimbus.h"
#include "cli/scale_supervisor.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define TICK_NS INT64_C(100000000) /* leases are counted from the last one */

/* -- ZooKeeper ------------------------------------------------------------- */

static void advance(void *arg);

static void set_advance(void *arg)
{
    struct scale_world *w = arg;
    int64_t next = zookeeper_memory_next(w->memory);
    int64_t tick = loop_now(w->loop) + TICK_NS;

    loop_timer_set(w->loop, &w->advance, next < tick ? next : tick, advance, w);
}

static void advance(void *arg)
{
    struct scale_world *w = arg;

    zookeeper_memory_advance(w->memory, loop_now(w->loop));
    set_advance(w);
}

static void begin_zookeeper(struct scale_world *w)
{
    w->memory = zookeeper_memory_new(loop_now(w->loop), SCALE_LATENCY_NS);
    zookeeper_memory_wake(w->memory, set_advance, w);
    w->observer =
        zookeeper_memory_join(w->memory, SCALE_SESSION_NS, NULL, NULL);
    set_advance(w);
}

/* -- the world ------------------------------------------------------------- */

static void unused_key(void *arg, const char *text)
{
    (void)arg, (void)text;
}

static void begin_log(struct scale_world *w)
{
    w->log_file = fopen("/dev/null", "w");
    check(w->log_file != NULL);
    w->log = log_new(scale_clock_env(w->clock), w->log_file, "nimbus");
}

struct scale_world *scale_world_new(const struct scale_size *size)
{
    struct scale_world *w = xcalloc(1, sizeof(*w));

    w->size = *size;
    w->clock = scale_clock_new();
    w->loop = loop_new(scale_clock_env(w->clock));
    w->nimbus_loop = loop_new(scale_clock_env(w->clock));
    check(w->loop != NULL && w->nimbus_loop != NULL);
    scale_clock_measure(w->nimbus_loop, &w->meter);
    w->records_key = digest_of("scale", 5);
    w->config = daemon_config_new(unused_key, NULL);
    begin_log(w);
    begin_zookeeper(w);
    w->supervisors = scale_supervisors_new(w);
    scale_world_run(w, SCALE_SECOND);
    return w;
}

void scale_world_free(struct scale_world *w)
{
    for (uint32_t i = 0; i < SCALE_NIMBUSES; i++)
        scale_nimbus_free(w->nimbuses[i]);
    scale_supervisors_free(w);
    zookeeper_free(w->observer);
    zookeeper_memory_free(w->memory);
    loop_timer_clear(&w->advance);
    log_free(w->log);
    fclose(w->log_file);
    daemon_config_free(w->config);
    loop_free(w->nimbus_loop);
    loop_free(w->loop);
    scale_clock_free(w->clock);
    free(w);
}

int64_t scale_world_now(const struct scale_world *w)
{
    return loop_now(w->loop);
}

void scale_world_run(struct scale_world *w, int64_t ns)
{
    scale_clock_run(w->clock, scale_world_now(w) + ns);
}

struct scale_nimbus *scale_world_leader(const struct scale_world *w)
{
    for (uint32_t i = 0; i < SCALE_NIMBUSES; i++)
        if (scale_nimbus_leads(w->nimbuses[i]))
            return w->nimbuses[i];
    return NULL;
}
