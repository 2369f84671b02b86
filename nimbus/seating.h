/*
 * seating.h - where the workers of all topologies are while a scheduler is at
 * work; the steps of scheduler.h.
 */
#ifndef GALE_SEATING_H
#define GALE_SEATING_H

#include "nimbus/slot_table.h"

/* Of one topology. */
struct plan {
    struct schedule_topology *t;
    uint32_t n_workers; /* 0: it runs nowhere */
    struct seat *seats; /* by worker */
    bool shared_anew;   /* its executors are dealt out again */
    bool moved;         /* some of its seats are new */
};

struct seating {
    const struct scheduler *scheduler;
    const struct schedule *schedule;
    struct slot_table slots;
    struct plan *plans; /* those first that were launched first */
    uint32_t *mine;     /* by supervisor, for the topology in hand */
    bool *marked;       /* the same */
};

/* Who is well has taken its slot. */
void seating_init(struct seating *p, const struct scheduler *scheduler,
                  const struct schedule *s);
void seating_fini(struct seating *p);

/* The steps; each does nothing with a topology that it is not for. */
void seating_replace_lost(struct seating *p, struct plan *plan);
void seating_replace_failing(struct seating *p, struct plan *plan);
void seating_rebalance(struct seating *p, struct plan *plan);
void seating_launch(struct seating *p, struct plan *plan);

/* Fill in mine and marked for the topology; zeroes again. */
void seating_look(struct seating *p, const struct plan *plan);
void seating_look_away(struct seating *p, const struct plan *plan);

/* In spread.c: what scheduler.h says of `spread`. */
void spread(struct seating *p);

/* In new_assignment.c: the assignment that the plan is, if it is a new one. */
void new_assignment(const struct seating *p, const struct plan *plan);

#endif
