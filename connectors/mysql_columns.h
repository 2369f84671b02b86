/*
 * mysql_columns.h - a table as its server describes it: columns, unique keys.
 *
 * Names in statements come from here, and nowhere else, in quotes: what an
 * option or a tuple says is only ever looked up among them.
 */
#ifndef CONNECTORS_MYSQL_COLUMNS_H
#define CONNECTORS_MYSQL_COLUMNS_H

#include "connectors/mysql_session.h"
#include <stdio.h>

struct mysql_column {
    char *name;
    bool optional; /* an INSERT may leave it out */
    bool generated;
    bool integer, text; /* of these types */
};

/* One that holds for every row: its columns are NOT NULL, and whole. */
struct mysql_key {
    char *name;
    uint32_t *columns; /* numbers of them */
    uint32_t n;
    bool whole;
};

/* Starts zeroed. */
struct mysql_columns {
    char *table, *engine; /* NULL: no such table; a view */
    bool transactions;    /* what is written can be taken back */
    struct mysql_column *items;
    uint32_t n;
    struct mysql_key *keys;
    uint32_t n_keys;
};

#define MYSQL_NO_COLUMN UINT32_MAX

/* Ask the server, which is connected, about a table of the session's database;
 * what was known before is forgotten. */
GALE_MUST_CHECK bool mysql_columns_read(struct mysql_columns *c,
                                        struct mysql_session *s,
                                        const char *table);
void mysql_columns_fini(struct mysql_columns *c);

/* As MySQL compares names of columns; MYSQL_NO_COLUMN if there is none. */
uint32_t mysql_columns_find(const struct mysql_columns *c, const char *name);

/* A unique key over exactly these columns, in any order. */
bool mysql_columns_unique(const struct mysql_columns *c,
                          const uint32_t *columns, uint32_t n);

/* `name`, and what is in it doubled. */
void mysql_columns_quote(FILE *sql, const char *name);

/* Names of all of them, with commas; the caller frees it. */
char *mysql_columns_names(const struct mysql_columns *c);

#endif
