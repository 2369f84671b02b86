/*
 * cluster_home.h - the directory of a cluster on one machine (`gale cluster`):
 * who belongs to it, at which ports, and as which processes.
 *
 *     cluster         all of that, for `gale cluster` alone (MessagePack)
 *     lock            of the `gale cluster` that is at work
 *     gale.yaml       for commands and daemons; made once, then the user's
 *     token           of the cluster
 *     NAME/           storm.local.dir of a daemon, or ZooKeeper's data
 *     NAME.log        what it says
 *
 * NAME is zookeeper, nimbus-1, supervisor-1 … The lock is made first and goes
 * last: a directory with it is ours, however little else is there. What a
 * command has half written that was killed goes with the next one.
 */
#ifndef GALE_CLUSTER_HOME_H
#define GALE_CLUSTER_HOME_H

#include "common/env.h"
#include "common/env_process.h"
#include <gale/local.h>

enum cluster_kind { CLUSTER_ZOOKEEPER, CLUSTER_NIMBUS, CLUSTER_SUPERVISOR };

enum {
    CLUSTER_NIMBUSES_MAX = 8,
    CLUSTER_SUPERVISORS_MAX = 32,
    CLUSTER_SLOTS_MAX = 32,
    CLUSTER_NAME_SIZE = 24,
    CLUSTER_MEMBERS_MAX = 1 + CLUSTER_NIMBUSES_MAX + CLUSTER_SUPERVISORS_MAX,
};

/* A process that belongs to it; all of them are children of nobody. */
struct cluster_member {
    enum cluster_kind kind;
    uint32_t number; /* from 1 on, in its kind */
    char name[CLUSTER_NAME_SIZE];
    uint32_t n_ports; /* of a supervisor: its own, then its slots */
    uint16_t ports[1 + CLUSTER_SLOTS_MAX];
    int pid; /* 0: it was not started */
    uint64_t start;
};

struct cluster_home {
    struct env *env;
    char *path; /* absolute */
    int lock;
    bool made;  /* the directory was, by this call */
    bool known; /* there is a cluster; else it has no members yet */
    char boot[ENV_BOOT_MAX + 1];
    uint32_t n;
    struct cluster_member
        members[CLUSTER_MEMBERS_MAX]; /* as they are started */
};

enum cluster_access {
    CLUSTER_LOOK,
    CLUSTER_CHANGE, /* nobody else does until it is closed */
    CLUSTER_MAKE,   /* the same; the directory is made if there is none */
};

/* What is at the path. 0; 1: there is no cluster, or none yet, and that is no
 * error; -1 with the error. To be closed in any case. */
int cluster_home_open(struct cluster_home *h, struct env *env, const char *path,
                      enum cluster_access access, gale_err *error);
void cluster_home_close(struct cluster_home *h);

/* One more, without ports. */
struct cluster_member *cluster_home_add(struct cluster_home *h,
                                        enum cluster_kind kind);
/* Who belongs to it is written down. 0, or -1 with the error. */
int cluster_home_save(struct cluster_home *h, gale_err *error);

/* DIR/NAMEEND, to be freed. */
char *cluster_home_path(const struct cluster_home *h, const char *name,
                        const char *end);

/* Its process, if that runs; NULL if not. */
struct env_process *cluster_member_find(const struct cluster_home *h,
                                        const struct cluster_member *m);

bool cluster_member_runs(const struct cluster_home *h,
                         const struct cluster_member *m);

/* All that was made of it, and the directory itself unless something else is in
 * it. 0, or -1 with the error. */
int cluster_home_remove(struct cluster_home *h, gale_err *error);

/* One that could not begin, and that is not known: what was made for it, and
 * the directory if that was not there before. */
void cluster_home_undo(struct cluster_home *h);

#endif
