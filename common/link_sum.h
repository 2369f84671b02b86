/*
 * link_sum.h - what was sent and what was received, as sums that can be
 * compared over all connections of a topology.
 *
 * Each connection counts with a factor of its own, so that the sums of all
 * senders and of all receivers are equal only if they are for each connection,
 * which a number too many here and one too few there would not show. And it
 * counts as soon as it is open: while one side has lost it and the other one
 * has not yet, the sums differ, for what the latter has not read may still
 * come. A connection that is lost is left out from then on, by both.
 */
#ifndef GALE_LINK_SUM_H
#define GALE_LINK_SUM_H

#include "common/random.h"

/* `connection`: a number that both sides know, of random bits; `from`: the
 * worker that sends; `count`: envelopes sent, or received and handed on. To be
 * added up modulo 2^64. */
static inline uint64_t link_sum(uint64_t connection, uint32_t from,
                                uint64_t count)
{
    return (count + 1) * (mix64(connection ^ mix64(from + 1)) | 1);
}

#endif
