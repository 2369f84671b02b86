/*
 * json_text.h - a value as JSON: what a list or a map becomes in one column,
 * one line, one record.
 *
 * JSON has no bytes, no NaN, no infinite numbers, and names that are texts; a
 * value that holds one of these is refused, and so is text that is not UTF-8.
 * Pure.
 */
#ifndef CONNECTORS_JSON_TEXT_H
#define CONNECTORS_JSON_TEXT_H

#include <gale/tuple.h>
#include <stdio.h>

/* v: of `in`, from gale_get() or gale_item(). NULL, or why not, as in "JSON
 * has no bytes"; then the text is incomplete. */
const char *json_text_write(FILE *out, const gale_tuple *in, gale_value v);

#endif
