/*
 * env.h - the world outside: clock, chance, threads, files, connections;
 * processes are in env_process.h.
 *
 * Nothing else in gale asks the kernel for these, so that everything that
 * decides can run in a simulator. `struct env` is what a part gets handed at
 * its start; env_posix.c is the real one. Members are called from any thread
 * unless they say otherwise.
 */
#ifndef GALE_ENV_H
#define GALE_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct env;
struct env_process_ops;
struct loop_ops;
struct rpc_address;

struct env_thread; /* a started thread; joined exactly once */

struct env_monitor; /* a lock, and a place to wait for changes behind it */

/* What a carrier sleeps on: file descriptors and wake-ups by other threads. */
struct env_waiter;

/* The source of a ready event; `data` is what env_ops.watch was given. */
struct env_ready {
    void *data;
    uint32_t events; /* POLLIN, POLLOUT, POLLERR, POLLHUP bits */
};

/* What the calling thread has done since it began. */
struct env_spent {
    int64_t cpu_ns;
    uint64_t waits; /* it went to sleep for something, and was not put aside for
                       others */
};

struct env_ops {
    /* Monotonic nanoseconds; 10 to 25 ns a call. */
    int64_t (*now)(struct env *env);
    /* Microseconds since 1970. */
    int64_t (*wall_us)(struct env *env);
    /* 64 bits of entropy, fit for secrets. */
    uint64_t (*entropy)(struct env *env);
    uint32_t (*n_cpus)(struct env *env); /* this process may run on */
    /* How many ns the calling thread has had work and no CPU so far; some
     * microseconds a call. 0 where the system does not say it. */
    int64_t (*cpu_waited)(struct env *env);

    /* Start a thread named `name` (≤ 15 bytes) with a stack of 8 MB; NULL if
     * there is none to be had. cpu ≥ 0 binds it to one of the n_cpus (counted
     * round). Signals from outside go to other threads. */
    struct env_thread *(*thread_start)(struct env *env, const char *name,
                                       int cpu, void (*run)(void *arg),
                                       void *arg);
    void (*thread_join)(struct env *env, struct env_thread *thread);
    /* Where the thread is: up to max return addresses, the innermost first. How
     * many; 0 if it does not answer. What it waits for may end with EINTR. */
    int (*thread_stack)(struct env *env, struct env_thread *thread,
                        void **addresses, int max);
    /* A microsecond. In a simulated world nobody computes: where its time
     * passes, all threads wait. */
    void (*thread_spent)(struct env *env, struct env_spent *spent);
    /* Between two pieces of work: a moment for others, who in a simulated world
     * have no other. Through env_point(). */
    void (*point)(struct env *env);

    /* One thread is in a monitor at a time; it may enter again. */
    struct env_monitor *(*monitor_new)(struct env *env);
    void (*monitor_free)(struct env *env, struct env_monitor *m);
    void (*monitor_enter)(struct env *env, struct env_monitor *m);
    void (*monitor_leave)(struct env *env, struct env_monitor *m);
    /* Out of it, until somebody notifies or until the time `until` (INT64_MAX:
     * no limit), and in again; false: the time has come. The caller has entered
     * once, and looks again at what it waits for: it may be woken for
     * nothing. */
    bool (*monitor_wait)(struct env *env, struct env_monitor *m, int64_t until);
    /* All who wait. */
    void (*monitor_notify)(struct env *env, struct env_monitor *m);

    /* NULL and errno: the system has none left, since each takes descriptors.
     * One of a simulated world is always there. */
    struct env_waiter *(*waiter_new)(struct env *env);
    void (*waiter_free)(struct env *env, struct env_waiter *w);
    /* Sleep until a watched fd is ready, until waiter_wake() or until the time
     * `until` (INT64_MAX: no limit; ≤ now: only look). Fills at most max (≥ 1)
     * ready entries and returns how many. One thread per waiter. */
    int (*waiter_wait)(struct env *env, struct env_waiter *w, int64_t until,
                       struct env_ready *ready, int max);
    /* Any thread, also a signal handler; a wake-up is never lost. */
    void (*waiter_wake)(struct env *env, struct env_waiter *w);
    /* Watch fd for events, once (one-shot); again to re-arm. Several may watch
     * the same, each with data of its own. 0; 1: a regular
     * file or the like, always ready and not watched; -1 and errno. */
    int (*waiter_watch)(struct env *env, struct env_waiter *w, int fd,
                        uint32_t events, void *data);
    void (*waiter_unwatch)(struct env *env, struct env_waiter *w, int fd,
                           const void *data);

    /* Replace the file durably: temporary file beside it, fsync, rename, fsync
     * of the directory. Only its owner may read it. -1 and errno. */
    int (*file_replace)(struct env *env, const char *path, const void *data,
                        size_t size);
    /* Whole file into memory that the caller frees, with a NUL byte behind it;
     * at most max bytes, else -1 and EFBIG. */
    int (*file_read)(struct env *env, const char *path, size_t max, void **data,
                     size_t *size);
    /* The same of what somebody else may have put there: a link (ELOOP), and
     * what is no regular file (EINVAL), is not read, and never waited for. */
    int (*file_read_regular)(struct env *env, const char *path, size_t max,
                             void **data, size_t *size);
    /* Write whole lines behind those that are there, durably; the file is made
     * if need be, and only its owner may read it. What a writer that died left
     * behind the last newline is cut off first, and so is what could not be
     * written whole. -1 and errno; EOVERFLOW if it would be more than `max`. */
    int (*file_append)(struct env *env, const char *path, const void *data,
                       size_t size, size_t max);
    /* Remove what file_replace() left in the directory when its process died,
     * of files whose names end with `suffix`. Nobody may be replacing one of
     * them now: who asks has the directory's lock. How many; -1 and errno. */
    int (*directory_clean)(struct env *env, const char *path,
                           const char *suffix);
    /* With its parents; 0 if it exists; -1 and errno. */
    int (*directory_make)(struct env *env, const char *path);
    /* One that nobody else may look into, in a directory that is there; 0 if it
     * exists and is ours. -1 and errno: ENOTDIR or ELOOP for anything else of
     * that name, EPERM for somebody else's. */
    int (*directory_private)(struct env *env, const char *path);
    /* The same, but then it is another user's: who works in it, and whom
     * everything in it may belong to. EPERM: it is neither ours nor theirs. */
    int (*directory_give)(struct env *env, const char *path, uint32_t user,
                          uint32_t group);
    /* A directory of ours may be passed through by that group, and not be
     * looked into; a socket of ours may be spoken to. Where nobody else can put
     * anything in its place. -1 and errno, EINVAL for anything else. */
    int (*path_share)(struct env *env, const char *path, uint32_t group);
    /* The names of what is in it, at most max of them, in any order; each of
     * them and the array are to be freed. -1 and errno, and none. */
    int (*directory_list)(struct env *env, const char *path, uint32_t max,
                          char ***names, uint32_t *n);
    /* A file, or a directory with all that is in it; a link is removed, not
     * followed. 0 if there is none; -1 and errno, with as much removed as could
     * be. */
    int (*tree_remove)(struct env *env, const char *path);
    /* When the file was written last, in microseconds since 1970; -1 and
     * errno. */
    int64_t (*file_written)(struct env *env, const char *path);
    /* Makes the file if need be and keeps all others from locking it, until it
     * is unlocked or the process ends. A handle ≥ 0; -1 and errno, EWOULDBLOCK
     * if somebody has it. */
    int (*file_lock)(struct env *env, const char *path);
    void (*file_unlock)(struct env *env, int handle);

    /* Files piece by piece. A handle is ≥ 0 and belongs to one thread at a
     * time, until it is closed. */

    /* A new one, to be written; only its owner may read it, and nobody may
     * write it again. -1 and errno, EEXIST if there is one. */
    int (*file_create)(struct env *env, const char *path);
    /* To be read. What is no regular file is EISDIR or EINVAL, and a symbolic
     * link that is not to be followed is ELOOP. */
    int (*file_open)(struct env *env, const char *path, bool follow,
                     uint64_t *size);
    /* All of it, behind what was written. -1 and errno: nobody knows how much.
     */
    int (*file_write)(struct env *env, int handle, const void *data,
                      size_t size);
    /* How many bytes: less than size only where the file ends. -1 and errno. */
    int64_t (*file_read_at)(struct env *env, int handle, uint64_t offset,
                            void *to, size_t size);
    /* Whoever can get to it may read it, and nobody write it. -1 and errno. */
    int (*file_show)(struct env *env, int handle);
    /* What was written survives a loss of power. -1 and errno. */
    int (*file_sync)(struct env *env, int handle);
    void (*file_close)(struct env *env, int handle);
    /* Durably, in place of what is called so. -1 and errno. */
    int (*file_rename)(struct env *env, const char *from, const char *to);
    /* A second name; -1 and errno, EEXIST if there is such a file, EXDEV, EPERM
     * and others where a copy must do. */
    int (*file_link)(struct env *env, const char *from, const char *to);
    int (*file_remove)(struct env *env, const char *path);
    /* Each name in the directory that does not begin with a dot; `each` may
     * remove the file. -1 and errno. */
    int (*directory_each)(struct env *env, const char *path,
                          void (*each)(void *arg, const char *name), void *arg);
    /* Start and end processes: env_process.h. */
    const struct env_process_ops *processes;

    /* How an event loop waits: loop.h. */
    const struct loop_ops *loops;

    /* Connections, between workers and those of RPC: TCP, or a Unix socket.
     * Their descriptors can be watched, by a waiter and by a loop; addresses
     * are numeric (rpc_address.h). Nothing of it waits. */

    /* Takes connections from now on; the address becomes the one that it has
     * got, with a port that was free if 0 was asked for. A Unix socket gets
     * mode 0600, and takes the place of one that nobody listens at. A
     * descriptor; -1 and errno. */
    int (*net_listen)(struct env *env, struct rpc_address *address);
    /* Closes it, and removes the name of a Unix socket. */
    void (*net_unlisten)(struct env *env, int listener,
                         const struct rpc_address *address);
    /* One that has come; from: where from, unless NULL. -1 and errno, EAGAIN if
     * there is none. */
    int (*net_accept)(struct env *env, int listener, struct rpc_address *from);
    /* The other side of a Unix socket was of this process's user when it began
     * to listen, or called. */
    bool (*net_is_own)(struct env *env, int fd);
    /* Begins one, which is there, or is not, when it can be written; -1 and
     * errno. */
    int (*net_connect)(struct env *env, const struct rpc_address *address);
    /* It can be written: 0, or -1 and errno if it is not there. Who does not
     * ask hears it from the first send. */
    int (*net_connected)(struct env *env, int fd);
    /* How many bytes have gone, of size ≥ 1; -1 and errno, EAGAIN if it cannot
     * be written now. */
    int64_t (*net_send)(struct env *env, int fd, const void *data, size_t size);
    /* How many have come, at most size; 0: the other side has ended it; -1 and
     * errno, EAGAIN if there are none now. */
    int64_t (*net_receive)(struct env *env, int fd, void *data, size_t size);
    /* No waiter watches it any more. errno is kept. */
    void (*net_close)(struct env *env, int fd);
    /* The same, but what was sent last is to be read by the other side: TCP
     * throws it away if something is closed before all that has come was taken.
     * That is taken first, 8 MiB of it at most, without waiting for more. */
    void (*net_close_heard)(struct env *env, int fd);

    /* Memory that two processes share. It goes when neither has it any more,
     * however they end. A world that has none says ENOSYS. */

    /* All bytes are zero, and nobody can change its size. A descriptor, for
     * net_close(); -1 and errno. */
    int (*memory_new)(struct env *env, size_t size);
    /* Where it is, also when its descriptor is closed; NULL and errno, EINVAL
     * if it is anything but such memory of that size. */
    void *(*memory_map)(struct env *env, int memory, size_t size);
    void (*memory_unmap)(struct env *env, void *at, size_t size);
    /* As net_send(), by a Unix socket: with the bytes goes the memory. */
    int64_t (*memory_send)(struct env *env, int fd, const void *data,
                           size_t size, int memory);
    /* As net_receive(), by a Unix socket: memory that has come with the bytes,
     * a descriptor of ours; -1: none has. */
    int64_t (*memory_receive)(struct env *env, int fd, void *data, size_t size,
                              int *memory);
};

struct env {
    const struct env_ops *ops;
    bool simulated; /* one thread, and time that is made up */
};

static inline void env_enter(struct env *env, struct env_monitor *m)
{
    env->ops->monitor_enter(env, m);
}

static inline void env_leave(struct env *env, struct env_monitor *m)
{
    env->ops->monitor_leave(env, m);
}

static inline bool env_wait(struct env *env, struct env_monitor *m,
                            int64_t until)
{
    return env->ops->monitor_wait(env, m, until);
}

static inline void env_notify(struct env *env, struct env_monitor *m)
{
    env->ops->monitor_notify(env, m);
}

/* Costs a look at `simulated` in the real world. */
static inline void env_point(struct env *env)
{
    if (__builtin_expect(env->simulated, 0))
        env->ops->point(env);
}

/* So many bytes of entropy: keys, nonces. In a simulated world they follow from
 * its seed. */
static inline void env_random(struct env *env, void *to, size_t size)
{
    uint8_t *at = to;

    while (size > 0) {
        uint64_t bits = env->ops->entropy(env);
        size_t n = size < sizeof(bits) ? size : sizeof(bits);

        memcpy(at, &bits, n);
        at += n;
        size -= n;
    }
}

/* The calling thread is one that the real world has started; also in a signal
 * handler. */
bool env_thread_is_own(void);

/* The real world; shared by the whole process, never freed. */
struct env *env_posix(void);

/*
 * Threads of env_posix() that are started from now on block no signals but what
 * their starter blocks. Without it they block all that come from outside, so
 * that a program with gale in it gets its signals on threads of its own. It is
 * for one that handles all signals on any thread: what plugins execute inherits
 * what is blocked, and would not hear SIGTERM. For the start of a process.
 */
void env_posix_leave_signals(void);

#endif
