/*
 * json_read.h - a JSON text as a value of gale's.
 *
 * Reading is left to jansson: strict RFC 8259, with the place of an error.
 * Lists are lists, objects maps in their order, whole numbers ints.
 */
#ifndef GALE_JSON_READ_H
#define GALE_JSON_READ_H

#include <gale/local.h> /* gale_err */
#include <gale/value.h>

/* An object or a list. 0, and the value is the caller's to value_free(); or -1
 * with "column N: what is wrong", and the value is as it was. */
int json_read(const char *text, size_t size, gale_value *value,
              gale_err *error);

#endif
