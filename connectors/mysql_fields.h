/*
 * mysql_fields.h - which field of an input goes to which column of a table.
 *
 * Either they are listed, "column" or "column=field"; or each column is taken
 * that has the name of a field. Then come the fields of a dedup key that have
 * columns in a table of their own.
 */
#ifndef CONNECTORS_MYSQL_FIELDS_H
#define CONNECTORS_MYSQL_FIELDS_H

#include "connectors/mysql_columns.h"
#include <gale/tuple.h>

/* Starts zeroed. */
struct mysql_fields {
    char **names;
    uint32_t *columns;
    uint32_t n, capacity;
    uint32_t *at; /* places in tuples of `component`, `stream` */
    const char *component, *stream;
};

void mysql_fields_fini(struct mysql_fields *f);
void mysql_fields_add(struct mysql_fields *f, gale_str name, uint32_t column);

/* The index of the field; MYSQL_NO_COLUMN if it is not among them. */
uint32_t mysql_fields_find(const struct mysql_fields *f, gale_str name);

/* One a line. */
GALE_MUST_CHECK bool mysql_fields_listed(struct mysql_fields *f,
                                         const struct mysql_columns *c,
                                         struct mysql_session *s,
                                         gale_str list);

/* By the names of an input's fields. */
GALE_MUST_CHECK bool mysql_fields_taken(struct mysql_fields *f,
                                        const struct mysql_columns *c,
                                        struct mysql_session *s,
                                        const gale_tuple *in);

/* The next line of an option that is a list: *at is 0 at first. False behind
 * the last, and for an empty text. */
bool mysql_fields_line(gale_str list, size_t *at, gale_str *line);

/* "column=field", or "column", which is the field, too. */
void mysql_fields_split(gale_str line, gale_str *column, gale_str *field);

/* A column that is listed twice, as it is written then; empty if none is. */
gale_str mysql_fields_twice(gale_str list);

/* Where they are in this input. `options` are those that name them, as "option
 * params", for the sentence about one that is not there. (The session may be
 * busy meanwhile.) */
GALE_MUST_CHECK bool mysql_fields_locate(struct mysql_fields *f,
                                         struct mysql_problem *problem,
                                         const gale_tuple *in,
                                         const char *options);

#endif
