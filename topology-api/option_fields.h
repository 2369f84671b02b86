/*
 * option_fields.h - which fields of its input an option of a bolt names.
 */
#ifndef GALE_OPTION_FIELDS_H
#define GALE_OPTION_FIELDS_H

#include <gale/option.h>

/* How the names are written, see GALE_OPTION_FIELDS_IN(). */
enum option_fields_form {
    OPTION_FIELDS_LINES,
    OPTION_FIELDS_EQUALS,
    OPTION_FIELDS_BRACES,
    OPTION_FIELDS_UNKNOWN,
};

/* Of a row of GALE_OPTION_TYPE_FIELDS. */
enum option_fields_form option_fields_form(const gale_option *option);

/* The next name in the option's text, *at being 0 at first; false behind the
 * last. It is a part of the text. */
bool option_fields_next(enum option_fields_form form, gale_str text, size_t *at,
                        gale_str *name);

#endif
