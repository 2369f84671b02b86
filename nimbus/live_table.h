/*
 * live_table.h - the supervisors and workers that liveness.c knows.
 */
#ifndef GALE_LIVE_TABLE_H
#define GALE_LIVE_TABLE_H

#include "nimbus/liveness.h"

struct live_supervisor {
    char id[RECORD_NAME_SIZE];
    bool registered, dead;
    int64_t heard_ns, unregistered_ns; /* not registered: since when */
    uint32_t n_workers, n_present;     /* … of them are not lost */
};

struct live_worker {
    char topology[TOPOLOGY_ID_SIZE];
    uint32_t number;
    uint64_t birth;
    struct live_supervisor *supervisor;
    int64_t heard_ns; /* itself, or when it was placed there */
    bool lost, fails;
    uint32_t n_failed; /* as its supervisor counts */
    uint32_t n_times;  /* … of which the times of the last few are known */
    int64_t failed_ns[LIVENESS_STARTS]; /* oldest first */
};

/* NULL: it is not known. */
struct live_supervisor *live_table_supervisor(const struct liveness *l,
                                              const char *id);
struct live_worker *live_table_worker(const struct liveness *l,
                                      const char *topology, uint32_t number);

/* A new one is not registered since now. */
struct live_supervisor *live_table_make_supervisor(struct liveness *l,
                                                   const char *id,
                                                   int64_t now_ns);

/* The workers of the topology are those of the assignment; NULL: none. Who is
 * where it was keeps what is known of it. True: a supervisor that may be gone
 * has more workers, or fewer. */
bool live_table_assign(struct liveness *l, const char *topology,
                       const struct assignment_record *a, int64_t now_ns);

/* Supervisors that are dead and have no workers. */
void live_table_forget_dead(struct liveness *l);

#endif
