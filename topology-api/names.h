/*
 * names.h - which names are allowed, and which known one somebody meant.
 */
#ifndef GALE_NAMES_H
#define GALE_NAMES_H

#include "topology-api/model.h"

#define NAMES_MAX 255u /* bytes */

/* The rule, for messages. */
#define NAMES_RULE                                                             \
    "1 to 255 letters, digits, '.', '_' and '-', not beginning with \"__\""

/* Follows NAMES_RULE; NULL does not. */
bool names_valid(const char *name);

/* 0, or -1 with `what "name" is no valid name: …`; odd bytes are escaped. */
int names_check(const char *what, const char *name, gale_err *error);

/* Components and topologies have stricter ones: their names become parts of
 * paths, in ZooKeeper and on disks, when they run on a cluster. */
#define NAMES_COMPONENT_RULE                                                   \
    "1 to 255 letters, digits, '.', '_' and '-', not beginning with '.' or "   \
    "\"__\""
int names_check_component(const char *id, gale_err *error);

#define NAMES_TOPOLOGY_MAX 64u /* bytes */
#define NAMES_TOPOLOGY_RULE                                                    \
    "1 to 64 letters, digits, '_' and '-', beginning with a letter or digit"
bool names_topology_valid(const char *name, size_t size);
int names_check_topology(const char *name, gale_err *error);

/* The known name that is nearest to a wanted one. */
struct names_nearest {
    const char *wanted; /* borrowed */
    unsigned distance;
    char best[NAMES_MAX + 1]; /* "" while nothing is close */
    char hint[NAMES_MAX + 32];
};

void names_start(struct names_nearest *nearest, const char *wanted);
void names_consider(struct names_nearest *nearest, const char *known);

/* `; did you mean "…"?`, "" if nothing is close; lives as long as nearest. */
const char *names_hint(struct names_nearest *nearest);

#endif
