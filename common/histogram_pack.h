/*
 * histogram_pack.h - a histogram as three elements of a list, so that whoever
 * adds up those of several processes has the quantiles of all values:
 *
 *     sum, max, BUCKETS
 *
 * BUCKETS are bytes, and one element however many there are, since they are
 * told again and again and looked at when somebody asks: of each bucket that is
 * not empty how many are between it and the one before, and its count; numbers
 * of 7 bits a byte, the lowest first, the top bit set where more follow.
 */
#ifndef GALE_HISTOGRAM_PACK_H
#define GALE_HISTOGRAM_PACK_H

#include "common/histogram.h"
#include "common/pack.h"

#define HISTOGRAM_PACKED 3u /* elements */

void histogram_pack(const struct histogram_snapshot *h, struct pack *p);

/* Adds what somebody else has packed, in a list from this place on; what makes
 * no sense is passed over. */
void histogram_unpack(struct histogram_snapshot *h, const msgpack_object *list,
                      uint32_t at);

#endif
