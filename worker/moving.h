/*
 * moving.h - an executor moves from its carrier to another one.
 *
 * The carrier that has just run it gives it away, between two runs, and nobody
 * stands still for that: all that would have to be touched is its own. What the
 * executor has begun is sent; its timers and the descriptor that it waits for
 * are taken off this carrier; then it is handed over as one that another
 * carrier has made runnable, and the next carrier sets timers and descriptor
 * anew before it runs it.
 *
 * `scheduled` is 1 all the while, so nobody else hands it to any carrier; who
 * finds it 0 later sees where it is. What finds its way to the carrier that it
 * has left goes on from there: notes of threads that are no carriers
 * (carrier_schedule()), and acks for a spout (carrier_read_mail()). Blocks stay
 * those of the pool that they are from, as all that a consumer gives back.
 *
 * With one carrier the engine locks nothing. Who makes a second one is that
 * only carrier, so it says to all, before it gives the first executor away,
 * that there are several now.
 */
#ifndef GALE_MOVING_H
#define GALE_MOVING_H

struct carrier;
struct executor;

/* By its carrier c, in place of putting it away after a run. It has tasks. */
void moving_leaves(struct carrier *c, struct executor *e, struct carrier *to);
/* By the carrier that it has moved to. */
void moving_arrives(struct carrier *c, struct executor *e);

#endif
