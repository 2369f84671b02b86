/*
 * config.h - what a key is set to, for the parts that obey it.
 *
 * Keys, types, defaults and ranges are the rows of config_keys.def. Values come
 * from layers (model_config() in topology-api/model.h), strongest first:
 * command line, component, topology, files; then the row's default. A null says
 * "as if it were not set" and ends the search: the default holds.
 *
 * config_file.c fills two of the layers (gale_builder_config_file() and
 * gale_builder_override() of gale/local.h). config_check() runs before the
 * topology starts, so that the getters cannot fail: asking for a key of another
 * type, for one that the table does not have, or for the number of a key that
 * has neither value nor default is a failed check().
 */
#ifndef GALE_CONFIG_H
#define GALE_CONFIG_H

#include "topology-api/model.h"

/* Tell the topology's check which keys there are (topology_check.h). Before a
 * topology is checked; again is harmless. */
void config_register(void);

/*
 * Types and ranges of what the topology, its components and the layers above
 * set, that none of them has a key of daemons, and that a component gets no key
 * that is not for one. 0, or -1 with component, key, found and expected.
 */
int config_check(const struct model *m, gale_err *error);

/* c: NULL asks for the topology. */
bool config_is_set(const struct model *m, const struct component *c,
                   const char *key); /* by a layer or by its default */
int64_t config_int(const struct model *m, const struct component *c,
                   const char *key);
double config_float(const struct model *m, const struct component *c,
                    const char *key); /* FLOAT; an INT is fine, too */
bool config_bool(const struct model *m, const struct component *c,
                 const char *key);

/* Whatever there is, also for keys that are not in the table; nil if there is
 * nothing. Lives as long as the model. */
gale_value config_value(const struct model *m, const struct component *c,
                        const char *key);

#endif
