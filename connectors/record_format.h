/*
 * record_format.h - a tuple as one line of a file: fields between delimiters,
 * or an object of JSON.
 *
 * A record ends with a newline, and none is inside. In delimited records a
 * value is its text: numbers so that they read back as the same, `true` and
 * `false`, a list or a map as JSON, nil as the text `null`. A value that holds
 * the delimiter, a newline or a carriage return would be taken for more than
 * one; the option `escape` says what becomes of it:
 *
 *     refuse      the record is bad
 *     backslash   \ before the delimiter; \n, \r and \\ for these three: Hive's
 *                 ESCAPED BY '\\'
 *     blank       a blank for each
 *
 * JSON has its own way for all of these, but no bytes and no broken UTF-8: the
 * record is bad.
 *
 * Pure.
 */
#ifndef CONNECTORS_RECORD_FORMAT_H
#define CONNECTORS_RECORD_FORMAT_H

#include "connectors/text_out.h"
#include <gale/tuple.h>

enum record_kind { RECORD_DELIMITED = 0, RECORD_JSON = 1 };

enum record_escape {
    RECORD_REFUSE = 0,
    RECORD_BACKSLASH = 1,
    RECORD_BLANK = 2,
};

enum { RECORD_DELIMITER_MAX = 16 };

/* Starts zeroed, but for the options, which it borrows. */
struct record_format {
    int32_t kind, escape;
    gale_str fields; /* one name a line; none: all of the tuple */
    gale_str delimiter, null;

    char **names;
    uint32_t n_names;
    bool stops[256]; /* something special may begin with this byte */
};

/* NULL, or what is wrong with the options: a whole sentence. */
const char *record_format_check(const struct record_format *f);
/* The same, and it is ready. */
const char *record_format_init(struct record_format *f);
void record_format_fini(struct record_format *f);

/* The first of its fields that the tuple has not got; NULL: it has all. */
const char *record_format_missing(const struct record_format *f,
                                  const gale_tuple *in);

/* Write the record of a tuple in which no field is missing. NULL, or why it is
 * bad, and *field is of which field; then it is written in part. */
const char *record_format_write(const struct record_format *f,
                                struct text_out *out, const gale_tuple *in,
                                const char **field);

#endif
