/* worker_plan.c - a plan from what a supervisor tells; see worker_plan.h. */
#include "worker/worker_plan.h"
#include "common/token.h"
#include "topology-api/memory.h"

uint32_t worker_plan_executors(const msgpack_object *told, uint32_t i)
{
    const msgpack_object *components = unpack_key(told, "components");
    uint64_t n =
        i < unpack_n(components) ? unpack_uint(unpack_at(components, i), 0) : 0;

    return n > MODEL_TASKS_MAX ? 0 : (uint32_t)n;
}

static int read_workers(struct plan *p, const msgpack_object *workers,
                        gale_err *error)
{
    p->n_workers = unpack_n(workers);
    if (p->n_workers == 0 || p->n_workers > PLAN_WORKERS_MAX ||
        p->me >= p->n_workers)
        return error_set(error,
                         "the plan has %u workers, and this is number "
                         "%u",
                         p->n_workers, p->me);
    p->workers = xcalloc(p->n_workers, sizeof(*p->workers));
    for (uint32_t i = 0; i < p->n_workers; i++) {
        const msgpack_object *w = unpack_at(workers, i);
        gale_str address = unpack_str(unpack_key(w, "address"));
        uint64_t port = unpack_uint(unpack_key(w, "port"), 0);

        if (address.size == 0 || address.size >= PLAN_HOST_MAX || port == 0 ||
            port > UINT16_MAX)
            return error_set(error, "the plan has no address of worker %u", i);
        memcpy(p->workers[i].host, address.data, address.size);
        p->workers[i].port = (uint16_t)port;
        p->workers[i].birth = unpack_uint(unpack_key(w, "birth"), 0);
    }
    return 0;
}

/* The number of the component's first executor. */
static uint32_t first_of(const msgpack_object *told, uint64_t component)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i < component; i++)
        first += worker_plan_executors(told, i);
    return first;
}

static int read_range(struct plan *p, const msgpack_object *told,
                      const msgpack_object *range, uint32_t worker,
                      gale_err *error)
{
    uint64_t part[3] = {0};
    uint32_t all, at;

    for (uint32_t i = 0; i < 3 && i < unpack_n(range); i++)
        part[i] = unpack_uint(unpack_at(range, i), UINT32_MAX);
    all = part[0] < UINT32_MAX ? worker_plan_executors(told, (uint32_t)part[0])
                               : 0;
    if (part[1] >= all || part[2] > all - part[1])
        return error_set(error,
                         "the plan gives worker %u executors that are "
                         "not there",
                         worker);
    at = first_of(told, part[0]) + (uint32_t)part[1];
    for (uint32_t i = 0; i < part[2]; i++)
        p->homes[at + i] = worker;
    return 0;
}

static void read_components(struct plan *p, const msgpack_object *told)
{
    uint32_t n = unpack_n(unpack_key(told, "components"));

    p->executors = xcalloc(n + 1, sizeof(*p->executors));
    p->n_components = n;
    for (uint32_t i = 0; i < n && p->n_executors <= MODEL_TASKS_MAX; i++) {
        p->executors[i] = worker_plan_executors(told, i);
        p->n_executors += p->executors[i];
    }
}

static int read_homes(struct plan *p, const msgpack_object *told,
                      gale_err *error)
{
    const msgpack_object *executors = unpack_key(told, "executors");

    read_components(p, told);
    if (p->n_executors > MODEL_TASKS_MAX)
        return error_set(error, "the plan has too many executors");
    p->homes = xcalloc(p->n_executors + 1, sizeof(*p->homes));
    for (uint32_t i = 0; i < p->n_executors; i++)
        p->homes[i] = UINT32_MAX;
    for (uint32_t w = 0; w < unpack_n(executors) && w < p->n_workers; w++) {
        const msgpack_object *ranges = unpack_at(executors, w);

        for (uint32_t i = 0; i < unpack_n(ranges); i++)
            if (read_range(p, told, unpack_at(ranges, i), w, error) != 0)
                return -1;
    }
    for (uint32_t i = 0; i < p->n_executors; i++)
        if (p->homes[i] == UINT32_MAX)
            return error_set(error, "the plan gives executor %u to nobody", i);
    return 0;
}

int worker_plan_read(const msgpack_object *told, const struct token_worker *me,
                     struct plan **plan, gale_err *error)
{
    gale_str key = unpack_str(unpack_key(told, "key"));
    struct plan *p = xcalloc(1, sizeof(*p));

    *plan = p;
    snprintf(p->topology, sizeof(p->topology), "%s", me->topology);
    p->version = unpack_uint(unpack_key(told, "version"), 0);
    p->me = me->number;
    if (key.size != sizeof(p->key.bytes))
        return error_set(error, "the plan has no key of links");
    memcpy(p->key.bytes, key.data, key.size);
    if (read_workers(p, unpack_key(told, "workers"), error) != 0)
        return -1;
    return read_homes(p, told, error);
}
