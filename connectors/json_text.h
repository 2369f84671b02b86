/*
 * json_text.h - a value as JSON (RFC 8259): what a list or a map becomes in one
 * column, one line, one record.
 *
 * A float is the shortest text that reads back as the same number, and keeps
 * its point. JSON has no bytes, which are refused or become base64 (RFC 4648),
 * no NaN, no infinite numbers, and names that are texts and differ; a value
 * that holds one of these is refused, and so is text that is not UTF-8. Pure.
 */
#ifndef CONNECTORS_JSON_TEXT_H
#define CONNECTORS_JSON_TEXT_H

#include "connectors/text_out.h"
#include <gale/tuple.h>

enum json_bytes { JSON_BYTES_BASE64, JSON_BYTES_REFUSED };

/* v: of `in`, from gale_get() or gale_item(). NULL, or why not, as in "JSON
 * has no bytes"; then the text is incomplete. */
const char *json_text_write(struct text_out *out, const gale_tuple *in,
                            gale_value v, enum json_bytes bytes);

#endif
