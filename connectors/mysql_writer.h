/*
 * mysql_writer.h - rows of a batch into a table, a range in one transaction.
 *
 * With a dedup key a message has its effect once, however often it comes. The
 * key is unique in the table, or in a table of markers that are written in the
 * same transaction. So a row that was written by a commit whose answer was
 * lost, or by a worker that died before its acks, is refused as a duplicate;
 * then the server is asked which messages of the range it has, those are left
 * out, and the rest is written.
 */
#ifndef CONNECTORS_MYSQL_WRITER_H
#define CONNECTORS_MYSQL_WRITER_H

#include "connectors/mysql_columns.h"
#include "connectors/mysql_statement.h"

/* What becomes of a row whose unique key is there already. */
enum mysql_mode {
    MYSQL_MODE_INSERT = 0, /* it is a bad row */
    MYSQL_MODE_UPSERT = 1, /* the row that is there gets its values */
    MYSQL_MODE_IGNORE = 2, /* the row that is there stays as it is */
};

enum { MYSQL_KEYS_MAX = 16 };

/* All that is said of a table; borrowed, but for keys. */
struct mysql_target {
    const struct mysql_columns *table;
    const uint32_t *columns; /* of the table, in the order of a row's values */
    uint32_t n_columns;
    enum mysql_mode mode;
    bool one_by_one;
    /* The dedup key; n_keys 0: none. */
    const struct mysql_columns *marker; /* NULL: the table itself */
    const uint32_t *keys; /* columns of the marker, or of the table */
    uint32_t n_keys;
};

/* A row's values: those of columns, then, with a marker, those of its keys. */
struct mysql_writer {
    struct mysql_session *session;
    struct mysql_target target;
    char *insert_sql, *marker_sql, *there_sql;
    char insert_what[128], marker_what[128];
    struct mysql_statement insert, marker, there;
    uint32_t keys[MYSQL_KEYS_MAX];
    uint32_t key_at[MYSQL_KEYS_MAX]; /* where in a row their values are */
};

enum mysql_written {
    MYSQL_WRITTEN = 0, /* and committed */
    MYSQL_BAD_ROW = 1, /* none of the range is; a row of it cannot be */
    MYSQL_LATER = 2,   /* none is; try again */
    MYSQL_UNKNOWN = 3, /* all or none: only without a dedup key */
};

/* Must be called once; the key's columns are among the target's, or of the
 * marker. At most MYSQL_KEYS_MAX of them. */
void mysql_writer_init(struct mysql_writer *w, struct mysql_session *session,
                       const struct mysql_target *target);
void mysql_writer_fini(struct mysql_writer *w);

/* Values of a row. */
uint32_t mysql_writer_width(const struct mysql_target *target);

/* Why not MYSQL_WRITTEN is in the session's problem. *n_there is increased by
 * the rows that were there already. */
enum mysql_written mysql_writer_write(struct mysql_writer *w,
                                      struct row_batch *b, size_t from,
                                      size_t n, uint64_t *n_there);

#endif
