/*
 * spawn_worker.h - start a worker: its directory, its log, its launch. What the
 * action SLOT_START asks for.
 */
#ifndef GALE_SPAWN_WORKER_H
#define GALE_SPAWN_WORKER_H

#include "supervisor/launch_plan.h"
#include "supervisor/local_directory.h"

/* A pipe must take a key at once. */
enum { WORKER_KEY_MAX = 1024 };

struct spawn_worker {
    const struct local_directory *local;
    const char *supervisor; /* its id, for the record */
    uint16_t port;
    struct slot_wanted worker;
    struct launch launch; /* user, limits, cgroups and arguments; the rest is
                             filled in */
    const void *key;
    size_t key_size;          /* ≤ WORKER_KEY_MAX */
    char *const *environment; /* of which the worker gets what it may have */
    uint64_t log_bytes;
    uint32_t log_files;
};

/*
 * The process, which is about to be the worker; NULL and the error, and then
 * there is no process. The writer of its log, which is started with it, ends by
 * itself after it; the caller reaps it with the others (env_process.h).
 */
struct env_process *spawn_worker(const struct spawn_worker *what,
                                 gale_err *error);

#endif
