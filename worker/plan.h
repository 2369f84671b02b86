/*
 * plan.h - what a worker of a cluster is told: who has which executor, and
 * where the others are.
 *
 * A plan numbers executors in all of a topology: those of the first component,
 * in the order of the model, come first. Which a worker has itself does not
 * change while it lives: that is what its birth stands for, together with its
 * slot. Those of others may move from one to another, and addresses and births
 * change each time that one of the others is moved or replaced.
 */
#ifndef GALE_PLAN_H
#define GALE_PLAN_H

#include "common/digest.h"
#include "topology-api/model.h"

#define PLAN_HOST_MAX 46u /* an address in numbers, with the NUL byte */
#define PLAN_ID_MAX 100u  /* of a topology's id */
#define PLAN_WORKERS_MAX 65535u

struct plan_worker {
    char host[PLAN_HOST_MAX];
    uint16_t port;
    uint64_t birth; /* the version at which its number got this place */
};

struct plan {
    char topology[PLAN_ID_MAX]; /* NAME-NUMBER-SECONDS */
    uint64_t version;           /* of the assignment */
    uint32_t n_workers;
    uint32_t me; /* my number */
    struct plan_worker *workers;
    uint32_t n_components; /* 0: each has as many executors as the model says */
    uint32_t *executors;   /* of each component */
    uint32_t n_executors;  /* of all of them together */
    uint32_t *homes;       /* by number of executor: the worker that has it */
    struct digest key;     /* of the topology: peers prove that they have it */
};

/* 0, or -1 with the error: it is no plan for this topology. */
int plan_check(const struct plan *p, const struct model *m, gale_err *error);

/* A copy; plan_free(). */
struct plan *plan_copy(const struct plan *p);
/* Wipes the key. NULL is fine. */
void plan_free(struct plan *p);

/* Another worker is in the place of this one: its number has a later birth. */
bool plan_replaces(const struct plan *from, const struct plan *to);

/* 0, or -1 with the error: it is no plan for this topology, it is for another
 * number, or this worker, if it is not replaced, has other executors in it,
 * which takes a new process. */
int plan_check_change(const struct plan *from, const struct plan *to,
                      const struct model *m, gale_err *error);

/* Executors of component c, by its place in the model. */
uint32_t plan_executors(const struct plan *p, const struct model *m,
                        uint32_t c);

/* All executors have the same tasks and the same homes in both. */
bool plan_same_homes(const struct plan *a, const struct plan *b,
                     const struct model *m);

static inline bool plan_is_mine(const struct plan *p, uint32_t executor)
{
    return p == NULL || p->homes[executor] == p->me;
}

#endif
