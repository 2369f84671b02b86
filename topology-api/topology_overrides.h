/*
 * topology_overrides.h - what the command line sets: for all components, or
 * for one.
 *
 * `-c OPTION=value` holds for every component that has such an option, `-c
 * COMPONENT.OPTION=value` for the one of that id, and is the stronger of both.
 */
#ifndef GALE_TOPOLOGY_OVERRIDES_H
#define GALE_TOPOLOGY_OVERRIDES_H

#include "topology-api/builder.h"

/*
 * Deal the builder's overrides out to m->overrides and to those of its
 * components, whose plugins are known. 0, or -1 with an error about a component
 * or an option that is not there, with the nearest that is.
 */
int topology_overrides(const struct builder *b, struct model *m,
                       gale_err *error);

#endif
