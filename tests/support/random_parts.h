/* random_parts.h - what the spouts and bolts of a random topology do. */
#ifndef TESTS_RANDOM_PARTS_H
#define TESTS_RANDOM_PARTS_H

#include "tests/support/random_topology.h"

/* Fills part.probe, once style and shape are drawn. */
void random_parts_fill(struct random_part *p, bool spout);

#endif
