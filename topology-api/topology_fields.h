/*
 * topology_fields.h - names of fields in options of bolts: whether the inputs
 * have them.
 */
#ifndef GALE_TOPOLOGY_FIELDS_H
#define GALE_TOPOLOGY_FIELDS_H

#include "topology-api/builder.h"

/* The inputs are resolved. 0, or -1 with the first error. */
int topology_fields(struct builder *b, const struct model *m, gale_err *error);

/* The index of the field; UINT32_MAX if the stream does not declare it. */
uint32_t topology_fields_find(const struct stream_decl *stream, gale_str name);

/* Returns -1, with the sentence: `who`, as `component "x" groups by`, the
 * field, and what the stream has instead. */
int topology_fields_missing(const char *who, gale_str name,
                            const struct component *from,
                            const struct stream_decl *stream, gale_err *error);

#endif
