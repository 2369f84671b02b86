/*
 * describe.h - shared objects and topologies as text for people (gale inspect).
 *
 * What cannot be written to `out` is not noticed here: check ferror(out).
 */
#ifndef GALE_DESCRIBE_H
#define GALE_DESCRIBE_H

#include "topology-api/model.h"
#include <stdio.h>

/*
 * Each spout, bolt, grouping and topology of a shared object, with streams,
 * fields, options. file is a path, or a name that is found as plugins are; a
 * ":ID" behind it shows only what has this id. Nothing is written unless all
 * can be. 0, or -1 with the error.
 */
int describe_file(FILE *out, const char *file, gale_err *error);

/* The topology as a graph: each component, and where each stream goes. */
void describe_model(FILE *out, const struct model *m);

#endif
