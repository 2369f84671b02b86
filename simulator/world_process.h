/*
 * world_process.h - the processes of a simulated world.
 *
 * Each has a `struct env` of its own: that is all it knows of the world, and
 * what it starts through it belongs to it. Its threads are fibers; an end, of
 * whatever kind, drops them where they are. What they have on the heap is
 * gone with the run: a run that ends processes is one that exits itself.
 *
 * The first process is there with the world, on a machine of its own (number 0,
 * whose disk has every directory that is asked for); it does not end.
 *
 * Functions without an env may be called by any thread of the world and come to
 * no point, unless they say otherwise.
 */
#ifndef GALE_WORLD_PROCESS_H
#define GALE_WORLD_PROCESS_H

#include "common/env_process.h"
#include "simulator/world.h"

struct world_machine;
struct world_process;

struct world_process_in {
    const char *name; /* of its first thread: ≤ 15 bytes */
    /* What others see of it: arguments, ended by NULL; NULL: its name. */
    const char *const *command;
    const char *worker;           /* ENV_PROCESS_MARK; NULL: none */
    struct world_process *parent; /* who is told of its end; NULL: nobody */
    /* On a fiber of its own; what it returns is the exit status. */
    int (*main)(struct env *env, void *arg);
    void *arg;
};

/* The texts are copied. It is the world's until that is freed. */
struct world_process *world_process_start(struct world_machine *m,
                                          const struct world_process_in *in);

/* Whose env that is, and the other way round. */
struct world_process *world_process_of(struct env *env);
struct env *world_process_env(struct world_process *p);
struct world *world_process_world(const struct world_process *p);
struct world_machine *world_process_machine(const struct world_process *p);
const char *world_process_name(const struct world_process *p);
struct env_process_id world_process_id(const struct world_process *p);
/* NULL: all have been named; begins with NULL; in the order of their starts. */
struct world_process *world_process_next(struct world *w,
                                         const struct world_process *p);

/* -- its end --------------------------------------------------------------- */

bool world_process_runs(const struct world_process *p);
/* Of one that does not run. */
struct env_process_end world_process_end(const struct world_process *p);

/* As exit(): does not return. */
void world_process_exit(struct env *env, int status);
/* As kill -9, wherever its threads are; if the caller is one of them, it does
 * not return. Nothing happens to one that has ended. */
void world_process_crash(struct world_process *p);

/* Points of its threads so far, and: after so many more it crashes (0: never).
 * A point is a wait, a step of the disk, env_point(). */
uint64_t world_process_points(const struct world_process *p);
void world_process_crash_after(struct world_process *p, uint64_t points);

/* -- slower ---------------------------------------------------------------- */

/* As SIGSTOP, and SIGCONT at that time; a time that has come: at once. */
void world_process_pause(struct world_process *p, int64_t until);
bool world_process_is_paused(const struct world_process *p);
/* Until then, each point of it takes up to so long. */
void world_process_slow(struct world_process *p, int64_t point_ns,
                        int64_t until);

/* -- what it has open ------------------------------------------------------ */

struct world_process_holds {
    uint32_t descriptors; /* sockets, and what rings */
    uint32_t files;
    uint32_t entries; /* of its loops: timers and watches that are set */
};

struct world_process_holds world_process_holds(struct world_process *p);

/* -- signals --------------------------------------------------------------- */

/* 0, or -1 and ESRCH. SIGKILL, SIGSTOP and SIGCONT do what they do; what is not
 * handled ends it, but for SIGCHLD. */
int world_process_signal(struct world_process *p, int signal);
/* fn(arg, signal) from now on, on the stack of whoever sends it: it must not
 * come to a point. NULL: as at first. */
void world_process_handle(struct world_process *p,
                          void (*fn)(void *arg, int signal), void *arg);

/* -- what others have of it ------------------------------------------------ */

enum world_process_turn {
    WORLD_PROCESS_PAUSED, /* its threads stand still */
    WORLD_PROCESS_GOES_ON,
    WORLD_PROCESS_ENDED, /* the last one; none of its threads runs again */
};

/* Somebody who is told of it, and comes to no point: a member of what he keeps
 * for the process, such as its sockets. */
struct world_process_witness {
    struct world_process_witness *next;
    void (*turn)(void *arg, enum world_process_turn turn);
    void *arg;
};

void world_process_tell(struct world_process *p,
                        struct world_process_witness *witness);
void world_process_untell(struct world_process *p,
                          const struct world_process_witness *witness);

#endif
