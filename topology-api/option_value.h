/*
 * option_value.h - one row of an options table, and one value for it.
 *
 * A default is text and goes the way of a configured value: it is read as a
 * gale_value, which must suit the row, and is then stored at its offset.
 */
#ifndef GALE_OPTION_VALUE_H
#define GALE_OPTION_VALUE_H

#include "topology-api/settings.h"
#include <gale/option.h>

/* Whether the member is the text of one value. */
static inline bool option_value_is_text(const gale_option *option)
{
    return option->type == GALE_OPTION_TYPE_STR ||
           option->type == GALE_OPTION_TYPE_FIELDS;
}

/* … or of several, one a line (GALE_OPTION_LIST()). */
bool option_value_is_list(const gale_option *option);

/* "an integer from 1 to 10", "one of red, green" …; returns buffer. Of a map,
 * this and option_value_suits() are about the value of one key; what is stored
 * are its pairs. */
char *option_value_expected(const gale_option *option, char *buffer,
                            size_t size);

/* The number of a word in `choices`, -1 if it is none of them. */
int32_t option_value_choice(const gale_option *option, gale_str word);

/* What the default, which is there, says; nil, which suits no row, if it cannot
 * be read. */
gale_value option_value_default(const gale_option *option);

bool option_value_suits(const gale_option *option, gale_value v);

/* The value suits, and the member is aligned and within the instance. Text is
 * borrowed from the value. */
void option_value_store(const gale_option *option, gale_value v,
                        void *instance);

#endif
