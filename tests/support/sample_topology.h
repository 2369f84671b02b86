/*
 * sample_topology.h - a right topology record, for tests of what reads it.
 */
#ifndef TESTS_SAMPLE_TOPOLOGY_H
#define TESTS_SAMPLE_TOPOLOGY_H

#include "common/topology_record.h"

/* Component i is called "ci", and has tasks = executors; the first is a spout.
 * The id is NAME-1-SECONDS. topology_record_free() frees it. */
void sample_topology(struct topology_record *t, const char *name,
                     uint32_t seconds, uint32_t workers, uint32_t n,
                     const uint32_t *executors);

#endif
