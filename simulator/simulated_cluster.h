/*
 * simulated_cluster.h - a cluster in a simulated world: machines with nimbuses
 * and supervisors, which run the production code, workers that these start, and
 * a ZooKeeper.
 *
 * All of it is the world's: nothing is freed before the process of the system
 * ends. It belongs to the threads of the world's first process.
 */
#ifndef GALE_SIMULATED_CLUSTER_H
#define GALE_SIMULATED_CLUSTER_H

#include "common/daemon_config.h"
#include "common/token.h"
#include "simulator/roll_book.h"
#include "simulator/world_machine.h"
#include "simulator/world_process.h"
#include "simulator/world_zookeeper.h"
#include "supervisor/supervisor.h"
#include <gale/local.h>

enum {
    CLUSTER_NIMBUSES_MAX = 5,
    CLUSTER_SUPERVISORS_MAX = 16,
    CLUSTER_SLOTS = 3, /* of each supervisor */
    CLUSTER_NIMBUS_PORT = 6627,
    CLUSTER_SUPERVISOR_PORT = 6628,
    CLUSTER_FIRST_SLOT = 6700,
};

struct life;
struct simulated_cluster;

/* A nimbus or a supervisor, and the machine that is its own. */
struct simulated_daemon {
    struct simulated_cluster *cluster;
    struct world_machine *machine;
    struct daemon_config *config;
    bool is_nimbus;
    uint32_t number;
    char name[16];                 /* "supervisor-2" */
    struct world_process *process; /* NULL: it was never started */
    struct loop *loop;             /* of the process that runs */
    int64_t start_at;              /* INT64_MAX: it runs, or is not to */
    bool loses_power;              /* its machine: just now */
};

/* A process that was started for a slot. */
struct simulated_worker {
    struct world_process *process;
    struct life *life;
    char *topology;
    uint32_t number;
    uint64_t birth;
};

struct simulated_cluster {
    struct world *world;
    struct token token; /* an administrator has put it on each machine */
    int64_t session_ns;
    struct world_zookeeper *zookeeper;
    gale_log_level log_level;
    uint32_t n_daemons, n_nimbuses; /* nimbuses first */
    struct simulated_daemon
        daemons[CLUSTER_NIMBUSES_MAX + CLUSTER_SUPERVISORS_MAX];
    struct roll_book **books; /* one for each topology that has run */
    uint32_t n_books;
    struct simulated_worker *workers; /* in the order of their starts */
    uint32_t n_workers;
    char wrong[400]; /* the first thing that must not be; "": all is well */
};

struct simulated_cluster_options {
    uint32_t n_nimbuses, n_supervisors; /* ≥ 1 */
    gale_log_level log_level;
};

/* Nothing runs yet. NULL with the error. */
struct simulated_cluster *simulated_cluster_new(
    struct world *w, const struct simulated_cluster_options *options,
    gale_err *error);

/* The daemon's process begins, on its machine. */
void simulated_daemon_start(struct simulated_daemon *d);
bool simulated_daemon_runs(const struct simulated_daemon *d);

/* What must not be; the first is kept. */
void simulated_cluster_break(struct simulated_cluster *c, const char *format,
                             ...) GALE_PRINTF(2, 3);

/* A process of it is about to end by itself: what it has open is told. */
void simulated_cluster_leaves(struct simulated_cluster *c, struct env *env,
                              const char *name);

/* The books of the topology with this id. */
struct roll_book *simulated_cluster_book(struct simulated_cluster *c,
                                         const char *topology);

/* Who starts workers in place of a supervisor: `hands` of supervisor_begin(),
 * whose argument is the daemon. */
struct supervisor_hands simulated_worker_hands(struct simulated_daemon *d);

/* Whether what its engine counts is what its books say; else *text, of size,
 * says what not. */
bool simulated_worker_is_even(const struct simulated_worker *w, char *text,
                              size_t size);

#endif
