/*
 * worker.h - a topology's executors, wired, in this process.
 *
 * Made by wiring.c, driven by local.c. Read-only once the carriers run, but for
 * what is marked.
 */
#ifndef GALE_WORKER_H
#define GALE_WORKER_H

#include "common/env.h"
#include "topology-api/model.h"
#include "worker/block.h"
#include "worker/letter_rule.h"
#include "worker/transport.h"
#include <stdatomic.h>
#include <stdio.h>

struct ack_batch;
struct ack_home;
struct async_pool;
struct carrier;
struct envelope;
struct executor;
struct letters;
struct links;
struct log;
struct memory_wait;
struct plan;
struct position_store;
struct resources;
struct task;

/* What the engine needs of the configuration, read once. */
struct worker_config {
    bool acking;
    bool timeouts;
    int64_t message_timeout_ns;
    uint64_t max_tuple_bytes;
    uint64_t max_emit_bytes;
    uint64_t max_retained_bytes;
    uint32_t max_async;
    uint32_t pool_threads;
    uint32_t inbox_bytes; /* what may wait in front of an executor */
    uint32_t block_bytes; /* of the largest blocks */
    bool shuffle_exact;
    uint32_t errors_max;
    int64_t errors_interval_ns;
    uint32_t own_threads; /* … of executors that turn out to block, at most */
    int64_t drain_ns;
    int64_t position_interval_ns;
    int64_t hang_ns;         /* 0: nobody is named … */
    int64_t hang_restart_ns; /* … and the process does not end for that */
    int64_t link_timeout_ns;
    enum transport transport;
    struct letter_rule letters;
    char *spool; /* of dead letters; NULL: none */
    uint64_t spool_max;
};

/* The executors of one component. */
struct crew {
    struct executor **executors;
    uint32_t n;
    uint32_t *place; /* per task: executor << 16 | place in it */
    uint32_t first;  /* number of the first of them in the plan */
};

/* Somebody who keeps books of a run: a simulation, a test. All but `sent` may
 * be NULL. */
struct watcher {
    /* The envelope is about to be pushed; by its producer's carrier. */
    void (*sent)(struct watcher *watcher, const struct envelope *env);
    /* True: the watcher has taken it, and pushes it later. By the carrier of
     * who sends. */
    bool (*takes)(struct watcher *watcher, struct envelope *env);
    bool (*takes_acks)(struct watcher *watcher, struct carrier *from,
                       struct ack_batch *acks);
    /* The envelope is discarded, but for the first n tuples, which were
     * executed. */
    void (*lost)(struct watcher *watcher, const struct envelope *env,
                 uint32_t n);
    /* The executor is about to begin anew: its tasks are as they were. */
    void (*resets)(struct watcher *watcher, struct executor *e);
    /* A graceful stop: all results are out, and nothing is closed yet. By the
     * control thread. */
    void (*finished)(struct watcher *watcher);
    /* The message of the spout's task has failed, and nobody will emit it
     * again: the spout has no `fail`. */
    void (*unheard)(struct watcher *watcher, struct task *t, gale_msgid id);
};

#define WORKER_HANGS 400 /* bytes of a text */

struct worker {
    const struct model *model;
    const struct plan *plan; /* who has which executor; NULL: all are here. It
                                changes while carriers are parked: rewiring.h */
    struct env *env;
    struct worker_config config;
    uint64_t seed;       /* of ids and generators */
    uint64_t key_seed;   /* of key hashes: a topology's name, so that a key goes
                          to the same task in every run */
    struct crew *crews;  /* per component */
    struct task **tasks; /* by id; NULL: [0], and those of other workers */
    _Atomic(const struct ack_home *) *homes; /* by id; see moving.h */
    struct executor **executors; /* by number, also of other workers; NULL: no
                                    executor begins with that task */
    uint32_t n_tasks;
    uint32_t n_here;           /* executors of this worker */
    bool rewired;              /* executors of others have moved: rewiring.h */
    uint64_t incarnation;      /* of this process, for other workers */
    struct carrier **carriers; /* room for carriers_max */
    _Atomic(uint32_t) n_carriers; /* it grows, in `parking`: own_threads.h */
    uint32_t carriers_max;
    _Atomic(bool) no_more_carriers; /* that was said */
    struct gate *cycles;            /* gates shared by the members of a cycle */
    struct links *links;            /* to other workers; NULL: there are none */
    struct memory_wait *memory;     /* who waits for it */
    struct log *log;
    struct watcher *watcher;                 /* NULL: nobody */
    struct async_pool *pool, *blocking_pool; /* async_pool.h */
    struct resources *resources;
    struct position_store *positions; /* NULL: nothing is kept */
    struct letters *letters;          /* NULL: there is no spool */
    int64_t started;                  /* ns; */
    _Atomic(int64_t) stopped;         /* 0 while it runs */

    /* Written by any thread. */
    struct budget budget;
    _Atomic(uint32_t) active;    /* carriers that do not sleep */
    _Atomic(uint64_t) wakeups;   /* how often one has stopped sleeping */
    _Atomic(uint32_t) async;     /* gale_async under way */
    _Atomic(uint32_t) paused;    /* executors that take no input for now */
    _Atomic(uint32_t) waiting;   /* tasks that have not answered a message */
    _Atomic(bool) want_quiet;    /* control waits for what is above to be 0 */
    _Atomic(bool) halted;        /* no more callbacks but close and cleanup */
    struct env_monitor *parking; /* of n_parked: parking.h */
    uint32_t n_parked;
    struct env_monitor *monitor; /* of error, and of the tasks' errors */
    char error[1200];
    char hangs[WORKER_HANGS];   /* who does not return, and for how long; "":
                                 nobody. In the monitor, too */
    struct env_waiter *control; /* woken when something above has changed */
};

/* Keep the first error, and halt. Any thread. */
void worker_fail(struct worker *w, const char *text);

/* The worker has passed its budget of memory: it fails, and says how to mend
 * that. */
void worker_fail_for_memory(struct worker *w);

/* No more callbacks but close and cleanup; what is queued stays. Any thread. */
void worker_halt(struct worker *w);

/* Something may have come to an end: let the control thread look. */
void worker_notify(struct worker *w);

/* Nobody is active, or an async has ended: only if control wants to know, since
 * between two tuples of a slow stream there is nothing to be done. */
static inline void worker_quiet(struct worker *w)
{
    if (atomic_load(&w->want_quiet))
        worker_notify(w);
}

static inline bool worker_halted(struct worker *w)
{
    return atomic_load_explicit(&w->halted, memory_order_relaxed);
}

#endif
