/*
 * cluster_seed.h - the life of a cluster in the world of a seed: topologies are
 * submitted, commanded, everything fails, everything is healed, and all must
 * come to its end.
 */
#ifndef GALE_CLUSTER_SEED_H
#define GALE_CLUSTER_SEED_H

#include "simulator/cluster_faults.h"
#include "simulator/world_net.h"

struct cluster_seed_result;

struct cluster_seed_options {
    uint64_t seed;
    /* 0: as the seed says. */
    uint32_t n_nimbuses, n_supervisors, n_topologies;
    const char *roll_call; /* path of the topology's shared object */
    gale_log_level log_level;
    /* Something is found that must not be: what is known so far. It must not
     * return. */
    void (*wrong)(void *arg, const struct cluster_seed_result *so_far);
    void *arg;
};

struct cluster_seed_result {
    uint64_t hash; /* of all that happened */
    int64_t ns;    /* of the world's time */
    struct roll_counts rolls;
    uint32_t topologies, accepted, killed;
    uint64_t commands, refused, unanswered;
    uint64_t writes;  /* of leaders, that were looked at */
    uint32_t workers; /* processes that were started */
    uint32_t calm;    /* 1: nothing has gone wrong */
    uint32_t faults[CLUSTER_FAULT_N];
    struct world_net_counts net;
    char wrong[400]; /* what must not be; "": all is well */
};

/* One seed in a process of the system, which ends soon after it: nothing is
 * freed. */
void cluster_seed_run(const struct cluster_seed_options *options,
                      struct cluster_seed_result *result);

#endif
