/*
 * choice.h - who takes the next worker of a topology: a heap of candidates.
 */
#ifndef GALE_CHOICE_H
#define GALE_CHOICE_H

#include "nimbus/slot_table.h"

struct choice {
    const struct scheduler *scheduler;
    struct slot_table *table;
    uint32_t n;
    struct candidate *heap; /* the best first */
};

/*
 * All open supervisors that have a free slot. mine: workers of the topology
 * that each supervisor has; marked: whether it is to be taken last. Until
 * choice_fini() slots are taken by choice_take() only.
 */
void choice_init(struct choice *c, const struct scheduler *scheduler,
                 struct slot_table *table, const uint32_t *mine,
                 const bool *marked);
void choice_fini(struct choice *c);

/* NULL: no slot is free. */
const struct candidate *choice_best(const struct choice *c);
/* A slot of that one, or nowhere. */
struct seat choice_take(struct choice *c);

#endif
