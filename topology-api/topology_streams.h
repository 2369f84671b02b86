/*
 * topology_streams.h - the streams of a component: those of its descriptor,
 * then those that its `declare` callback adds.
 */
#ifndef GALE_TOPOLOGY_STREAMS_H
#define GALE_TOPOLOGY_STREAMS_H

#include "topology-api/model.h"

/* c's descriptor and image are there already. 0, or -1 with the error. */
int topology_streams_declare(struct component *c, gale_err *error);

#endif
