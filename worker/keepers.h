/*
 * keepers.h - who waits for room and keeps what it has begun for others.
 *
 * A producer that waits for room at a quick consumer will soon go on with the
 * thin slices that it has begun for others, and a slice of one tuple costs as
 * much as one of a hundred: so it keeps them. They are sent when its carrier
 * has nothing else to do, so that nobody waits for what could be had, and at
 * the latest after KEEPERS_RUNS runs of the carrier, some turns of a thousand
 * executors. A carrier that sleeps keeps nothing. No more than KEEPERS_MAX
 * executors keep anything: what they have begun is to stay in the cache.
 *
 * All of it on the carrier's thread, or while it is parked.
 */
#ifndef GALE_KEEPERS_H
#define GALE_KEEPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct carrier;
struct executor;

#define KEEPERS_MAX 128u
#define KEEPERS_RUNS 20000u
#define KEEPERS_WORK_NS 2000000 /* who has more to do is slow: credit.h */

/* All zero: nobody. */
struct keepers {
    struct executor *first, *last; /* in the order in which they came */
    uint32_t n;
};

/* e has ended a run with something unsent: may that wait? */
bool keepers_may(const struct carrier *c, const struct executor *e);
/* It does, unless it did already. */
void keepers_add(struct carrier *c, struct executor *e);
/* e goes on, or is gone; unless it keeps nothing. */
void keepers_remove(struct carrier *c, struct executor *e);

/* The first one sends what it has; there is one. */
void keepers_send(struct carrier *c);
/* Has the first one kept it for too long? */
bool keepers_are_late(const struct carrier *c);

#endif
