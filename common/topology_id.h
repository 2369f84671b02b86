/*
 * topology_id.h - how a topology of a cluster is called.
 *
 * A user gives it a name; the cluster makes an id of it, NAME-NUMBER-SECONDS,
 * that no other topology has had: the how manieth it is, and when it came.
 * Names become parts of ZooKeeper's paths and of directories, so the rule is
 * strict.
 */
#ifndef GALE_TOPOLOGY_ID_H
#define GALE_TOPOLOGY_ID_H

#include "topology-api/names.h"
#include <stdbool.h>
#include <stdint.h>

#define TOPOLOGY_NAME_MAX NAMES_TOPOLOGY_MAX
/* Bytes, with the NUL: two numbers of at most 20 digits are behind it. */
#define TOPOLOGY_NAME_SIZE (TOPOLOGY_NAME_MAX + 1)
#define TOPOLOGY_ID_SIZE (TOPOLOGY_NAME_SIZE + 42)

/* The rules, for messages. */
#define TOPOLOGY_NAME_RULE NAMES_TOPOLOGY_RULE
#define TOPOLOGY_ID_RULE "NAME-NUMBER-SECONDS"

/* Whether they follow the rule; NULL does not. */
bool topology_name_valid(const char *name);
bool topology_id_valid(const char *id);

/* The id of a topology with a valid name. */
void topology_id_make(const char *name, uint64_t number, uint64_t seconds,
                      char id[TOPOLOGY_ID_SIZE]);

/* NUMBER of a valid id: of two with a name, the newer one has the higher. */
uint64_t topology_id_number(const char *id);

/* Whether a valid id is one of this name. */
bool topology_id_is_of(const char *id, const char *name);

#endif
