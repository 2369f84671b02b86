/* worker_terms.c - what a worker may; see worker_terms.h. */
#include "supervisor/worker_terms.h"
#include "common/config.h"
#include "common/description.h"

#define SECOND_NS INT64_C(1000000000)
#define MB (1u << 20)

static int64_t nanoseconds(const struct daemon_config *config, const char *key)
{
    return daemon_config_int(config, key) * SECOND_NS;
}

/* 0: it is not set. */
static uint64_t number(const struct daemon_config *config, const char *key)
{
    return daemon_config_is_set(config, key)
               ? (uint64_t)daemon_config_int(config, key)
               : 0;
}

struct worker_terms worker_terms_usual(const struct daemon_config *config)
{
    static const char memory[] = "worker.heap.memory.mb";

    return (struct worker_terms){
        .times =
            {
                .start =
                    nanoseconds(config, "supervisor.worker.start.timeout.secs"),
                .report = nanoseconds(config, "supervisor.worker.timeout.secs"),
                .grace = nanoseconds(config,
                                     "supervisor.worker.shutdown.sleep.secs"),
            },
        .limits =
            {
                .memory_bytes = number(config, memory) * MB,
                .memory_key = memory,
                .processes = number(config, "gale.worker.processes"),
                .cpu_percent =
                    (uint32_t)number(config, "gale.worker.cpu.percent"),
            },
    };
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void take_timeout(struct worker_terms *terms,
                         const struct daemon_config *config,
                         const struct model *model)
{
    static const char key[] = "topology.worker.timeout.secs";
    int64_t most = nanoseconds(config, "worker.max.timeout.secs"), asked;

    if (!config_is_set(model, NULL, key))
        return;
    asked = config_int(model, NULL, key) * SECOND_NS;
    asked = asked < most ? asked : most;
    terms->times.report = max(terms->times.report, asked);
    terms->times.start = max(terms->times.start, asked);
}

static void take_memory(struct worker_terms *terms, const struct model *model)
{
    static const char key[] = "topology.worker.max.heap.size.mb";
    struct cgroup_limits *limits = &terms->limits;
    uint64_t asked;

    if (!config_is_set(model, NULL, key))
        return;
    asked = (uint64_t)(config_float(model, NULL, key) * MB);
    if (limits->memory_bytes != 0 && limits->memory_bytes <= asked)
        return;
    limits->memory_bytes = asked;
    limits->memory_key = key;
}

int worker_terms_of(struct worker_terms *terms,
                    const struct daemon_config *config, const void *data,
                    size_t size, const char *conf, gale_err *error)
{
    struct description *d = description_read(data, size, error);
    int result = d == NULL ? -1 : description_set(d, conf, error);

    *terms = worker_terms_usual(config);
    if (result == 0)
        result = config_check(d->model, error);
    if (result == 0) {
        take_timeout(terms, config, d->model);
        take_memory(terms, d->model);
    }
    description_free(d);
    return result;
}
