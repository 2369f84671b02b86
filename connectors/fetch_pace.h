/*
 * fetch_pace.h - whether a fetcher may be asleep though there is room.
 *
 * A queue has a fetcher that stops when it is full, and somebody who takes from
 * it and is told only how many messages are left. When a quarter of what fits
 * has been taken and nothing has come meanwhile, the fetcher may have stopped:
 * it should be woken. Of a queue that was full that is so long before it is
 * empty, and of one that never is, once in a quarter of what fits at most.
 *
 * Pure: no clock, no network. Not for several threads.
 */
#ifndef CONNECTORS_FETCH_PACE_H
#define CONNECTORS_FETCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct fetch_pace {
    uint64_t most_messages, most_bytes; /* the queue is full with either */
    uint64_t left;                      /* in it, when last looked at */
    uint64_t messages, bytes; /* taken since, or when, something came */
};

/* So much has been taken since the last look, and so many messages are left.
 * True: wake it. */
bool fetch_pace_taken(struct fetch_pace *p, uint64_t messages, uint64_t bytes,
                      uint64_t left);

#endif
