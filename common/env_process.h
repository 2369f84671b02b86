/*
 * env_process.h - processes: start one, find one that runs, end it.
 *
 * A part of env.h of its own: the members of env->ops->processes. All of them
 * belong to one thread, that of a daemon's loop; `watch` of a process is what a
 * loop watches. In a simulated world nothing is spawned (ENOSYS): who makes it
 * starts processes (simulator/world_process.h).
 *
 * A process is known by its id *and* the time of its start, so that a number
 * that was given to another one is never touched; signals go through a pidfd.
 */
#ifndef GALE_ENV_PROCESS_H
#define GALE_ENV_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct env;

struct env_process {
    int pid;
    uint64_t start; /* clock ticks from the start of the system to its own */
    int watch;      /* a descriptor that can be read when it has ended */
};

struct env_spawn {
    const char *file;               /* a path; NULL: this program */
    const char *const *argv;        /* ends with NULL */
    const char *const *environment; /* NAME=VALUE, ends with NULL: all of it */
    const char *directory;          /* NULL: as this process */
    int stdio[3];                   /* what becomes 0, 1, 2; -1: /dev/null */
    const int *passed;              /* what becomes 3, 4, … */
    uint32_t n_passed;              /* at most ENV_PASSED_MAX */
};

enum { ENV_PASSED_MAX = 8 };

struct env_process_end {
    bool known; /* false: it was no child of this process */
    int status; /* of exit, if there was no signal */
    int signal; /* that ended it; 0: none */
};

enum { ENV_COMMAND_MAX = 4096, ENV_BOOT_MAX = 63 };

/* What the system says about an id. */
struct env_process_facts {
    bool runs; /* there is one, and it has not ended */
    uint64_t start;
    size_t size; /* of its command: arguments, a NUL byte behind each; cut if
                    they are longer */
    char command[ENV_COMMAND_MAX + 1];
    /* Of which worker it says that it is one of what that has started:
     * ENV_PROCESS_MARK of its environment. "": of none, or its environment is
     * not to be read */
    char worker[ENV_COMMAND_MAX + 1];
};

/* What a worker has in its environment, and so all that it starts. */
#define ENV_PROCESS_MARK "GALE_WORKER"

struct env_process_id {
    int pid;
    uint64_t start;
};

typedef bool env_process_is_one(const void *arg,
                                const struct env_process_facts *facts);

struct env_process_ops {
    /* In a session of its own, with all signals as they are at first, no
     * descriptors but those named, and nothing of our environment. NULL and
     * errno. */
    struct env_process *(*spawn)(struct env *env, const struct env_spawn *what);
    /* One that runs, whoever has started it. NULL and errno: ESRCH if there is
     * none of that id and start. */
    struct env_process *(*find)(struct env *env, int pid, uint64_t start);
    void (*look)(struct env *env, int pid, struct env_process_facts *facts);
    /* All that run of whom is_one() is true, and all that these have started
     * and that is still known as theirs: children, and sessions that they
     * lead. Never this process. *n of them, to be freed. NULL: nothing but
     * workers runs here. */
    struct env_process_id *(*family)(struct env *env,
                                     env_process_is_one *is_one,
                                     const void *arg, uint32_t *n);
    /* 0; -1 and errno, ESRCH if it has ended. */
    int (*signal)(struct env *env, const struct env_process *process,
                  int signal);
    /* End it, and all that it has started in its session; the same, and of one
     * that has ended the latter all the same. */
    int (*kill)(struct env *env, const struct env_process *process);
    /* Whether it has ended, and how. It is reaped then, if it was a child, and
     * what it has left in its session is killed, whoever has started it. */
    bool (*ended)(struct env *env, struct env_process *process,
                  struct env_process_end *end);
    /* Of whom nothing is asked any more; the process goes on. NULL is fine. */
    void (*free)(struct env *env, struct env_process *process);

    /* From now on orphans of our children are our children, until they end. */
    void (*take_orphans)(struct env *env);
    /* On SIGCHLD: reap whoever has ended. Those that were spawned are asked
     * with ended(), before or after it. */
    void (*reap)(struct env *env);

    /* Another one after each start of the system. 0, or -1 and errno. */
    int (*boot)(struct env *env, char boot[ENV_BOOT_MAX + 1]);
};

extern const struct env_process_ops env_process_posix;

/* The argument of a command at *at, which is then at the next one; NULL: there
 * is none. */
static inline const char *env_process_argument(
    const struct env_process_facts *facts, size_t *at)
{
    const char *argument = facts->command + *at;

    if (*at >= facts->size)
        return NULL;
    *at += strnlen(argument, facts->size - *at) + 1;
    return argument;
}

#endif
