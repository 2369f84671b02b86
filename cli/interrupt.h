/*
 * interrupt.h - Ctrl-C while a topology runs, and a terminal that is closed.
 *
 * The first SIGINT (or SIGTERM) asks for a drain, also while the topology is
 * being opened, the second for a stop at once. If a callback under way then
 * does not return within two seconds, gale_local_wait() says GALE_LOCAL_STUCK,
 * so that cmd_local.c writes what there is and ends the process; two more
 * seconds later, or on a third signal, it ends as it is. SIGHUP counts when it
 * is the first, and is nothing later; where it is ignored, as under `nohup`, it
 * stays so. While the topology opens, nothing
 * can be stopped: the first signal, or the end of the time to live, gives
 * `open` and `prepare` some time more, and then the process ends. Later, after
 * a single one, cmd_local.c ends it when gale_local_wait() says
 * GALE_LOCAL_STUCK.
 */
#ifndef GALE_INTERRUPT_H
#define GALE_INTERRUPT_H

#include <gale/local.h>

/* What is said of a drain, by the live line, too. */
#define INTERRUPT_HINT "Ctrl-C again ends at once"
/* … if nobody has pressed it yet. */
#define INTERRUPT_TWICE_HINT "Ctrl-C twice ends at once"

/* This thread loads and builds the topology from now on until
 * interrupt_loaded(): a time to live, -1 for none, and what a plugin's code has
 * when it is over; then, or at once with the first SIGINT or SIGTERM, the
 * process ends, and says whose code it was. */
void interrupt_loads(int64_t ttl_ms, int64_t patience_ms);
void interrupt_loaded(void);

/* The topology opens from now on until interrupt_stops(): a time to live, -1
 * for none, and what a callback has when it is over or after a signal. */
void interrupt_opens(int64_t ttl_ms, int64_t patience_ms);

/* From now on signals stop l; NULL when there is none, and before it is
 * freed. */
void interrupt_stops(gale_local *l);

/* This file, which lives on, is to be written at the end, and who ends the
 * process before says that it was not; NULL: none is, or it is written. */
void interrupt_owes(const char *path);

/* From now on the first signal says so, in a line to standard error: for when
 * no live line does. */
void interrupt_speaks(void);

/* How many came so far. */
int interrupt_count(void);

#endif
