/*
 * mysql_params.h - how many ? a statement has, before a server is asked. Pure.
 *
 * Not those in texts, quoted names and comments. How those end is up to the
 * settings of a session if there are backslashes, and what a comment hides up
 * to the server if it begins with an exclamation mark: nothing is said then.
 */
#ifndef CONNECTORS_MYSQL_PARAMS_H
#define CONNECTORS_MYSQL_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

/* False: only the server can say. */
bool mysql_params_count(const char *sql, uint32_t *n);

#endif
