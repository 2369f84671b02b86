/*
 * topology_inputs.h - subscriptions: names looked up, groupings checked.
 */
#ifndef GALE_TOPOLOGY_INPUTS_H
#define GALE_TOPOLOGY_INPUTS_H

#include "topology-api/builder.h"

/* Fills the inputs of m's components from what b has recorded; all streams are
 * declared. 0, or -1 with the first error; m owns what was made either way. */
int topology_inputs_resolve(struct builder *b, struct model *m,
                            gale_err *error);

#endif
