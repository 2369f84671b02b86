/* world_processes.c - processes of a simulated world, as others of their
 * machine see them; see world_processes.h. */
#include "simulator/world_processes.h"
#include "common/check.h"
#include "simulator/world_bells.h"
#include "simulator/world_machine_in.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* What somebody has of another one: it is not his any more when he ends, and
 * the watch with him. */
struct held {
    struct env_process process;
    struct world_process *of;
};

static struct world_process *of(const struct env_process *process)
{
    return ((const struct held *)process)->of;
}

/* Also one that has ended, if nobody else has its number. */
static struct world_process *one_at(struct env *env, int pid)
{
    const struct world *w = world_of(env);

    for (uint32_t i = w->n_processes; i-- > 1;)
        if (w->processes[i]->machine == world_machine_of(env) &&
            w->processes[i]->id.pid == pid && w->processes[i]->runs)
            return w->processes[i];
    return NULL;
}

static struct env_process *find(struct env *env, int pid, uint64_t start)
{
    struct world_process *p = one_at(env, pid);
    struct held *h;

    if (p == NULL || p->id.start != start) {
        errno = ESRCH;
        return NULL;
    }
    h = xcalloc(1, sizeof(*h));
    h->of = p;
    h->process = (struct env_process){
        .pid = pid, .start = start, .watch = world_bell_of_end(env, p)};
    return &h->process;
}

static void look_at(const struct world_process *p,
                    struct env_process_facts *facts)
{
    facts->runs = true;
    facts->start = p->id.start;
    facts->size = p->command_size;
    memcpy(facts->command, p->command, p->command_size);
    facts->command[p->command_size] = '\0';
    snprintf(facts->worker, sizeof(facts->worker), "%s", p->worker);
}

static void look(struct env *env, int pid, struct env_process_facts *facts)
{
    const struct world_process *p = one_at(env, pid);

    *facts = (struct env_process_facts){.runs = false};
    if (p != NULL)
        look_at(p, facts);
}

/* -- families -------------------------------------------------------------- */

static bool is_of(const struct world_process *p, const bool *members)
{
    return p->parent != NULL && members[p->parent->number];
}

/* Parents come before their children. */
static void find_family(struct env *env, env_process_is_one *is_one,
                        const void *arg, bool *members)
{
    const struct world *w = world_of(env);
    struct env_process_facts *facts = xcalloc(1, sizeof(*facts));

    for (uint32_t i = 1; i < w->n_processes; i++) {
        const struct world_process *p = w->processes[i];

        if (!p->runs || p->machine != world_machine_of(env))
            continue;
        *facts = (struct env_process_facts){.runs = false};
        look_at(p, facts);
        members[i] = is_one(arg, facts) || is_of(p, members);
    }
    members[world_process_of(env)->number] = false;
    free(facts);
}

static struct env_process_id *family(struct env *env,
                                     env_process_is_one *is_one,
                                     const void *arg, uint32_t *n)
{
    const struct world *w = world_of(env);
    bool *members = xcalloc(w->n_processes, sizeof(*members));
    struct env_process_id *ids = xcalloc(w->n_processes, sizeof(*ids));

    find_family(env, is_one, arg, members);
    *n = 0;
    for (uint32_t i = 1; i < w->n_processes; i++)
        if (members[i])
            ids[(*n)++] = w->processes[i]->id;
    free(members);
    return ids;
}

/* -- what is done to them -------------------------------------------------- */

static int signal_it(struct env *env, const struct env_process *process,
                     int signal)
{
    world_point(env);
    return world_process_signal(of(process), signal);
}

static int kill_it(struct env *env, const struct env_process *process)
{
    return signal_it(env, process, SIGKILL);
}

static bool ended(struct env *env, struct env_process *process,
                  struct env_process_end *end)
{
    struct world_process *p = of(process);

    if (p->runs)
        return false;
    *end = (struct env_process_end){.known = false};
    if (p->parent != world_process_of(env))
        return true;
    *end = p->end;
    p->reaped = true;
    return true;
}

static void forget(struct env *env, struct env_process *process)
{
    if (process == NULL)
        return;
    env->ops->net_close(env, process->watch);
    free(process);
}

/* There are none who end without somebody who knows them. */
static void take_orphans(struct env *env)
{
    (void)env;
}

static void reap(struct env *env)
{
    const struct world *w = world_of(env);

    for (uint32_t i = 1; i < w->n_processes; i++)
        if (!w->processes[i]->runs &&
            w->processes[i]->parent == world_process_of(env))
            w->processes[i]->reaped = true;
}

static int boot(struct env *env, char text[ENV_BOOT_MAX + 1])
{
    const struct world_machine *m = world_machine_of(env);

    snprintf(text, ENV_BOOT_MAX + 1, "machine-%u-boot-%u", m->number, m->boots);
    return 0;
}

/* Its workers are not spawned by name: who makes them, starts a process. */
static struct env_process *spawn(struct env *env, const struct env_spawn *what)
{
    (void)env, (void)what;
    errno = ENOSYS;
    return NULL;
}

const struct env_process_ops world_processes = {
    .spawn = spawn,
    .find = find,
    .look = look,
    .family = family,
    .signal = signal_it,
    .kill = kill_it,
    .ended = ended,
    .free = forget,
    .take_orphans = take_orphans,
    .reap = reap,
    .boot = boot,
};
