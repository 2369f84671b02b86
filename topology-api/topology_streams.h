/*
 * topology_streams.h - the streams of a component: those of its descriptor,
 * then those that its `declare` callback adds.
 */
#ifndef GALE_TOPOLOGY_STREAMS_H
#define GALE_TOPOLOGY_STREAMS_H

#include "topology-api/stream_decl.h"

/* c is one of m, and its descriptor, image and settings are there already. 0,
 * or -1: then all that is wrong has been told, while the callback runs, too. */
int topology_streams_declare(const struct model *m, struct component *c,
                             stream_decl_wrong_fn *wrong, void *arg);

#endif
