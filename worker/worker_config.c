/* worker_config.c - what the engine needs of the configuration, read once; see
 * worker_config.h. */
#include "worker/worker_config.h"
#include "common/config.h"
#include "topology-api/memory.h"
#include "worker/memory_wait.h"
#include "worker/plan.h"
#include <stdlib.h>

/* On a cluster, positions are told to the supervisor so often, however seldom
 * they are written down: who takes a killed worker's place goes on there. */
#define POSITION_NEWS_NS 20000000

int64_t worker_config_int_or(const struct model *m, const char *key,
                             int64_t otherwise)
{
    return config_is_set(m, NULL, key) ? config_int(m, NULL, key) : otherwise;
}

/* Each worker of a cluster has its own, since several may share a machine. */
static char *spool_of(const struct worker *w, gale_value place)
{
    char *name = xstrndup(place.as.data, place.size), *path;

    if (w->plan == NULL || strpbrk(name, "/.") == NULL)
        return name;
    if (asprintf(&path, "%s.%u", name, w->plan->me) < 0)
        abort();
    free(name);
    return path;
}

static void read_letters(struct worker *w)
{
    const struct model *m = w->model;
    struct worker_config *c = &w->config;
    gale_value place = config_value(m, NULL, "gale.topology.dead.letter");

    c->letters.max_replays =
        (uint32_t)config_int(m, NULL, "gale.topology.max.replays");
    if (place.kind == GALE_STRING)
        c->spool = spool_of(w, place);
    c->letters.kept = c->spool != NULL;
    c->spool_max =
        (uint64_t)config_int(m, NULL, "gale.topology.dead.letter.max.bytes");
}

static int64_t read_secs(const struct model *m, const char *key)
{
    return (int64_t)(config_float(m, NULL, key) * 1e9);
}

static void read_limits(struct worker_config *c, const struct model *m)
{
    c->max_tuple_bytes =
        (uint64_t)config_int(m, NULL, "gale.topology.max.tuple.bytes");
    c->max_emit_bytes =
        (uint64_t)config_int(m, NULL, "gale.topology.max.emit.bytes");
    c->max_retained_bytes =
        (uint64_t)config_int(m, NULL, "gale.topology.max.retained.bytes");
    c->max_async = (uint32_t)config_int(m, NULL, "gale.topology.max.async");
    c->pool_threads = (uint32_t)config_int(
        m, NULL, "topology.worker.shared.thread.pool.size");
    c->own_threads = (uint32_t)config_int(m, NULL, "gale.worker.own.threads");
    c->errors_max =
        (uint32_t)config_int(m, NULL, "topology.max.error.report.per.interval");
    c->errors_interval_ns =
        config_int(m, NULL, "topology.error.throttle.interval.secs") *
        1000000000;
}

static void read_times(struct worker_config *c, const struct model *m,
                       bool on_cluster)
{
    c->message_timeout_ns = read_secs(m, "topology.message.timeout.secs");
    c->drain_ns = config_is_set(m, NULL, "gale.topology.drain.secs")
                      ? read_secs(m, "gale.topology.drain.secs")
                      : c->message_timeout_ns;
    c->position_interval_ns =
        config_int(m, NULL, "gale.local.position.interval.ms") * 1000000;
    if (on_cluster && c->position_interval_ns > POSITION_NEWS_NS)
        c->position_interval_ns = POSITION_NEWS_NS;
    c->hang_ns = read_secs(m, "gale.worker.hang.secs");
    if (on_cluster) /* nobody else would start it again */
        c->hang_restart_ns = read_secs(m, "gale.worker.hang.restart.secs");
    c->link_timeout_ns = read_secs(m, "gale.worker.link.timeout.secs");
}

void worker_config_read(struct worker *w)
{
    const struct model *m = w->model;
    struct worker_config *c = &w->config;

    c->acking = worker_config_int_or(m, "topology.acker.executors", 1) > 0;
    c->timeouts = config_bool(m, NULL, "topology.enable.message.timeouts");
    c->shuffle_exact = config_bool(m, NULL, "gale.topology.shuffle.exact");
    read_limits(c, m);
    read_times(c, m, w->plan != NULL);
    c->transport = transport_of(config_value(m, NULL, "gale.worker.transport"));
    read_letters(w);
    budget_init(&w->budget, (uint64_t)worker_config_int_or(
                                m, "gale.worker.memory.bytes", -1));
    w->budget.changed = memory_wait_changed;
    w->budget.arg = w;
}
