/*
 * topology.h - the model of a recorded topology: made, freed; private.
 */
#ifndef GALE_TOPOLOGY_PRIVATE_H
#define GALE_TOPOLOGY_PRIVATE_H

#include "topology-api/builder.h"

/* NULL is fine. */
void topology_free(struct model *m);

#endif
