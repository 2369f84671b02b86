/*
 * topology_invariants.h - the invariants of the file that the topology is in.
 */
#ifndef GALE_TOPOLOGY_INVARIANTS_H
#define GALE_TOPOLOGY_INVARIANTS_H

#include "topology-api/builder.h"

/* Fills m->invariants; m owns it. 0, or -1 with the error. */
int topology_invariants(const struct builder *b, struct model *m,
                        gale_err *error);

#endif
