/*
 * assignment_record.h - /assignments/ID: which worker of a topology is where,
 * and which executors it has.
 *
 * Executors of a component are numbered from 0 on; each belongs to exactly one
 * worker. Signed: workers take their peers' addresses from it.
 */
#ifndef GALE_ASSIGNMENT_RECORD_H
#define GALE_ASSIGNMENT_RECORD_H

#include "common/record.h"
#include "common/topology_id.h"

/* Executors first … first + n - 1 of a component. */
struct executor_range {
    uint32_t component; /* its index */
    uint32_t first;
    uint32_t n; /* at least 1 */
};

struct assigned_worker {
    char supervisor[RECORD_NAME_SIZE];
    char address[RECORD_HOST_SIZE]; /* where its peers find it */
    uint32_t port;                  /* the slot */
    uint64_t birth; /* version of the assignment at which it got this slot, and
                       these executors */
    uint32_t n_executors;             /* elements, not executors */
    struct executor_range *executors; /* by component, then first */
};

struct component_size {
    uint32_t executors; /* at least 1 */
};

struct assignment_record {
    char topology[TOPOLOGY_ID_SIZE]; /* its id */
    uint64_t assignment_version;     /* from 1 on; one more with each change */
    uint64_t epoch;                  /* of the leader that wrote it */
    uint32_t n_components;
    struct component_size *components;
    uint32_t n_workers;
    struct assigned_worker *workers; /* by number */

    struct record_rest rest;
};

/* See record_pack(), record_unpack(). */
int assignment_record_pack(const struct assignment_record *a,
                           const struct digest *key, struct pack *p,
                           gale_err *error);
int assignment_record_unpack(const void *data, size_t size,
                             const struct digest *key,
                             struct assignment_record *a, gale_err *error);
void assignment_record_free(struct assignment_record *a);
void assignment_record_copy(const struct assignment_record *from,
                            struct assignment_record *to);

#endif
