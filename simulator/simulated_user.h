/*
 * simulated_user.h - somebody who submits roll calls to a simulated cluster and
 * gives it commands, some of them twice, some that cross each other.
 *
 * What was answered must have its effect; what was not answered may have it.
 * He looks at the counters of what has finished:
 *
 *     B  nothing counts more than was done; and, if nothing has failed, all of
 *        it, in a topology whose workers have stayed
 */
#ifndef GALE_SIMULATED_USER_H
#define GALE_SIMULATED_USER_H

#include "common/digest.h"
#include "simulator/simulated_cluster.h"

enum { ROLLS_MAX = 16, ROLL_NAME = 16, ROLL_ID = 64 };

enum roll_fate {
    ROLL_UNKNOWN, /* nobody has said whether there is one */
    ROLL_ACCEPTED,
    ROLL_KILLED,         /* and that was answered */
    ROLL_PERHAPS_KILLED, /* and that was not */
};

/* A topology that is to be submitted. */
struct simulated_roll {
    char name[ROLL_NAME];
    uint64_t count; /* numbers */
    bool stays;     /* it is not rebalanced */
    void *description;
    size_t description_size;
    enum roll_fate fate;
    char id[ROLL_ID]; /* once it is accepted */
};

struct simulated_user {
    struct simulated_cluster *cluster;
    const void *plugin; /* the content of its one file */
    size_t plugin_size;
    uint32_t n_rolls;
    struct simulated_roll rolls[ROLLS_MAX];
    bool is_calm; /* nothing fails */
    bool healed;  /* set by others: no more commands but those that end it */

    struct log *log; /* NULL: it says nothing */
    bool done;       /* each that was accepted runs to its end, or is over */
    uint64_t commands, refused, unanswered;
};

/* Begins, on a machine of its own. */
void simulated_user_start(struct simulated_user *u);

#endif
