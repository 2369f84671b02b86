/*
 * plugin_check.h - descriptors that this gale can run, as full-size copies.
 *
 * A shorter (older) descriptor is copied and the members that it lacks are
 * zero; of a longer (newer) one the known part is. A descriptor of another ABI,
 * that needs a newer host, that fills a reserved slot or whose tables are
 * damaged is refused with one sentence.
 */
#ifndef GALE_PLUGIN_CHECK_H
#define GALE_PLUGIN_CHECK_H

#include "topology-api/plugin.h"

int plugin_check_spout(struct plugin *plugin, const char *id, gale_spout *spout,
                       gale_err *error);
int plugin_check_bolt(struct plugin *plugin, const char *id, gale_bolt *bolt,
                      gale_err *error);
int plugin_check_grouping(struct plugin *plugin, const char *id,
                          gale_grouping *grouping, gale_err *error);
int plugin_check_hook(struct plugin *plugin, const char *id, gale_hook *hook,
                      gale_err *error);
int plugin_check_invariant(struct plugin *plugin, const char *id,
                           gale_invariant *invariant, gale_err *error);
int plugin_check_topology(struct plugin *plugin, const char *id,
                          gale_topology *topology, gale_err *error);

#endif
