/*
 * mysql_error.h - what an error of MySQL means for the rows at hand. Pure.
 *
 * Numbers below 2000 and from 3000 on are the server's, those between are the
 * client library's.
 */
#ifndef CONNECTORS_MYSQL_ERROR_H
#define CONNECTORS_MYSQL_ERROR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MYSQL_ERROR_DUPLICATE = 1062, /* a unique key has this value */
    MYSQL_ERROR_LONG_PACKET = 2020,
};

enum mysql_error_class {
    MYSQL_ERROR_TRANSIENT = 0, /* it may work later; so is what nobody knows */
    MYSQL_ERROR_ROW = 1,       /* this row cannot be written */
    MYSQL_ERROR_NEVER = 2,     /* somebody has to do something first */
};

/* state: SQLSTATE, five letters. */
enum mysql_error_class mysql_error_class(uint32_t code, const char *state);

/* The connection is as good as before, and only its transaction is lost. */
bool mysql_error_keeps_connection(uint32_t code, const char *state);

/* What to do about it, as the end of a sentence; "" if that is clear. */
const char *mysql_error_advice(uint32_t code);

#endif
