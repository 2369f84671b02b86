/*
 * position_check.h - whether a position may be kept that a worker sends: it
 * is one of its own tasks, of its own birth, and where its name says. A worker
 * runs code of users, and must not be in the way of others. Pure.
 */
#ifndef GALE_POSITION_CHECK_H
#define GALE_POSITION_CHECK_H

#include "common/assignment_record.h"
#include "common/position_record.h"
#include "common/topology_record.h"

/* NULL, or what is wrong with it. worker: its number, one of the assignment. */
const char *position_check(const struct topology_record *t,
                           const struct assignment_record *a, uint32_t worker,
                           const char *name, gale_str data);

#endif
