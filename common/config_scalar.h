/*
 * config_scalar.h - what an unquoted word of a configuration means.
 *
 * YAML as Storm's parser reads it (YAML 1.1, without sexagesimal numbers and
 * dates, which stay strings; octal numbers without 0o are for their readers to
 * refuse), and JSON to the letter. The value of a string
 * borrows the text.
 */
#ifndef GALE_CONFIG_SCALAR_H
#define GALE_CONFIG_SCALAR_H

#include <gale/value.h>

/* nil, bool, int, float or string. An integer beyond 64 bits is a float. The
 * text is NUL-terminated behind its size. */
gale_value config_scalar_yaml(const char *text, size_t size);

/* A word such as 010, which is 8 in YAML 1.1, as Storm's parser has it, and 10
 * in YAML 1.2; or 08, which is a text in the one and a number in the other. */
bool config_scalar_is_ambiguous(const char *text);

/* What to do about it, behind the word. */
#define CONFIG_SCALAR_AMBIGUOUS                                                \
    "may be octal or not: write it without a zero in front, with 0o if it is " \
    "octal, or in quotes if it is a text"

/* null, true, false or a number, else false. NUL-terminated, too. */
bool config_scalar_json(const char *text, size_t size, gale_value *value);

#endif
