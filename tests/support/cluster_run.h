/*
 * cluster_run.h - a topology on several workers, all of them in this process,
 * with real connections between them.
 *
 *     struct cluster_run c;
 *
 *     cluster_run_begin(&c, "name", 2);
 *     topology_run_spout(&c.r, "numbers", &numbers, 1);
 *     gale_shuffle(topology_run_bolt(&c.r, "sink", &sink, 2), "numbers");
 *     cluster_run_put(&c, "sink", 1);
 *     cluster_run_complete(&c);
 *     cluster_run_end(&c);
 *
 * The test leads the workers as a nimbus would: it reads their reports, and
 * orders. Executors that are not put anywhere go to the workers in turn.
 */
#ifndef TESTS_CLUSTER_RUN_H
#define TESTS_CLUSTER_RUN_H

#include "tests/support/cluster_world.h"
#include "tests/support/topology_run.h"
#include "worker/member.h"

enum { CLUSTER_WORKERS = 4, CLUSTER_COMPONENTS = 8, CLUSTER_EXECUTORS = 64 };

struct cluster_run {
    struct topology_run r; /* its builder and its log */
    uint32_t n;
    uint32_t carriers; /* of each worker; 0: one */
    uint32_t deaf;     /* bits: workers that hear of no other plan */
    const struct position_keeper *keeper; /* of all; NULL: none */
    struct plan plan;
    struct plan_worker workers[CLUSTER_WORKERS];
    uint32_t executors[CLUSTER_COMPONENTS];
    uint32_t homes[CLUSTER_EXECUTORS];
    struct cluster_world worlds[CLUSTER_WORKERS];
    struct member *members[CLUSTER_WORKERS];
};

void cluster_run_begin(struct cluster_run *c, const char *name, uint32_t n);
void cluster_run_end(struct cluster_run *c);

/* All executors of a component, which is there already, on one worker; or the
 * i-th of them alone. */
void cluster_run_put(struct cluster_run *c, const char *component,
                     uint32_t worker);
void cluster_run_put_one(struct cluster_run *c, const char *component,
                         uint32_t i, uint32_t worker);

/* The topology is whole: its executors count in the plan. For who starts the
 * workers himself. */
void cluster_run_count(struct cluster_run *c);
void cluster_run_start(struct cluster_run *c);
/* One worker, whose member is NULL; then all are told where it is. */
void cluster_run_start_one(struct cluster_run *c, uint32_t worker);
/* … and they are not told. */
void cluster_run_start_untold(struct cluster_run *c, uint32_t worker);
/* As by kill -9: nobody is told anything. */
void cluster_run_kill(struct cluster_run *c, uint32_t worker);

/* Other executors of a component; all are to be put somewhere after that. */
void cluster_run_executors(struct cluster_run *c, const char *component,
                           uint32_t n);
/* A copy of the plan, before it is changed; plan_free(). */
struct plan *cluster_run_plan(struct cluster_run *c);
/* The plan was changed, perhaps also plan.n_workers: as nimbus would, workers
 * whose executors are others than in `before` are replaced by new ones, the
 * rest is told, and all act by it. Returns a bit for each worker that goes
 * on. */
uint32_t cluster_run_rebalance(struct cluster_run *c,
                               const struct plan *before);
/* The same, but nobody waits until all act by it. */
uint32_t cluster_run_give_plan(struct cluster_run *c,
                               const struct plan *before);
/* Spouts rest, and all that is under way comes to its end; or they go on. */
void cluster_run_rest(struct cluster_run *c);
void cluster_run_go_on(struct cluster_run *c);

/* All plans as they are now, to all. */
void cluster_run_tell(struct cluster_run *c);

/* Breaks all connections of a worker. */
void cluster_run_cut(struct cluster_run *c, uint32_t worker);

/* Writes nonsense into memory that the worker shares with another one; false:
 * it shares none now. */
bool cluster_run_scribble(struct cluster_run *c, uint32_t worker);

struct member_report cluster_run_report(struct cluster_run *c, uint32_t worker);

/* Waits until every spout is exhausted, all is acked, and nothing is under way;
 * starts it if need be. */
void cluster_run_until_complete(struct cluster_run *c);
/* The same; then all of it is drained, finished and closed, without an error.
   */
void cluster_run_complete(struct cluster_run *c);

/* Counters of a component on all workers together: what can be added up. */
gale_component_stats cluster_run_stats(struct cluster_run *c, const char *id);

/* One of five groupings: lot is 0 … 4. */
void cluster_run_subscribe(uint32_t lot, gale_declarer *to, const char *from,
                           const char *field);

#endif
