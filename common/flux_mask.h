/*
 * flux_mask.h - ${NAME} while YAML is read.
 *
 * In a list in [] or a map in {}, a brace is YAML's own, and ${NAME} without
 * quotes would be none. So it is another word of as many characters for as long
 * as the text is read, and itself again in what was read.
 */
#ifndef GALE_FLUX_MASK_H
#define GALE_FLUX_MASK_H

#include <stddef.h>

enum { FLUX_MASK_GROWTH = 3 }; /* so many times as long, at most */

/* A copy of the text, which is the caller's to free, with each ${NAME} masked
 * whose name is of letters, digits, '.', '_' and '-'. NULL if the text has the
 * characters of masks already: then it is to be read as it is. */
char *flux_mask(const char *text, size_t size, size_t *new_size);

/* In its place; the new size. A yaml_scalar_fn. */
size_t flux_unmask(char *text, size_t size);

#endif
