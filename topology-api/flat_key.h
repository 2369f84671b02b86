/*
 * flat_key.h - a key that was written in parts, one inside the other.
 *
 * `topology:` and in it `debug: true` is how other programs have it; here, and
 * in Storm, a key is one word with dots.
 */
#ifndef GALE_FLAT_KEY_H
#define GALE_FLAT_KEY_H

#include "topology-api/topology_check.h"

enum { FLAT_KEY_MAX = 400 };

/* True, and `; keys are written flat, as "topology.debug: true"`, if name, with
 * what is in the map behind it, makes a known key; its value if that is a
 * number or a bool. */
bool flat_key_hint(const char *name, gale_value value, settings_known_fn *known,
                   char hint[FLAT_KEY_MAX]);

#endif
