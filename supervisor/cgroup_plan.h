/*
 * cgroup_plan.h - control groups of workers: where the kernel has them, what is
 * written to limit one, and what its counters say. Pure.
 *
 * There are two forms. In the unified one (v2) a group has all controllers that
 * its parent lets it have; in the older one (v1) each controller is a tree of
 * its own. Some systems have both, with each controller in one of them.
 */
#ifndef GALE_CGROUP_PLAN_H
#define GALE_CGROUP_PLAN_H

#include <gale/local.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of workers' groups begin so. */
#define CGROUP_PREFIX "gale-worker-"
/* The unified group that a supervisor itself goes to. One that gives limits to
 * its children must have no process. */
#define CGROUP_OWN "supervisor"

/* Bits. */
enum { CGROUP_MEMORY = 1, CGROUP_PIDS = 2, CGROUP_CPU = 4 };

enum {
    CGROUP_PLACES_MAX = 4, /* three trees and the unified one */
    CGROUP_SETTINGS_MAX = 8
};

struct cgroup_place {
    char *path; /* of the directory */
    bool unified;
    unsigned controllers;
};

/* All zero: nowhere. */
struct cgroup_places {
    uint32_t n;
    struct cgroup_place list[CGROUP_PLACES_MAX];
};

/*
 * Where the process is whose /proc/PID/cgroup this is, by /proc/self/mountinfo.
 * A unified place is the last, and its controllers are 0: its own file says
 * which it has. Trees without controllers of ours are left out.
 */
void cgroup_places_read(struct cgroup_places *places, const char *mountinfo,
                        const char *cgroup);
void cgroup_places_free(struct cgroup_places *places);

/* Appended, as a copy. */
void cgroup_places_add(struct cgroup_places *places, const char *path,
                       bool unified, unsigned controllers);

/* What a file such as cgroup.controllers names of ours. */
unsigned cgroup_controllers(const char *text);
/* As in "+memory +pids"; each with the sign in front. */
void cgroup_controllers_text(unsigned controllers, const char *sign,
                             char text[32]);

/* The last name of a path is that of a worker's group. */
bool cgroup_is_workers(const char *path);

/* -- limits ---------------------------------------------------------------- */

/* 0: none. */
struct cgroup_limits {
    uint64_t memory_bytes;
    const char *memory_key; /* the configuration key that says so, or NULL */
    uint64_t processes;     /* and threads */
    uint32_t cpu_percent;   /* 100: one CPU */
};

struct cgroup_setting {
    const char *file;
    char value[40];
    bool optional; /* not each kernel has it */
};

/* What is written into a group of such a place, in this order; how many. Also
 * where nothing is limited, since it may have been before. */
uint32_t cgroup_settings(const struct cgroup_place *place,
                         const struct cgroup_limits *limits,
                         struct cgroup_setting settings[CGROUP_SETTINGS_MAX]);

/* -- counters -------------------------------------------------------------- */

/* The number behind `name` in lines of NAME NUMBER; 0 if there is none. */
uint64_t cgroup_counter(const char *text, const char *name);

/* Whether a group of this limit had no more to give, when it has had so much at
 * most (bytes). */
bool cgroup_was_full(uint64_t limit, uint64_t most);

/*
 * Why a worker was killed for lack of memory, as in "it had 64 MB, by
 * worker.heap.memory.mb: raise that, or …". own: its limit was reached; else
 * the machine had no more.
 */
void cgroup_lack_text(char *text, size_t size,
                      const struct cgroup_limits *limits, bool own);

#endif
