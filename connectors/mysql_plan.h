/*
 * mysql_plan.h - what mysql_insert writes: which field of an input goes to
 * which column, and which columns name its message.
 *
 * The server has been asked about the tables first. Columns that are not listed
 * are those that have the name of a field, which the first input says.
 */
#ifndef CONNECTORS_MYSQL_PLAN_H
#define CONNECTORS_MYSQL_PLAN_H

#include "connectors/mysql_fields.h"
#include "connectors/mysql_writer.h"

/* The options, borrowed; the rest starts zeroed. */
struct mysql_plan {
    const char *table_name;
    gale_str listed, dedup_key;
    const char *marker_name; /* "": the key is unique in the table itself */

    struct mysql_columns table, marker;
    struct mysql_fields fields; /* of the columns, then of the marker */
    uint32_t n_columns;
    uint32_t keys[MYSQL_KEYS_MAX], n_keys;
    bool complete; /* all of it is known */
};

/* Ask the server, which is connected; complete if the columns are listed. */
GALE_MUST_CHECK bool mysql_plan_read(struct mysql_plan *p,
                                     struct mysql_session *s);

/* Complete it by the first input. */
GALE_MUST_CHECK bool mysql_plan_by_input(struct mysql_plan *p,
                                         struct mysql_session *s,
                                         const gale_tuple *in);

/* As mysql_writer_init() wants it; borrows from the plan. */
struct mysql_target mysql_plan_target(const struct mysql_plan *p,
                                      enum mysql_mode mode, bool one_by_one);

void mysql_plan_fini(struct mysql_plan *p);

#endif
