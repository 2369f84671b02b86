/*
 * topology_overrides.h - what files and the command line set: for all
 * components, or for one.
 *
 * OPTION holds for every component that has such an option, COMPONENT.OPTION
 * for the one of that id, and is the stronger of both.
 */
#ifndef GALE_TOPOLOGY_OVERRIDES_H
#define GALE_TOPOLOGY_OVERRIDES_H

#include "topology-api/builder.h"

/*
 * Deal the builder's files and overrides out to m->file, m->overrides and to
 * those of its components, whose plugins are known. 0, or -1 with an error
 * about a component or an option of the command line that is not there, with
 * the nearest that is. (A file may be there for several topologies:
 * topology_check_settings() warns.)
 */
int topology_overrides(const struct builder *b, struct model *m,
                       gale_err *error);

/* 0 if the key may hold for all components. -1 with a sentence, which begins
 * with `where`, if COMPONENT.OPTION was meant and one of both is not there. */
int topology_overrides_fit(const struct model *m, const char *where,
                           const char *key, gale_err *error);

#endif
