/*
 * topology_graph.h - cycles of a model, and the order of its components.
 *
 * Sets `cycle` and `cyclic` of each component, `in_cycle` of each input and
 * `order`, upstream first: a component comes as early as it was added, but
 * behind everything that feeds it; members of a cycle stand next to each other
 * in the order in which they were added. A function of the inputs alone.
 */
#ifndef GALE_TOPOLOGY_GRAPH_H
#define GALE_TOPOLOGY_GRAPH_H

#include "topology-api/model.h"

/* m->order is allocated; each input's `from` is a component of m. */
void topology_graph(struct model *m);

#endif
