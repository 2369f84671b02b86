/*
 * mysql_array.h - the values of one parameter, as the client library takes
 * them: an array of one type, NULLs beside it. Part of mysql_statement.c.
 */
#ifndef CONNECTORS_MYSQL_ARRAY_H
#define CONNECTORS_MYSQL_ARRAY_H

#include <gale/value.h>

struct st_mysql_bind;

/* Eight bytes whatever it is, as the library steps through them. */
union mysql_element {
    int64_t i;
    double f;
    const char *text;
};

/* Starts zeroed. */
struct mysql_array {
    gale_kind kind; /* nil while all are; int is for bools, too */
    size_t n, capacity;
    union mysql_element *elements;
    unsigned long *lengths;
    char *indicators;
    char is_null; /* of the first, for a call without arrays */
};

void mysql_array_fini(struct mysql_array *a);
void mysql_array_clear(struct mysql_array *a);

/* It is of the type of those that are there. */
bool mysql_array_takes(const struct mysql_array *a, gale_value v);

/* v: no list, no map; borrowed. */
void mysql_array_add(struct mysql_array *a, gale_value v);

/* All of them, or the first. The bind borrows from a until it changes. */
void mysql_array_bind(struct mysql_array *a, bool all,
                      struct st_mysql_bind *bind);

#endif
