/* world.c - a simulated world: its clock, its chance, what is noted of it; see
 * world.h. */
#include "simulator/world.h"
#include "common/check.h"
#include "simulator/world_files.h"
#include "simulator/world_handles.h"
#include "simulator/world_loop.h"
#include "simulator/world_sockets.h"
#include "simulator/world_machine_in.h"
#include "simulator/world_processes.h"
#include "simulator/world_threads.h"
#include "simulator/world_trees.h"
#include "simulator/world_waits.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>

#define BEGIN_NS 1000000000            /* the clock at the start */
#define BEGIN_WALL_US 1767225600000000 /* 2026-01-01 */
#define NEVER UINT32_MAX

void world_sleep(struct env *env, int64_t until)
{
    struct world *w = world_of(env);

    world_point(env);
    while (w->now < until)
        world_wait(w, NULL, until);
}

uint64_t world_below(struct world *w, uint64_t n)
{
    return random_below(&w->chance, n);
}

/* -- notes ----------------------------------------------------------------- */

static void keep(struct world *w, const struct world_note *note)
{
    if (w->n_notes == w->notes_capacity) {
        w->notes_capacity =
            w->notes_capacity > 0 ? 2 * w->notes_capacity : 4096;
        w->notes = xrealloc(w->notes, w->notes_capacity * sizeof(*w->notes));
    }
    w->notes[w->n_notes++] = *note;
}

static void add_to_hash(struct world *w, uint64_t word)
{
    w->hash = mix64(w->hash ^ word) + RANDOM_STEP;
}

void world_note(struct world *w, uint32_t kind, uint64_t a, uint64_t b)
{
    struct world_note note = {w->now, w->running, kind, a, b};

    if (kind >= WORLD_NOTE_OWN)
        w->points = 0;
    add_to_hash(w, (uint64_t)note.now);
    add_to_hash(w, (uint64_t)note.thread << 32 | note.kind);
    add_to_hash(w, a);
    add_to_hash(w, b);
    if (w->options.keep_notes)
        keep(w, &note);
}

uint64_t world_hash(const struct world *w)
{
    return w->hash;
}

bool world_refused_watch(const struct world *w)
{
    return w->refused_watch;
}

int64_t world_now(const struct world *w)
{
    return w->now;
}

const struct world_note *world_notes(const struct world *w, size_t *n)
{
    *n = w->n_notes;
    return w->notes;
}

const char *world_thread_name(const struct world *w, uint32_t thread)
{
    check(thread < w->n_threads);
    return w->threads[thread]->name;
}

/* -- clock and chance ------------------------------------------------------ */

/* To look at the clock takes time, so that who waits by looking comes to an
 * end. */
static int64_t now(struct env *env)
{
    struct world *w = world_of(env);

    w->now += 1 + (int64_t)world_below(w, w->step_ns / 4 + 1);
    return w->now;
}

static int64_t wall_us(struct env *env)
{
    return BEGIN_WALL_US + (world_of(env)->now - BEGIN_NS) / 1000;
}

static uint64_t entropy(struct env *env)
{
    return random_next(&world_of(env)->entropy);
}

static uint32_t n_cpus(struct env *env)
{
    return world_of(env)->options.n_cpus;
}

/* Time stands still for who is not running. */
static int64_t cpu_waited(struct env *env)
{
    (void)env;
    return 0;
}

/* -- worlds ---------------------------------------------------------------- */

static uint32_t one_of(struct world *w, const uint32_t *values, uint32_t n)
{
    return values[world_below(w, n)];
}

#define ONE_OF(w, ...)                                                         \
    one_of(w, (const uint32_t[]){__VA_ARGS__},                                 \
           sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* No two seeds see the same world: what one sort of world hides, another one
 * shows. */
static void draw(struct world *w)
{
    w->switch_one_in = ONE_OF(w, 1, 2, 8, 64);
    w->pause_one_in = ONE_OF(w, NEVER, 1000, 200, 50);
    w->pause_ns = ONE_OF(w, 20000, 1000000, 20000000);
    w->step_ns = ONE_OF(w, 100, 1000, 20000);
}

/* All of them are this thread. */
static int no_stack(struct env *env, struct env_thread *thread,
                    void **addresses, int max)
{
    (void)env, (void)thread, (void)addresses, (void)max;
    return 0;
}

static void thread_spent(struct env *env, struct env_spent *spent)
{
    *spent = (struct env_spent){.waits = (uint64_t)world_of(env)->now};
}

/* Machines here share none: their processes have one memory anyway. */
static int no_memory(struct env *env, size_t size)
{
    (void)env, (void)size;
    errno = ENOSYS;
    return -1;
}

static int64_t receive_no_memory(struct env *env, int fd, void *data,
                                 size_t size, int *memory)
{
    *memory = -1;
    return world_net_receive(env, fd, data, size);
}

static const struct env_ops ops = {
    .now = now,
    .wall_us = wall_us,
    .entropy = entropy,
    .n_cpus = n_cpus,
    .cpu_waited = cpu_waited,
    .thread_start = world_thread_start,
    .thread_join = world_thread_join,
    .thread_stack = no_stack,
    .thread_spent = thread_spent,
    .point = world_point,
    .monitor_new = world_monitor_new,
    .monitor_free = world_monitor_free,
    .monitor_enter = world_monitor_enter,
    .monitor_leave = world_monitor_leave,
    .monitor_wait = world_monitor_wait,
    .monitor_notify = world_monitor_notify,
    .waiter_new = world_waiter_new,
    .waiter_free = world_waiter_free,
    .waiter_wait = world_waiter_wait,
    .waiter_wake = world_waiter_wake,
    .waiter_watch = world_waiter_watch,
    .waiter_unwatch = world_waiter_unwatch,
    .file_replace = world_file_replace,
    .file_read = world_file_read,
    .file_read_regular = world_file_read_regular,
    .file_append = world_file_append,
    .file_written = world_file_written,
    .file_lock = world_file_lock,
    .file_unlock = world_file_unlock,
    .file_create = world_handle_create,
    .file_open = world_handle_open,
    .file_write = world_handle_write,
    .file_read_at = world_handle_read,
    .file_show = world_handle_show,
    .file_sync = world_handle_sync,
    .file_close = world_handle_close,
    .file_rename = world_handle_rename,
    .file_link = world_handle_link,
    .file_remove = world_handle_remove,
    .directory_make = world_tree_make,
    .directory_private = world_tree_private,
    .directory_give = world_tree_give,
    .path_share = world_tree_share,
    .directory_list = world_tree_list,
    .directory_each = world_tree_each,
    .directory_clean = world_tree_clean,
    .tree_remove = world_tree_remove,
    .processes = &world_processes,
    .loops = &world_loops,
    .net_listen = world_net_listen,
    .net_unlisten = world_net_unlisten,
    .net_accept = world_net_accept,
    .net_is_own = world_net_is_own,
    .net_connect = world_net_connect,
    .net_connected = world_net_connected,
    .net_send = world_net_send,
    .net_receive = world_net_receive,
    .net_close = world_net_close,
    .net_close_heard = world_net_close_heard,
    .memory_new = no_memory,
    .memory_receive = receive_no_memory,
};

struct world *world_new(const struct world_options *options)
{
    struct world *w = xcalloc(1, sizeof(*w));
    struct world_process *first;

    check(options->n_cpus >= 1);
    w->options = *options;
    w->now = BEGIN_NS;
    random_seed(&w->chance, options->seed);
    random_seed(&w->entropy, random_next(&w->chance));
    draw(w);
    first = world_process_first(w, world_machine_new(w));
    first->env = (struct env){.ops = &ops, .simulated = true};
    world_threads_init(w);
    return w;
}

void world_free(struct world *w)
{
    for (uint32_t i = w->n_processes; i-- > 1;)
        world_process_crash(w->processes[i]);
    world_threads_fini(w);
    world_sockets_fini(w);
    for (uint32_t i = 0; i < w->n_processes; i++)
        world_process_free(w->processes[i]);
    for (uint32_t i = 0; i < w->n_machines; i++)
        world_machine_free(w->machines[i]);
    free(w->processes);
    free(w->machines);
    free(w->open);
    free(w->notes);
    free(w);
}

struct env *world_env(struct world *w)
{
    return &w->processes[0]->env;
}
