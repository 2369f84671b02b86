/*
 * local_directory.h - what a supervisor has on its disk, below
 * storm.local.dir/supervisor, for itself alone (mode 0700):
 *
 *     lock                            of the supervisor that runs here
 *     state                           who it is, what its slots have:
 *                                     kept_workers.h
 *     workers/TOPOLOGY/NUMBER-BIRTH/  while that worker is here
 *         process                     which process it is; the same
 *         last-words                  why it has ended, in its own words
 *         work/                       its working directory
 *     logs/TOPOLOGY/NUMBER/           worker.log, worker.log.1 …, components
 *                                     (log_components.h); they stay when the
 *                                     worker goes
 *
 * The birth is in the name so that a worker that moves from one slot to another
 * of the same machine does not meet itself. Names are checked before they
 * become paths. Whatever is lost or damaged costs what was in it, and a
 * warning, but never the start.
 */
#ifndef GALE_LOCAL_DIRECTORY_H
#define GALE_LOCAL_DIRECTORY_H

#include "common/env.h"
#include "supervisor/kept_workers.h"
#include "supervisor/worker_user.h"

enum { LOCAL_WORDS_MAX = 512 };

struct local_directory {
    struct env *env;
    char *root;
    int lock;
    const struct worker_user *user; /* NULL: workers run as the supervisor */
};

enum local_path {
    LOCAL_WORKER,
    LOCAL_PROCESS,
    LOCAL_WORDS,
    LOCAL_WORK,
    LOCAL_LOGS,
};

typedef void local_warn_fn(void *arg, const char *text);

/* Makes what is missing. 0, or -1 with the error: another supervisor is here,
 * or the directory cannot be had. */
int local_directory_open(struct local_directory *d, struct env *env,
                         const char *local, gale_err *error);
/* From now on workers are this user, who outlives it: they may pass through it,
 * and the directories in which they work are theirs; nothing else is. 0, or -1
 * with the error. */
int local_directory_share(struct local_directory *d,
                          const struct worker_user *user, gale_err *error);
/* The same for one who only looks, while a supervisor may be there: nothing is
 * made or locked. */
void local_directory_look(struct local_directory *d, struct env *env,
                          const char *local);
/* Whether nobody has removed it since; errno says why it cannot be seen. */
bool local_directory_is_there(const struct local_directory *d);
/* Whether a supervisor is there. */
bool local_directory_is_locked(const struct local_directory *d);
void local_directory_close(struct local_directory *d);

/* To be freed. The topology's id must be one (kept_is_topology()). */
char *local_directory_path(const struct local_directory *d,
                           const struct slot_wanted *worker,
                           enum local_path what);

/* The directory with one for each topology that has logs, the same. */
char *local_directory_all_logs(const struct local_directory *d);
/* The directory of all logs of a topology, the same. */
char *local_directory_logs(const struct local_directory *d,
                           const char *topology);

/* -- workers --------------------------------------------------------------- */

/* A directory with nothing of an earlier process in it but its work, and one
 * for its logs. 0, or -1 with the error. */
int local_directory_make(const struct local_directory *d,
                         const struct slot_wanted *worker, gale_err *error);
/* Not its logs. 0, or -1 with the error, and as much removed as could be. */
int local_directory_remove(const struct local_directory *d,
                           const struct slot_wanted *worker, gale_err *error);
/* Its last words as one line; "" if there are none. */
void local_directory_words(const struct local_directory *d,
                           const struct slot_wanted *worker,
                           char text[LOCAL_WORDS_MAX]);

/* -- what is kept ---------------------------------------------------------- */

/* 0, or -1 with the error. */
int local_directory_save(const struct local_directory *d,
                         const struct kept *kept, gale_err *error);
/*
 * All that is known: what the state says first, then what the directories of
 * workers say, so that some processes come twice. What is damaged is left out,
 * with a warning that names the file. kept_free() it.
 */
void local_directory_load(const struct local_directory *d, struct kept *kept,
                          local_warn_fn *warn, void *arg);

/* Removes all directories of workers but those of the n that are in use. */
void local_directory_sweep(const struct local_directory *d,
                           const struct slot_wanted *in_use, uint32_t n,
                           local_warn_fn *warn, void *arg);
/* Removes logs that were written last before that time (microseconds since
 * 1970) and belong to none of the n. */
void local_directory_sweep_logs(const struct local_directory *d,
                                const struct slot_wanted *in_use, uint32_t n,
                                int64_t before, local_warn_fn *warn, void *arg);
/* The file that each worker's log ends with, worker.log. */
void local_directory_each_log(const struct local_directory *d,
                              void (*fn)(void *arg, const char *path),
                              void *arg);

#endif
