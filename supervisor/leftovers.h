/*
 * leftovers.h - the workers of this machine, whether their supervisor runs or
 * not: which processes they are is in what it has kept (local_directory.h).
 */
#ifndef GALE_LEFTOVERS_H
#define GALE_LEFTOVERS_H

#include "common/env.h"
#include "common/env_process.h"
#include "supervisor/local_directory.h"

struct worker_cgroup;

/* Whether a supervisor has ever been there, and may be looked at. 0, or -1 with
 * the error. */
int leftovers_look(struct env *env, const char *local, gale_err *error);

/* Those that run, of the supervisor with that storm.local.dir: how many; each
 * and the array are to be freed. None if there was never a supervisor. */
uint32_t leftovers_find(struct env *env, const char *local,
                        struct env_process ***processes, local_warn_fn *warn,
                        void *arg);

/* The same without touching them: each is told with its pid, port, topology and
 * number, as long as the call lasts. */
void leftovers_each(struct env *env, const char *local,
                    void (*fn)(void *arg, const struct kept_worker *worker),
                    void *arg);

/*
 * Their cgroups, which go with them where no supervisor comes that would do it:
 * asked for while they run, and removed when they have ended (ended), or only
 * forgotten.
 */
struct worker_cgroup *leftovers_cgroups(struct env *env,
                                        struct env_process **processes,
                                        uint32_t n);
void leftovers_remove_cgroups(struct worker_cgroup *groups, uint32_t n,
                              bool ended);

/* What they have started is killed, also if they have ended themselves. */
void leftovers_end_started(struct env *env, const char *local);

/* Whether a supervisor is at work there: what ends it starts again. */
bool leftovers_are_kept(struct env *env, const char *local);

/* How many logs of workers somebody still writes: their writers end after the
 * workers, when all has been read. */
uint32_t leftovers_logs(struct env *env, const char *local);

#endif
