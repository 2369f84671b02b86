/*
 * assignment_change.h - what is different between two assignments of a
 * topology: which workers go on as they are, and how much moves.
 *
 * Pure. An executor is what it is by its component and its tasks; a worker goes
 * on if it has the same slot and the same executors.
 */
#ifndef GALE_ASSIGNMENT_CHANGE_H
#define GALE_ASSIGNMENT_CHANGE_H

#include "common/assignment_record.h"
#include "common/topology_record.h"

struct assignment_change {
    uint32_t executors; /* of the topology, after it … */
    uint32_t moved;     /* … that their worker did not have before */
    uint32_t go_on;     /* workers of the same birth */
    uint32_t anew;      /* … of another one */
    uint32_t more;      /* … whose numbers were not there before */
    uint32_t gone;      /* … whose numbers are not there any more */
    uint32_t workers;   /* there are then … */
    uint32_t wanted;    /* … of so many that the topology shall have */
};

/* Worker w, which is in both, has the same executors. t says how many tasks
 * each component has. */
bool assignment_same_executors(const struct topology_record *t,
                               const struct assignment_record *a,
                               const struct assignment_record *b, uint32_t w);

/* before: NULL, if it ran nowhere. */
struct assignment_change assignment_change(
    const struct topology_record *t, const struct assignment_record *before,
    const struct assignment_record *after);

#define ASSIGNMENT_CHANGE_TEXT 300u

/* "3 of 9 executors move; 2 workers go on, 1 starts anew, 1 is new, 1 ends",
 * and if they are fewer than they shall be, that. */
void assignment_change_text(const struct assignment_change *c,
                            char text[ASSIGNMENT_CHANGE_TEXT]);

#endif
