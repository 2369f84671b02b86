/*
 * conf_lines.h - configuration that rebalances have set: one KEY=VALUE a line,
 * each key once, VALUE in JSON. Pure.
 */
#ifndef GALE_CONF_LINES_H
#define GALE_CONF_LINES_H

#include "common/pack.h"

/*
 * `before` (NULL: nothing) with the texts of a list, each KEY=VALUE, in place
 * of what it has of the same keys; to be freed. NULL with the error: a text
 * that is none, a key that gale does not obey in a topology, or a value that is
 * not the key's.
 */
char *conf_lines_merge(const char *before, const msgpack_object *list,
                       gale_err *error);

#endif
