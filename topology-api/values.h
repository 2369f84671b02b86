/*
 * values.h - what is beyond settings.h about values: are they fit to be kept.
 */
#ifndef GALE_VALUES_H
#define GALE_VALUES_H

#include "topology-api/settings.h"

#define VALUES_DEPTH_MAX 16u
#define VALUES_TEXT_MAX (16u << 20) /* bytes of one text */

/*
 * NULL if value_copy() can take it; else what is wrong with it, as in "it is
 * …": of a kind that is reserved or unknown, nested too deeply, too long,
 * without the memory that it says it has.
 */
const char *values_defect(gale_value value);

#endif
