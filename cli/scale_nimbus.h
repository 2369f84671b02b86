/*
 * scale_nimbus.h - a nimbus of a simulated cluster: its files, and nimbus's own
 * candidate (nimbus/candidate.h). Only what comes over connections is missing:
 * reports are handed in here.
 */
#ifndef GALE_SCALE_NIMBUS_H
#define GALE_SCALE_NIMBUS_H

#include "cli/scale_world.h"
#include "common/pack.h"

/* It joins; which: its number in the world. */
struct scale_nimbus *scale_nimbus_begin(struct scale_world *w, uint32_t which);
/* It ends without a word: ZooKeeper has its session for a while. */
void scale_nimbus_kill(struct scale_world *w, uint32_t which);
/* NULL is fine. */
void scale_nimbus_free(struct scale_nimbus *n);

/* NULL does not. */
bool scale_nimbus_leads(const struct scale_nimbus *n);
struct zookeeper *scale_nimbus_zookeeper(const struct scale_nimbus *n);
struct candidate *scale_nimbus_candidate(const struct scale_nimbus *n);

/* What a supervisor says, as it would come over its connection. */
void scale_nimbus_report(struct scale_nimbus *n, const struct pack *message);
void scale_nimbus_counters(struct scale_nimbus *n, const struct pack *message);

/* How large the message is that answers `gale list` … and whether a client
 * would take it. */
size_t scale_nimbus_list(struct scale_nimbus *n, bool *readable);

#endif
