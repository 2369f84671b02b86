/*
 * mysql_statement.h - a statement with ?, prepared once per connection.
 *
 * Values are always bound, each as what it is: ints and bools as BIGINT, floats
 * as DOUBLE, text as utf8mb4, bytes as BLOB, nil as NULL. What comes back is an
 * int, a float, text or bytes as well; DECIMAL, dates and times are text, and
 * so is a BIGINT UNSIGNED beyond int64.
 *
 * Threads and time outs as of the session.
 */
#ifndef CONNECTORS_MYSQL_STATEMENT_H
#define CONNECTORS_MYSQL_STATEMENT_H

#include "connectors/mysql_session.h"
#include "connectors/row_batch.h"

/* Starts zeroed, but for the first four. */
struct mysql_statement {
    struct mysql_session *session;
    const char *sql;  /* borrowed, and so is … */
    const char *what; /* … what it does, as in "cannot <what>: no room" */
    bool one_by_one;  /* no arrays, whatever the server can do */

    struct st_mysql_stmt *stmt; /* of the connection `serial` */
    uint64_t serial;
    uint32_t n_params, n_columns;
    bool arrays;
    uint64_t warnings;             /* of the server, since the start */
    char last_warning[256];        /* one of the last ones */
    struct mysql_cell *cells;      /* n_columns of a result */
    struct mysql_array *arrays_of; /* n_params */
};

void mysql_statement_fini(struct mysql_statement *st);

/* Nothing, if it is prepared on this connection. The session is connected. */
GALE_MUST_CHECK bool mysql_statement_prepare(struct mysql_statement *st);

/* Execute it for each row of the range that is not left out: the parameters are
 * the row's values from column `first` on. Many at a time, if the server can,
 * as many as it takes in a packet. */
GALE_MUST_CHECK bool mysql_statement_write(struct mysql_statement *st,
                                           const struct row_batch *b,
                                           uint32_t first, size_t from,
                                           size_t n);

/* Execute it once, with n_params values. A result must be fetched to its end,
 * or ended. */
GALE_MUST_CHECK bool mysql_statement_query(struct mysql_statement *st,
                                           const gale_value *params);

/* The next row: n_columns values, whose text is borrowed until the next call.
 * *more is false behind the last. */
GALE_MUST_CHECK bool mysql_statement_fetch(struct mysql_statement *st,
                                           gale_value *row, bool *more);
void mysql_statement_end(struct mysql_statement *st);

#endif
