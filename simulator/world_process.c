/* world_process.c - the lives of the processes of a simulated world; see
 * world_process.h. */
#include "simulator/world_process.h"
#include "common/check.h"
#include "simulator/world_bells.h"
#include "simulator/world_handles.h"
#include "simulator/world_machine_in.h"
#include "simulator/world_net.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PID 100

/* -- start ----------------------------------------------------------------- */

static bool is_taken(const struct world_machine *m, int pid)
{
    const struct world *w = m->world;

    for (uint32_t i = 0; i < w->n_processes; i++) {
        const struct world_process *p = w->processes[i];

        if (p->machine == m && p->id.pid == pid &&
            (p->runs || (p->parent != NULL && !p->reaped)))
            return true;
    }
    return false;
}

/* The lowest that nobody has: numbers are soon another one's. */
static struct env_process_id next_id(struct world_machine *m)
{
    struct env_process_id id = {FIRST_PID, ++m->starts};

    while (is_taken(m, id.pid))
        id.pid++;
    return id;
}

static struct world_process *add_process(struct world_machine *m,
                                         const char *name)
{
    struct world_process *p = xcalloc(1, sizeof(*p));
    struct world *w = m->world;

    check(strlen(name) < sizeof(p->name));
    memcpy(p->name, name, strlen(name));
    p->world = w;
    p->machine = m;
    p->number = w->n_processes;
    p->id = next_id(m);
    p->runs = true;
    w->processes =
        xreallocarray(w->processes, w->n_processes + 1, sizeof(*w->processes));
    w->processes[w->n_processes++] = p;
    return p;
}

struct world_process *world_process_first(struct world *w,
                                          struct world_machine *m)
{
    struct world_process *p = add_process(m, "world");

    check(p->number == 0 && p->world == w);
    return p;
}

static void add_argument(struct world_process *p, const char *text)
{
    size_t size = strlen(text) + 1;

    p->command = xrealloc(p->command, p->command_size + size);
    memcpy(p->command + p->command_size, text, size);
    p->command_size += size;
}

static void run(void *arg)
{
    struct world_process *p = arg;

    world_process_exit(&p->env, p->main(&p->env, p->arg));
}

struct world_process *world_process_start(struct world_machine *m,
                                          const struct world_process_in *in)
{
    struct world_process *p = add_process(m, in->name);

    p->env = *world_env(m->world);
    if (in->command == NULL)
        add_argument(p, in->name);
    for (const char *const *a = in->command; a != NULL && *a != NULL; a++)
        add_argument(p, *a);
    check(p->command_size <= ENV_COMMAND_MAX);
    p->worker = xstrdup(in->worker != NULL ? in->worker : "");
    p->parent = in->parent;
    p->main = in->main;
    p->arg = in->arg;
    world_note(m->world, WORLD_NOTE_START, p->number, m->number);
    world_thread_add(p, in->name, run, p);
    return p;
}

void world_process_free(struct world_process *p)
{
    free(p->command);
    free(p->worker);
    free(p);
}

/* -- who it is ------------------------------------------------------------- */

struct world_process *world_process_of(struct env *env)
{
    return (struct world_process *)(void *)env;
}

struct env *world_process_env(struct world_process *p)
{
    return &p->env;
}

struct world *world_process_world(const struct world_process *p)
{
    return p->world;
}

struct world_machine *world_process_machine(const struct world_process *p)
{
    return p->machine;
}

const char *world_process_name(const struct world_process *p)
{
    return p->name;
}

struct env_process_id world_process_id(const struct world_process *p)
{
    return p->id;
}

struct world_process *world_process_next(struct world *w,
                                         const struct world_process *p)
{
    uint32_t next = p != NULL ? p->number + 1 : 0;

    return next < w->n_processes ? w->processes[next] : NULL;
}

/* -- witnesses ------------------------------------------------------------- */

void world_process_tell(struct world_process *p,
                        struct world_process_witness *witness)
{
    witness->next = p->witnesses;
    p->witnesses = witness;
}

void world_process_untell(struct world_process *p,
                          const struct world_process_witness *witness)
{
    struct world_process_witness **link = &p->witnesses;

    while (*link != NULL && *link != witness)
        link = &(*link)->next;
    if (*link != NULL)
        *link = witness->next;
}

/* Whoever is told may go. */
static void tell(struct world_process *p, enum world_process_turn turn)
{
    struct world_process_witness *witness = p->witnesses, *next;

    for (; witness != NULL; witness = next) {
        next = witness->next;
        witness->turn(witness->arg, turn);
    }
}

/* -- its end --------------------------------------------------------------- */

bool world_process_runs(const struct world_process *p)
{
    return p->runs;
}

struct env_process_end world_process_end(const struct world_process *p)
{
    check(!p->runs);
    return p->end;
}

/* Nobody asks any more how they end. */
static void orphan_children(const struct world_process *p)
{
    struct world *w = p->world;

    for (uint32_t i = 0; i < w->n_processes; i++)
        if (w->processes[i]->parent == p)
            w->processes[i]->parent = NULL;
}

static void end_process(struct world_process *p, int status, int signal)
{
    check(p->number > 0);
    if (!p->runs)
        return;
    if (p->paused)
        p->world->n_paused--;
    p->paused = false;
    p->runs = false;
    p->end = (struct env_process_end){true, status, signal};
    p->handler = NULL;
    world_note(p->world, WORLD_NOTE_END, p->number,
               (uint64_t)status << 32 | (uint32_t)signal);
    tell(p, WORLD_PROCESS_ENDED);
    world_bells_of_end_ring(p->world, p);
    p->witnesses = NULL;
    world_handles_close(p);
    orphan_children(p);
    if (p->parent != NULL)
        world_process_signal(p->parent, SIGCHLD);
    world_threads_drop(p);
}

void world_process_exit(struct env *env, int status)
{
    end_process(world_process_of(env), status, 0);
    check(!"a process goes on that has ended");
}

void world_process_crash(struct world_process *p)
{
    end_process(p, 0, SIGKILL);
}

uint64_t world_process_points(const struct world_process *p)
{
    return p->points;
}

void world_process_crash_after(struct world_process *p, uint64_t points)
{
    p->crash_at = points > 0 ? p->points + points : 0;
}

void world_process_at_point(struct world_process *p)
{
    if (++p->points == p->crash_at)
        world_process_crash(p);
}

/* -- slower ---------------------------------------------------------------- */

static void go_on(struct world_process *p)
{
    p->paused = false;
    p->world->n_paused--;
    tell(p, WORLD_PROCESS_GOES_ON);
}

void world_process_pause(struct world_process *p, int64_t until)
{
    if (!p->runs)
        return;
    p->paused_until = until;
    if (p->paused && !world_process_is_paused(p))
        go_on(p);
    if (p->paused || !world_process_is_paused(p))
        return;
    p->paused = true;
    p->world->n_paused++;
    tell(p, WORLD_PROCESS_PAUSED);
}

int64_t world_process_next_turn(const struct world *w)
{
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; w->n_paused > 0 && i < w->n_processes; i++)
        if (w->processes[i]->paused && w->processes[i]->paused_until < next)
            next = w->processes[i]->paused_until;
    return next;
}

void world_process_let_go_on(struct world *w)
{
    for (uint32_t i = 0; w->n_paused > 0 && i < w->n_processes; i++)
        if (w->processes[i]->paused &&
            !world_process_is_paused(w->processes[i]))
            go_on(w->processes[i]);
}

bool world_process_is_paused(const struct world_process *p)
{
    return p->paused_until > p->world->now;
}

void world_process_slow(struct world_process *p, int64_t point_ns,
                        int64_t until)
{
    p->slow_ns = point_ns;
    p->slow_until = until;
}

/* -- what it has open ------------------------------------------------------ */

struct world_process_holds world_process_holds(struct world_process *p)
{
    return (struct world_process_holds){.descriptors = world_net_open(&p->env),
                                        .files = world_handles_open(p),
                                        .entries = p->n_entries};
}

/* -- signals --------------------------------------------------------------- */

int world_process_signal(struct world_process *p, int signal)
{
    if (!p->runs) {
        errno = ESRCH;
        return -1;
    }
    if (signal == SIGSTOP)
        world_process_pause(p, INT64_MAX);
    else if (signal == SIGCONT)
        world_process_pause(p, 0);
    else if (p->handler != NULL && signal != SIGKILL)
        p->handler(p->handler_arg, signal);
    else if (signal != 0 && signal != SIGCHLD)
        end_process(p, 0, signal);
    return 0;
}

void world_process_handle(struct world_process *p,
                          void (*fn)(void *arg, int signal), void *arg)
{
    p->handler = fn;
    p->handler_arg = arg;
}
