/*
 * take_up.c - what an earlier supervisor of this machine has left: processes
 * that go on in their slots, or have none any more; directories and logs.
 */
#include "supervisor/adoption.h"
#include "supervisor/store_sweep.h"
#include "supervisor/supervisor_in.h"
#include "supervisor/worker_mark.h"
#include "topology-api/memory.h"
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#define SWEEP_NS (600 * INT64_C(1000000000))

static void warn(void *arg, const char *text)
{
    struct supervisor *s = arg;

    log_warn(s->daemon.log, "state", "%s", text);
}

static struct seat *seat_at(struct supervisor *s, uint16_t port)
{
    for (uint32_t i = 0; i < s->n_seats; i++)
        if (s->seats[i].port == port)
            return &s->seats[i];
    return NULL;
}

/* A process of an earlier supervisor that has no slot any more: TERM, and KILL
 * after the grace. */
struct leftover {
    struct supervisor *supervisor;
    struct leftover *next;
    struct env_process *process;
    struct slot_wanted as;
    struct worker_cgroup cgroup;
    struct loop_timer grace;
};

/* -- what workers have started --------------------------------------------- */

static bool is_workers(const struct supervisor *s,
                       const struct slot_wanted *worker,
                       const struct env_process_facts *facts)
{
    char *directory = local_directory_path(&s->local, worker, LOCAL_WORKER);
    bool is = worker_mark_is_of(facts, directory);

    free(directory);
    return is;
}

/* It is of a worker of this supervisor, and that does not run any more. */
static bool is_forsaken(const void *arg, const struct env_process_facts *facts)
{
    const struct supervisor *s = arg;
    bool is = worker_mark_is_of(facts, s->local.root);

    for (uint32_t i = 0; is && i < s->n_seats; i++)
        is = s->seats[i].process == NULL ||
             !is_workers(s, &s->seats[i].slot.has, facts);
    for (const struct leftover *l = s->leftovers; is && l != NULL; l = l->next)
        is = !is_workers(s, &l->as, facts);
    return is;
}

/* Of workers that ended while no supervisor was there. */
static void end_forsaken(struct supervisor *s)
{
    worker_mark_end(s->daemon.env, is_forsaken, s);
}

/* -- processes ------------------------------------------------------------- */

static void kill_leftover(void *arg)
{
    struct leftover *l = arg;
    struct supervisor *s = l->supervisor;
    struct env *env = s->daemon.env;
    const struct env_process_ops *ops = env->ops->processes;
    struct leftover **link = &s->leftovers;

    while (*link != l)
        link = &(*link)->next;
    *link = l->next;
    loop_timer_clear(&l->grace);
    ops->kill(env, l->process); /* ESRCH, if TERM was enough */
    ops->free(env, l->process);
    worker_cgroup_remove(&l->cgroup);
    free(l);
    end_forsaken(s);
}

static void end_leftover(struct supervisor *s, const struct kept_worker *w)
{
    const struct env_process_ops *ops = s->daemon.env->ops->processes;
    struct env_process *process = ops->find(s->daemon.env, w->pid, w->start);
    struct leftover *l;

    if (process == NULL)
        return;
    l = xcalloc(1, sizeof(*l));
    *l = (struct leftover){
        .supervisor = s, .next = s->leftovers, .process = process, .as = w->as};
    s->leftovers = l;
    if (s->hands == NULL)
        worker_cgroup_find(&l->cgroup, s->daemon.env, w->pid);
    ops->signal(s->daemon.env, process, SIGTERM);
    loop_timer_set(s->daemon.loop, &l->grace,
                   loop_now(s->daemon.loop) + s->times.grace, kill_leftover, l);
}

static void carry_out(struct supervisor *s, const struct adoption *a)
{
    const struct kept_worker *w = a->worker;
    struct seat *seat = seat_at(s, w->port);

    if (a->why != NULL)
        log_info(s->daemon.log, w->as.topology, "worker %u, process %d: %s",
                 w->as.worker, w->pid, a->why);
    if (a->verdict == ADOPTION_ADOPT && seat != NULL && seat->process == NULL)
        seat_adopt(seat, w);
    else if (a->verdict != ADOPTION_IGNORE)
        end_leftover(s, w);
}

static void adopt(struct supervisor *s, const struct kept *kept)
{
    const struct env_process_ops *ops = s->daemon.env->ops->processes;
    struct adoption_slot *slots = xcalloc(s->n_seats, sizeof(*slots));
    struct adoption *list = xcalloc(kept->n, sizeof(*list));
    struct env_process_facts *facts = xcalloc(kept->n, sizeof(*facts));
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_seats; i++)
        slots[i].port = s->seats[i].port;
    for (uint32_t i = 0; i < kept->n; i++) {
        if (kept->workers[i].pid == 0)
            continue;
        ops->look(s->daemon.env, kept->workers[i].pid, &facts[n]);
        list[n] =
            (struct adoption){.worker = &kept->workers[i], .facts = &facts[n]};
        n++;
    }
    adoption_decide(list, n, s->boot, slots, s->n_seats);
    for (uint32_t i = 0; i < n; i++)
        carry_out(s, &list[i]);
    free(facts);
    free(list);
    free(slots);
}

static void sweep(struct supervisor *s)
{
    struct slot_wanted *in_use = xcalloc(s->n_seats, sizeof(*in_use));
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_seats; i++)
        if (s->seats[i].process != NULL)
            in_use[n++] = s->seats[i].slot.has;
    local_directory_sweep(&s->local, in_use, n, warn, s);
    free(in_use);
}

/* Of workers that are gone, and have been for long. */
/* Not while it is not known what a worker needs, or that is being fetched. */
static void sweep_store(struct supervisor *s)
{
    const struct topology_record **used = xcalloc(s->n_seats, sizeof(*used));
    uint32_t n = 0, n_removed = 0;
    bool known = s->told;

    for (uint32_t i = 0; i < s->n_seats; i++) {
        const struct seat *seat = &s->seats[i];

        if (seat->slot.has.topology[0] == '\0')
            continue;
        known &= seat->supply != NULL && !seat->supplying;
        if (known)
            used[n++] = supply_topology(seat->supply);
    }
    if (known)
        n_removed = store_sweep(s->store, used, n);
    if (n_removed > 0)
        log_info(s->daemon.log, "store",
                 "%u files of topologies that have no worker here any more "
                 "are removed",
                 n_removed);
    free(used);
}

static void sweep_again(void *arg)
{
    struct supervisor *s = arg;
    struct daemon *d = &s->daemon;
    struct slot_wanted *in_use = xcalloc(s->n_seats, sizeof(*in_use));
    int64_t age_us =
        daemon_config_int(d->config, "logviewer.cleanup.age.mins") * 60000000;
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_seats; i++)
        if (s->seats[i].slot.has.topology[0] != '\0')
            in_use[n++] = s->seats[i].slot.has;
    local_directory_sweep_logs(&s->local, in_use, n,
                               d->env->ops->wall_us(d->env) - age_us, warn, s);
    free(in_use);
    sweep_store(s);
    loop_timer_set(d->loop, &s->sweep, loop_now(d->loop) + SWEEP_NS,
                   sweep_again, s);
}

static void make_id(struct supervisor *s)
{
    struct env *env = s->daemon.env;

    snprintf(s->id, sizeof(s->id), "%016" PRIx64 "%016" PRIx64,
             env->ops->entropy(env), env->ops->entropy(env));
}

void take_up(struct supervisor *s)
{
    struct kept kept;

    local_directory_load(&s->local, &kept, warn, s);
    if (kept.supervisor[0] != '\0')
        snprintf(s->id, sizeof(s->id), "%s", kept.supervisor);
    else
        make_id(s);
    s->change = kept.change;
    adopt(s, &kept);
    kept_free(&kept);
    end_forsaken(s);
    sweep(s);
    isolation_sweep(s);
    sweep_again(s);
    supervisor_save_soon(s);
}

void take_up_end(struct supervisor *s)
{
    loop_timer_clear(&s->sweep);
    while (s->leftovers != NULL)
        kill_leftover(s->leftovers);
}
