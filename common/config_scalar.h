/*
 * config_scalar.h - what an unquoted word of a configuration means.
 *
 * YAML as Storm's parser reads it (YAML 1.1, without sexagesimal numbers and
 * dates, which stay strings), and JSON to the letter. The value of a string
 * borrows the text.
 */
#ifndef GALE_CONFIG_SCALAR_H
#define GALE_CONFIG_SCALAR_H

#include <gale/value.h>

/* nil, bool, int, float or string. An integer beyond 64 bits is a float. The
 * text is NUL-terminated behind its size. */
gale_value config_scalar_yaml(const char *text, size_t size);

/* null, true, false or a number, else false. NUL-terminated, too. */
bool config_scalar_json(const char *text, size_t size, gale_value *value);

#endif
