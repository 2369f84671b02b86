/*
 * interrupt.h - Ctrl-C while a topology runs.
 *
 * The first SIGINT (or SIGTERM) asks for a drain, also while the topology is
 * being opened, the second for a stop at
 * once. If a callback under way then does not return within two seconds, or
 * on a third signal, the process ends as it is. After a single one, cmd_local.c
 * ends it when gale_local_wait() says GALE_LOCAL_STUCK.
 */
#ifndef GALE_INTERRUPT_H
#define GALE_INTERRUPT_H

#include <gale/local.h>

/* From now on signals stop l; NULL before there is one, and before it is
 * freed. */
void interrupt_stops(gale_local *l);

/* How many came so far. */
int interrupt_count(void);

#endif
