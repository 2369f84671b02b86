/*
 * topology_check.h - whether a topology makes sense.
 *
 * In the order in which topology.c asks: its parts before any plugin is loaded,
 * its subscriptions once streams are known, its shape once it is ordered
 * (topology_graph.h), its settings last.
 */
#ifndef GALE_TOPOLOGY_CHECK_H
#define GALE_TOPOLOGY_CHECK_H

#include "topology-api/builder.h"

/* There is a spout; tasks; bolts have inputs. As all of these: 0, or -1 with
 * the first mistake; where somebody hears of all (builder_hear_all()), 0. */
int topology_check_parts(struct builder *b, gale_err *error);

/* Something enters every cycle. */
int topology_check_reach(const struct model *m, gale_err *error);

/* What a component sets is an option or a configuration key. Of what holds for
 * all it only warns: plugins may ask for it. */
int topology_check_settings(struct builder *b, const struct model *m,
                            gale_err *error);

/*
 * Whether a configuration key is known; if not, fills `nearest` with the known
 * key that is nearest, or "". common/config registers it once, before the first
 * check. Until then every key with a '.' counts as known.
 */
typedef bool settings_known_fn(const char *key, char nearest[64]);
void topology_check_keys(settings_known_fn *known);
settings_known_fn topology_check_known;

#endif
