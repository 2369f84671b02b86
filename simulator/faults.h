/*
 * faults.h - what goes wrong in a simulated world, by the seed.
 *
 *     late    what goes from one host to another is under way for long
 *     break   a connection breaks, with all that is on it, and comes back
 *     crash   a host's tasks begin anew: what they had is gone
 *     pause   a carrier stands still, perhaps beyond the message timeout
 *     inbox   very little may wait in front of an executor
 *
 * A thread of the world's does it, some times, and then heals everything: from
 * there on nothing goes wrong any more, and the run must come to its end.
 */
#ifndef GALE_FAULTS_H
#define GALE_FAULTS_H

#include "simulator/network.h"
#include <gale/local.h>

enum fault {
    FAULT_LATE,
    FAULT_BREAK,
    FAULT_CRASH,
    FAULT_PAUSE,
    FAULT_INBOX,
    FAULTS, /* how many there are */
};

#define FAULTS_ALL ((1u << FAULTS) - 1)

extern const char *const fault_names[FAULTS];

/* "all", or names with commas between them, as bits; 0 with the error. */
uint32_t faults_parse(const char *text, gale_err *error);

struct faults;
struct worker;

/* kinds: bits. */
struct faults *faults_new(struct world *world, struct network *network,
                          uint32_t kinds);
void faults_free(struct faults *f); /* NULL is fine */

/* The worker is wired, and nothing of it runs yet. The run is not complete
 * before they have ended. */
void faults_begin(struct faults *f, struct worker *w);

/* Until there are no more of them, and everything is healed. */
void faults_wait(struct faults *f);

/* They count among what is under way (worker.async), as one. */
bool faults_are_on(const struct faults *f);

/* No more of them, at once; everything is healed. */
void faults_end(struct faults *f);

/* How often each has happened. */
const uint32_t *faults_counts(const struct faults *f);

#endif
