/*
 * idle.h - a carrier with nothing to do: it looks on for a while (spin.h), and
 * then sleeps; or does nothing but tick. Its own thread's.
 *
 * While it rests it is not among worker.active. Whoever hands it something ends
 * that with carrier_wake(), after the push, and so does the carrier itself with
 * carrier_begins(), before it.
 */
#ifndef GALE_IDLE_H
#define GALE_IDLE_H

#include <stdbool.h>
#include <stdint.h>

struct carrier;

/* Looks at watched descriptors, until the time `until` if none is ready. True
 * if one is. */
bool idle_look_at_fds(struct carrier *c, int64_t until);
/* … and at what other processes may have written to memory; sleeps: the carrier
 * is about to. */
bool idle_looks(struct carrier *c, bool sleeps);

/* Nothing is to be run: until there is, or a timer is due. */
void idle_until_work(struct carrier *c);

/* After timers: is there nothing but ticks? */
void idle_but_for_ticks(struct carrier *c);

#endif
