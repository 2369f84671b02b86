/* topology_table.h - topologies of a cluster, as a table for people. */
#ifndef GALE_TOPOLOGY_TABLE_H
#define GALE_TOPOLOGY_TABLE_H

#include "common/pack.h"
#include <stdio.h>

/* topologies: the list of the answers to "list" and "status"; behind the table
 * stands why some of them wait. */
void topology_table(FILE *out, const msgpack_object *topologies);

/* A text of nimbus, which may come from a plugin: nothing in it steers the
 * terminal. Cut if it is long; "" if there is none. */
void put_foreign_text(FILE *out, const msgpack_object *text);

#endif
