/*
 * cluster_strays.h - processes of a cluster whose directory somebody has
 * removed while they ran, and with it the list of them.
 */
#ifndef GALE_CLUSTER_STRAYS_H
#define GALE_CLUSTER_STRAYS_H

#include "cli/cluster_home.h"
#include "common/loop.h"

/* Those that name the absolute path as `gale cluster up` and supervisors do
 * are ended. How many; *left: how many run even so. */
uint32_t cluster_strays_end(struct loop *loop, const char *path,
                            uint32_t *left);

/* Whether it is one: by its command, as env->ops->processes->look() has it. */
bool cluster_strays_is_one(const struct env_process_facts *facts,
                           const char *path);

#endif
