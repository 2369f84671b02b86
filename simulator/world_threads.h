/*
 * world_threads.h - the threads of a simulated world, its clock and its chance.
 * Private to world*.c.
 */
#ifndef GALE_WORLD_THREADS_H
#define GALE_WORLD_THREADS_H

#include "common/random.h"
#include "simulator/fiber.h"
#include "simulator/world_handles.h"
#include "simulator/world_process_in.h"
#include <pthread.h>
#include <stdatomic.h>

enum world_thread_state {
    THREAD_READY,
    THREAD_WAITS, /* for somebody, or for the time `until` */
    THREAD_ENDED,
};

#define WORLD_VARIABLES 8

struct env_thread {
    struct world *world;
    struct world_process *process;
    uint32_t number;
    struct fiber *fiber;
    char name[16];
    void (*run)(void *arg);
    void *arg;
    enum world_thread_state state;
    const void *waits_for; /* a waiter, a monitor, a thread; NULL: time alone */
    int64_t until;         /* INT64_MAX: not for a time */
    bool in_time;          /* it was woken before */
    int64_t held_until;    /* it does not go on before, though it be ready */
    void *variables[WORLD_VARIABLES]; /* while another one runs */
};

struct world_sockets;

struct world {
    struct world_options options;
    struct world_process **processes; /* by their starts; never removed */
    uint32_t n_processes;
    uint32_t n_paused;
    struct world_machine **machines; /* by number */
    uint32_t n_machines;
    int64_t now;
    struct random chance; /* of what happens */
    struct random entropy;

    /* How this seed's world is. */
    uint32_t switch_one_in; /* points at which another thread may go on */
    uint32_t pause_one_in;  /* points at which a thread is held up … */
    int64_t pause_ns;       /* … for so long at most */
    uint32_t step_ns;       /* what passes between two points, at most */

    struct env_thread **threads; /* by number; never removed */
    uint32_t n_threads;
    struct env_thread **live; /* those that have not ended, by number */
    uint32_t n_live;
    uint32_t running;        /* number */
    struct env_thread *dead; /* ended its process: its fiber is to be freed */
    void **variables[WORLD_VARIABLES];
    uint32_t n_variables;

    pthread_t home; /* the thread of the system */
    /* What another one has done, or NULL. Pairs with the exchange in
     * world_threads.c, so that the text is whole there. */
    _Atomic(char *) intrusion;

    bool refused_watch;

    uint64_t points; /* since something came of them: see points_max */
    uint64_t hash;
    struct world_note *notes;
    size_t n_notes, notes_capacity;

    struct world_handle *open; /* by handle */
    uint32_t n_open;
    uint32_t n_temporary;          /* files that were made to be renamed */
    struct world_sockets *sockets; /* NULL: nobody has asked for one */
};

static inline struct world *world_of(struct env *env)
{
    return world_process_of(env)->world;
}

static inline struct env_thread *world_running(struct world *w)
{
    return w->threads[w->running];
}

void world_threads_init(struct world *w);
void world_threads_fini(struct world *w);

/* Somebody else may go on; the caller stays ready. */
void world_point(struct env *env);

/* The caller waits for `what`, until it is woken or the time has come; false:
 * the time has come. */
bool world_wait(struct world *w, const void *what, int64_t until);

/* All who wait for `what` may go on. */
void world_wake(struct world *w, const void *what);

/* A thread of the process, which comes to no point by that. */
struct env_thread *world_thread_add(struct world_process *p, const char *name,
                                    void (*run)(void *arg), void *arg);
struct env_thread *world_thread_start(struct env *env, const char *name,
                                      int cpu, void (*run)(void *arg),
                                      void *arg);
void world_thread_join(struct env *env, struct env_thread *thread);

/* Those of a process never go on; if the caller is one of them, it does not
 * return. */
void world_threads_drop(struct world_process *p);

#endif
