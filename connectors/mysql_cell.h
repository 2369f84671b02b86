/*
 * mysql_cell.h - a column of a result: where the library puts its value, and
 * what that is for us. Part of mysql_statement.c.
 */
#ifndef CONNECTORS_MYSQL_CELL_H
#define CONNECTORS_MYSQL_CELL_H

#include <gale/value.h>

struct st_mysql_bind;
struct st_mysql_field;

struct mysql_cell {
    gale_kind kind; /* int, float, text or bytes */
    bool is_unsigned;
    char is_null, error;
    unsigned long length; /* of the value, which may be more than fits */
    union {
        int64_t i;
        double f;
    } number;
    char *text;
    size_t capacity;
};

void mysql_cell_init(struct mysql_cell *c, const struct st_mysql_field *field);
void mysql_cell_fini(struct mysql_cell *c);

/* Borrows from c. */
void mysql_cell_bind(struct mysql_cell *c, struct st_mysql_bind *bind);

/* Make room for a text that did not fit; false if it did. */
bool mysql_cell_grow(struct mysql_cell *c);

/* Text is borrowed from c, until the next row. */
gale_value mysql_cell_value(struct mysql_cell *c);

#endif
