/*
 * cluster_laws.h - what must be true of a simulated cluster, beside its books
 * and what leaders write (cluster_records.h).
 *
 *     E1  what a leader writes is written by whoever has raised the epoch last
 *     P   what is kept of positions is what roll_book.h says
 *     Z   in the end no node of a topology is left; each ephemeral node has a
 *         session that lives
 *     O   in the end no worker runs and none has left a directory, and daemons
 *         have nothing open that they do not need
 */
#ifndef GALE_CLUSTER_LAWS_H
#define GALE_CLUSTER_LAWS_H

#include "simulator/cluster_records.h"
#include "simulator/simulated_cluster.h"

struct cluster_laws {
    struct simulated_cluster *cluster;
    int64_t leader;  /* session that has written the epoch; 0: none yet */
    uint64_t writes; /* that were looked at */
    struct cluster_records records;
};

/* Looks at each write from now on. */
void cluster_laws_begin(struct cluster_laws *l, struct simulated_cluster *c);

/* Nothing of a topology is left; else *text, of size, says what. */
bool cluster_laws_at_rest(struct simulated_cluster *c, char *text, size_t size);

/* All daemons have ended as they were told. */
void cluster_laws_at_end(struct simulated_cluster *c);

/* Books and all that is to be true at any time. is_calm: nothing fails. */
void cluster_laws_look(struct simulated_cluster *c, bool is_calm);

#endif
