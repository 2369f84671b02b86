/*
 * json_values.h - from JSON texts (RFC 8259) to gale's values; the other way is
 * json_text.h.
 *
 * An object is a map with its keys in their order, an array a list; whole
 * numbers are ints, those with a point or an exponent floats. What has no
 * counterpart is refused with the end of a sentence in `why`: numbers that do
 * not fit, text that is no UTF-8, keys that come twice or are no text, values
 * that lie in each other more than JSON_VALUES_DEPTH deep.
 *
 * Neither clock nor I/O; jansson reads.
 */
#ifndef CONNECTORS_JSON_VALUES_H
#define CONNECTORS_JSON_VALUES_H

#include <gale/tuple.h>
#include <jansson.h>

enum {
    JSON_VALUES_DEPTH = 16, /* as deep as a tuple's field may be */
    JSON_WHY = 256,         /* bytes of the reason */
};

/* The object of a text of at most max_bytes; the caller ends it by
 * json_decref(). NULL: why says what is wrong, and at which column. */
json_t *json_object_of(gale_str text, size_t max_bytes, char why[JSON_WHY]);

/* *value borrows texts from j, and is freed by json_value_free(). */
bool json_value_of(const json_t *j, gale_value *value, char why[JSON_WHY]);
void json_value_free(gale_value value);

#endif
