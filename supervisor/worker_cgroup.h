/*
 * worker_cgroup.h - the control group of a worker: made, limited, asked,
 * removed; and where a supervisor makes them. What is written there is decided
 * in cgroup_plan.h.
 *
 * Groups are made beside the supervisor: in the group that it was started in,
 * or, if that has one named "supervisor" for it alone, beside that.
 */
#ifndef GALE_WORKER_CGROUP_H
#define GALE_WORKER_CGROUP_H

#include "common/env.h"
#include "supervisor/cgroup_plan.h"

/* Where workers' groups are made. All zero: nowhere. */
struct cgroup_home {
    struct env *env;
    struct cgroup_places places;
};

/*
 * Finds it, and sees that groups can be made there. In the unified form this
 * process goes to a group of its own, and what is to be limited is passed on to
 * its siblings. 0, or -1 with the error.
 */
int cgroup_home_open(struct cgroup_home *home, struct env *env,
                     gale_err *error);
void cgroup_home_close(struct cgroup_home *home);
/* What is limited there, as in "memory, pids, cpu". */
void cgroup_home_text(const struct cgroup_home *home, char text[32]);

/* Removes those whose name begins so, is none of the n names, and that have no
 * process. */
void cgroup_home_sweep(const struct cgroup_home *home, const char *prefix,
                       const char *const *in_use, uint32_t n);

/* All zero: there is none. */
struct worker_cgroup {
    struct env *env;
    struct cgroup_places places; /* one directory each */
    struct cgroup_limits limits;
    uint64_t killed; /* processes for lack of memory, before this worker */
};

/* 0, or -1 with the error, and there is none. */
int worker_cgroup_make(struct worker_cgroup *group,
                       const struct cgroup_home *home, const char *name,
                       const struct cgroup_limits *limits, gale_err *error);
/* That of a process; none, if it is in none of workers. */
void worker_cgroup_find(struct worker_cgroup *group, struct env *env, int pid);
bool worker_cgroup_is_there(const struct worker_cgroup *group);
/* Its last name; "" if there is none. */
const char *worker_cgroup_name(const struct worker_cgroup *group);

/* Again, or otherwise. 0, or -1 with the error. */
int worker_cgroup_limit(struct worker_cgroup *group,
                        const struct cgroup_limits *limits, gale_err *error);

/* Whether the kernel has killed something of it for lack of memory; *own: its
 * limit was reached, or else the machine had no more. */
bool worker_cgroup_lacks(const struct worker_cgroup *group, bool *own);

/* Kills what is still in it, and removes it; what does not end at once is left
 * to a sweep. Then there is none. */
void worker_cgroup_remove(struct worker_cgroup *group);
/* Forget it; it stays. */
void worker_cgroup_free(struct worker_cgroup *group);

#endif
