/*
 * world.h - a simulated world behind env.h: everything that happens in it
 * follows from a seed.
 *
 * One thread of the system is all there is. The threads of simulated processes
 * (world_process.h) are fibers; one of them runs until it comes to a *point*
 * (it waits, wakes another one, is between two pieces of work: env_point()),
 * and there chance says who goes on. The clock is a number: it moves a little
 * with what is done, now and then by as much as a machine stands still, and,
 * when all threads wait, on to the next moment for which one of them does. So
 * hours pass in milliseconds, and a seed makes the same run again, bit by bit.
 *
 * What happens is noted: who ran when, and what others tell by world_note(). A
 * hash of the notes says whether two runs were the same; the notes themselves,
 * where they begin to differ.
 *
 * Files are in memory, on a disk a machine (world_machine.h), and connections
 * are of the world (world_net.h). Descriptors of the system cannot be waited
 * for, but regular files, which are always ready.
 */
#ifndef GALE_WORLD_H
#define GALE_WORLD_H

#include "common/env.h"

struct world;

/* What a note is about; others count from WORLD_NOTE_OWN on. */
enum world_note_kind {
    WORLD_NOTE_RUN,   /* the thread a goes on */
    WORLD_NOTE_START, /* the process a starts on the machine b */
    WORLD_NOTE_END,   /* … ends: b is status and signal */
    WORLD_NOTE_POWER, /* the machine a loses power */
    WORLD_NOTE_NET,   /* b bytes were received by the descriptor a */
    WORLD_NOTE_OWN = 16,
};

struct world_note {
    int64_t now; /* ns, of the world's clock */
    uint32_t thread;
    uint32_t kind;
    uint64_t a, b;
};

struct world_options {
    uint64_t seed;
    uint32_t n_cpus; /* ≥ 1 */
    bool keep_notes; /* not only their hash */
    /* All threads wait, and time is about to pass. On the stack of one of them;
     * must not come to a point. NULL: nobody wants to know. */
    void (*idle)(void *arg, int64_t now);
    /* Points in a row at which nothing is noted (but who goes on), without a
     * moment in which all threads wait; more are a circle. 0: any number. */
    uint64_t points_max;
    /* It does not go on, for that reason. Must not return. NULL: ends the
     * process with a line. */
    void (*stuck)(void *arg, const char *why);
    /* A thread that is not of the world has done what no other knows of; see
     * world_intrude(). May return. NULL: nobody wants to know. */
    void (*intruded)(void *arg, const char *what);
    void *arg;
};

/* The calling thread becomes the first of the world's. */
struct world *world_new(const struct world_options *options);

/* All threads of the first process have been joined; others crash. */
void world_free(struct world *w);

/* Of the first process. */
struct env *world_env(struct world *w);

/* Whether the caller is the one thread of the system that the world has. Any
 * thread may ask. */
bool world_is_here(struct env *env);

/* For a thread that it does not have: what that has done is told at the next
 * point, the first of all. what: on the heap, the world's from here on. */
void world_intrude(struct env *env, char *what);

void world_note(struct world *w, uint32_t kind, uint64_t a, uint64_t b);

uint64_t world_hash(const struct world *w);

/* Whether somebody has wanted to wait for a descriptor of the system's that is
 * no regular file. */
bool world_refused_watch(const struct world *w);

/* What time it is; none passes. A signal handler may ask. */
int64_t world_now(const struct world *w);

/* The notes so far, if they are kept; good until the next one. */
const struct world_note *world_notes(const struct world *w, size_t *n);

/* The name of a thread, by its number in a note. */
const char *world_thread_name(const struct world *w, uint32_t thread);

/* One of the threads whose names begin so stands still until that time. */
void world_hold_up(struct world *w, const char *name, int64_t until);

/* Nobody stands still any more. */
void world_let_go(struct world *w);

/* A thread-local variable of the calling thread, of the size of a pointer: each
 * thread of the world gets its own, NULL to begin with. Before they start. */
void world_thread_variable(struct world *w, void *variable);

/* The calling thread, one of the env's process, sleeps until that time of the
 * world, in which others go on. */
void world_sleep(struct env *env, int64_t until);

/* A number below n ≥ 1, by the seed. */
uint64_t world_below(struct world *w, uint64_t n);

#endif
