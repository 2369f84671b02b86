/* cluster_faults.c - strikes and heals; see cluster_faults.h. */
#include "simulator/cluster_faults.h"
#include "simulator/world_net.h"

#define SECOND INT64_C(1000000000)
#define SLOW_POINT_NS INT64_C(3000000)
#define CALM_ONE_IN 8 /* clusters */

const char *const cluster_fault_names[CLUSTER_FAULT_N] = {
#define CLUSTER_FAULT_NAME(name, word) word,
    CLUSTER_FAULTS(CLUSTER_FAULT_NAME)
#undef CLUSTER_FAULT_NAME
};

static uint64_t below(const struct cluster_faults *f, uint64_t n)
{
    return world_below(f->cluster->world, n);
}

static int64_t up_to(const struct cluster_faults *f, int64_t seconds)
{
    return 1 + (int64_t)below(f, (uint64_t)(seconds * SECOND));
}

/* -- whom it strikes ------------------------------------------------------- */

static struct simulated_daemon *some_daemon(const struct cluster_faults *f)
{
    return &f->cluster->daemons[below(f, f->cluster->n_daemons)];
}

static struct simulated_daemon *some_nimbus(const struct cluster_faults *f)
{
    return &f->cluster->daemons[below(f, f->cluster->n_nimbuses)];
}

static struct simulated_daemon *some_supervisor(const struct cluster_faults *f)
{
    struct simulated_cluster *c = f->cluster;

    return &c->daemons[c->n_nimbuses + below(f, c->n_daemons - c->n_nimbuses)];
}

/* NULL: none runs. */
static struct world_process *some_worker(const struct cluster_faults *f)
{
    const struct simulated_cluster *c = f->cluster;
    uint32_t n = 0;
    struct world_process *chosen = NULL;

    for (uint32_t i = 0; i < c->n_workers; i++)
        if (world_process_runs(c->workers[i].process) && below(f, ++n) == 0)
            chosen = c->workers[i].process;
    return chosen;
}

static struct world_process *some_process(const struct cluster_faults *f)
{
    const struct simulated_daemon *d = some_daemon(f);
    struct world_process *worker = some_worker(f);

    if (worker != NULL && below(f, 2) == 0)
        return worker;
    return simulated_daemon_runs(d) ? d->process : worker;
}

static uint32_t some_machine(const struct cluster_faults *f)
{
    return world_machine_number(some_daemon(f)->machine);
}

/* -- each of them: true if it happened ------------------------------------- */

static bool crash(struct cluster_faults *f, struct simulated_daemon *d,
                  int64_t now)
{
    if (!simulated_daemon_runs(d))
        return false;
    world_process_crash(d->process);
    d->start_at = now + up_to(f, 25);
    return true;
}

static bool crash_worker(const struct cluster_faults *f)
{
    struct world_process *p = some_worker(f);

    if (p != NULL)
        world_process_crash(p);
    return p != NULL;
}

static bool crash_at_point(const struct cluster_faults *f)
{
    struct world_process *p = some_process(f);

    if (p != NULL)
        world_process_crash_after(p, 1 + below(f, 2000));
    return p != NULL;
}

static bool lose_power(struct cluster_faults *f, int64_t now)
{
    struct simulated_daemon *d = some_daemon(f);

    world_net_lose_power(f->cluster->world, world_machine_number(d->machine));
    d->loses_power = true;
    world_machine_lose_power(d->machine);
    d->loses_power = false;
    d->start_at = now + up_to(f, 40);
    return true;
}

static bool pause(const struct cluster_faults *f, int64_t now)
{
    struct world_process *p = some_process(f);

    if (p != NULL)
        world_process_pause(p, now + up_to(f, below(f, 2) ? 40 : 4));
    return p != NULL;
}

static bool slow(const struct cluster_faults *f, int64_t now)
{
    struct world_process *p = some_process(f);

    if (p != NULL)
        world_process_slow(p, SLOW_POINT_NS, now + up_to(f, 20));
    return p != NULL;
}

static bool silence(struct cluster_faults *f, int64_t now)
{
    uint32_t a = some_machine(f), b = some_machine(f);

    if (a == b)
        return false;
    world_net_silence(f->cluster->world, a, b);
    if (below(f, 2) == 0)
        world_net_silence(f->cluster->world, b, a);
    f->network_until = now + up_to(f, 40);
    return true;
}

static bool hold_back(const struct cluster_faults *f, int64_t now)
{
    uint32_t a = some_machine(f), b = some_machine(f);

    world_net_clog(f->cluster->world, a, b, now + up_to(f, 10));
    return a != b;
}

static bool mangle(const struct cluster_faults *f)
{
    uint32_t a = world_machine_number(some_supervisor(f)->machine);
    uint32_t b = world_machine_number(some_supervisor(f)->machine);

    if (a == b)
        return false;
    world_net_mangle(f->cluster->world, a, b, CLUSTER_FIRST_SLOT,
                     CLUSTER_FIRST_SLOT + CLUSTER_SLOTS - 1,
                     (enum world_mangling)below(f, WORLD_NET_MANGLINGS));
    return true;
}

static bool stop_zookeeper(struct cluster_faults *f, int64_t now)
{
    if (f->zookeeper_until != INT64_MAX)
        return false;
    zookeeper_memory_stop(world_zookeeper_memory(f->cluster->zookeeper));
    f->zookeeper_until = now + up_to(f, 60);
    return true;
}

/* Of a daemon that runs. */
static bool strike_client(const struct cluster_faults *f,
                          enum cluster_fault which, int64_t now)
{
    struct world_zookeeper *z = f->cluster->zookeeper;
    const struct simulated_daemon *d = some_daemon(f);

    if (!simulated_daemon_runs(d))
        return false;
    if (which == CLUSTER_FAULT_ZOOKEEPER_LOSES_ANSWERS)
        world_zookeeper_lose_answers(z, d->process, 1 + (uint32_t)below(f, 3));
    else if (which == CLUSTER_FAULT_ZOOKEEPER_EXPIRES)
        world_zookeeper_expire(z, d->process);
    else if (which == CLUSTER_FAULT_ZOOKEEPER_IS_SLOW)
        world_zookeeper_slow(z, d->process, now + up_to(f, 20));
    else
        world_zookeeper_cut(z, d->process,
                            below(f, 2) ? ZOOKEEPER_CUT_NOTICED
                                        : ZOOKEEPER_CUT_SILENT);
    return true;
}

static bool fill(const struct cluster_faults *f, int64_t now)
{
    world_machine_fill(some_daemon(f)->machine, now, now + up_to(f, 20));
    return true;
}

/* -- strikes --------------------------------------------------------------- */

static bool strike(struct cluster_faults *f, enum cluster_fault which,
                   int64_t now)
{
    switch (which) {
    case CLUSTER_FAULT_CRASH_NIMBUS:
        return crash(f, some_nimbus(f), now);
    case CLUSTER_FAULT_CRASH_SUPERVISOR:
        return crash(f, some_supervisor(f), now);
    case CLUSTER_FAULT_CRASH_WORKER:
        return crash_worker(f);
    case CLUSTER_FAULT_CRASH_AT_POINT:
        return crash_at_point(f);
    case CLUSTER_FAULT_POWER:
        return lose_power(f, now);
    case CLUSTER_FAULT_PAUSE:
        return pause(f, now);
    case CLUSTER_FAULT_SLOW:
        return slow(f, now);
    case CLUSTER_FAULT_CUT:
        return world_net_cut(f->cluster->world, some_machine(f),
                             some_machine(f)) > 0;
    case CLUSTER_FAULT_SILENCE:
        return silence(f, now);
    case CLUSTER_FAULT_CLOG:
        return hold_back(f, now);
    case CLUSTER_FAULT_MANGLE:
        return mangle(f);
    case CLUSTER_FAULT_ZOOKEEPER_STOPS:
        return stop_zookeeper(f, now);
    case CLUSTER_FAULT_DISK_FULL:
        return fill(f, now);
    default:
        return strike_client(f, which, now);
    }
}

void cluster_faults_begin(struct cluster_faults *f, struct simulated_cluster *c)
{
    *f = (struct cluster_faults){
        .cluster = c, .zookeeper_until = INT64_MAX, .network_until = INT64_MAX};
    f->is_calm = below(f, CALM_ONE_IN) == 0;
    for (uint32_t i = 0; !f->is_calm && i < CLUSTER_FAULT_N; i++)
        if (below(f, 2) == 0)
            f->mask |= 1u << i;
}

void cluster_faults_strike(struct cluster_faults *f, int64_t now)
{
    enum cluster_fault which = (enum cluster_fault)below(f, CLUSTER_FAULT_N);

    if ((f->mask & 1u << which) != 0 && strike(f, which, now))
        f->counts[which]++;
}

/* -- over ------------------------------------------------------------------ */

static void start_due(struct cluster_faults *f, int64_t now)
{
    for (uint32_t i = 0; i < f->cluster->n_daemons; i++) {
        struct simulated_daemon *d = &f->cluster->daemons[i];

        if (simulated_daemon_runs(d))
            continue;
        if (d->start_at == INT64_MAX) /* it has ended by itself */
            d->start_at = now + up_to(f, 5);
        if (d->start_at <= now)
            simulated_daemon_start(d);
    }
}

static void heal_clients(const struct cluster_faults *f)
{
    for (uint32_t i = 0; i < f->cluster->n_daemons; i++)
        if (simulated_daemon_runs(&f->cluster->daemons[i]))
            world_zookeeper_heal(f->cluster->zookeeper,
                                 f->cluster->daemons[i].process);
}

static void start_zookeeper(struct cluster_faults *f)
{
    if (f->zookeeper_until != INT64_MAX)
        zookeeper_memory_start(world_zookeeper_memory(f->cluster->zookeeper));
    f->zookeeper_until = INT64_MAX;
}

void cluster_faults_go_on(struct cluster_faults *f, int64_t now)
{
    if (f->zookeeper_until <= now)
        start_zookeeper(f);
    if (f->network_until <= now) {
        world_net_heal(f->cluster->world);
        f->network_until = INT64_MAX;
    }
    if (below(f, 8) == 0)
        heal_clients(f);
    start_due(f, now);
}

static void wake(const struct cluster_faults *f, int64_t now)
{
    struct world_process *p = NULL;

    while ((p = world_process_next(f->cluster->world, p)) != NULL)
        if (world_process_runs(p)) {
            world_process_pause(p, now);
            world_process_slow(p, 0, now);
            world_process_crash_after(p, 0);
        }
}

void cluster_faults_heal(struct cluster_faults *f, int64_t now)
{
    start_zookeeper(f);
    world_net_heal(f->cluster->world);
    for (uint32_t i = 0; i < f->cluster->n_daemons; i++) {
        struct simulated_daemon *d = &f->cluster->daemons[i];

        world_machine_fill(d->machine, now, now);
        if (!simulated_daemon_runs(d))
            d->start_at = now;
    }
    wake(f, now);
    heal_clients(f);
    start_due(f, now);
}
