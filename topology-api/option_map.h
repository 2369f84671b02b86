/*
 * option_map.h - the option that is a map: all keys that begin with its name.
 *
 * So a component hands on what a library has of settings, hundreds of them,
 * without a row for each (gale/option.h).
 */
#ifndef GALE_OPTION_MAP_H
#define GALE_OPTION_MAP_H

#include "topology-api/option_table.h"

/* Whether the row is a map that a key belongs to, if no row has its name. */
bool option_map_takes(const gale_option *option, const char *key);

/* The pairs that are configured for the component, the strongest layer's value
 * of each key, as a string for gale_option_pair(); texts owns it. -1 if one is
 * no text, number, true or false. */
int option_map_gather(const struct model *m, const struct component *c,
                      const gale_option *option, struct option_texts *texts,
                      gale_value *pairs, gale_err *error);

#endif
