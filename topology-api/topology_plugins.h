/*
 * topology_plugins.h - which descriptor of which file each name of a topology
 * means.
 *
 * A name is looked for once per topology, and what it meant is kept in the
 * model, so that a description of it (common/description.h) can say so. Where a
 * topology is built from a description, that has said it, and nothing is
 * searched for.
 */
#ifndef GALE_TOPOLOGY_PLUGINS_H
#define GALE_TOPOLOGY_PLUGINS_H

#include "topology-api/builder.h"
#include "topology-api/plugin_find.h"

/* 0, or -1 with the error. */
int topology_plugin(const struct builder *b, struct model *m,
                    enum manifest_kind kind, const char *name,
                    struct plugin_found *found, gale_err *error);

/* Among what the model has so far; NULL if there is none. */
const struct model_plugin *topology_plugin_of(const struct model *m,
                                              enum manifest_kind kind,
                                              const char *name);

/* For a builder that is `described`: a name of this kind means this. What the
 * plugin's file and id are is copied. */
void topology_plugin_give(struct builder *b, enum manifest_kind kind,
                          const char *name, struct plugin_found found);

/* n elements and their array. */
void topology_plugins_free(struct model_plugin *plugins, uint32_t n);

#endif
