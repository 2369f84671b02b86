/*
 * flux_properties.h - a file of properties, as Java has them: the values of
 * ${…} in a topology.
 *
 * A line is `name=value` or `name: value`; # and ! begin a comment, a backslash
 * at the end of a line goes on in the next one, \n, \t, \r, \f, \\, \: and so
 * on are what they are in Java, \uXXXX is a character. The file is UTF-8.
 */
#ifndef GALE_FLUX_PROPERTIES_H
#define GALE_FLUX_PROPERTIES_H

#include "topology-api/settings.h"
#include <gale/local.h> /* gale_err */

enum { FLUX_PROPERTIES_MAX = 1 << 20 }; /* bytes of text */

/* Names and strings; the caller's to free. NULL with `name:line: …`. */
struct settings *flux_properties_read(const char *name, const char *text,
                                      size_t size, gale_err *error);

#endif
