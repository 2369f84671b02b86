/*
 * flux_replace.h - ${…} in a text, replaced.
 *
 * A text is replaced when YAML has been read, so that no value can become a
 * part of the file: a line break in it makes no new key.
 */
#ifndef GALE_FLUX_REPLACE_H
#define GALE_FLUX_REPLACE_H

#include <gale/local.h> /* gale_err */
#include <stdbool.h>

enum { FLUX_REPLACED_MAX = 1 << 16 }; /* bytes of a text with its values */

/* What stands for the name; NULL with the reason why nothing does. */
typedef const char *flux_lookup_fn(void *arg, const char *name,
                                   gale_err *error);

/* Whether there is something to be replaced. */
bool flux_replace_wanted(const char *text);

/*
 * Each ${NAME} becomes what `lookup` says, which is not looked at again; $${
 * becomes ${. The new text ends with a NUL byte and is the caller's to free.
 * NULL with the error.
 */
char *flux_replace(const char *text, flux_lookup_fn *lookup, void *arg,
                   gale_err *error);

#endif
