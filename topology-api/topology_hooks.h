/*
 * topology_hooks.h - the hooks that topology.auto.task.hooks names.
 */
#ifndef GALE_TOPOLOGY_HOOKS_H
#define GALE_TOPOLOGY_HOOKS_H

#include "topology-api/builder.h"

#define TOPOLOGY_HOOKS_KEY "topology.auto.task.hooks"

/* Fills m->hooks; m owns it. 0, or -1 with the error. */
int topology_hooks(const struct builder *b, struct model *m, gale_err *error);

#endif
