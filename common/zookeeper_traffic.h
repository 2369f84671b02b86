/*
 * zookeeper_traffic.h - what clients and an ensemble have said to each other:
 * how often, and how much that is on the wire of real servers.
 *
 * Bytes are those of ZooKeeper's own encoding, with lengths and headers,
 * without TCP's. Pings of sessions are not in it, nor is the sync by which a
 * lease is renewed: in memory there is neither.
 */
#ifndef GALE_ZOOKEEPER_TRAFFIC_H
#define GALE_ZOOKEEPER_TRAFFIC_H

#include "common/zookeeper.h"

struct zookeeper_letter;

struct zookeeper_traffic {
    uint64_t reads;
    uint64_t writes;               /* requests, of which a multi is one, … */
    uint64_t operations;           /* … and what is in them */
    uint64_t watches;              /* reads that set one */
    uint64_t events;               /* watches that have fired */
    uint64_t bytes_up, bytes_down; /* to the ensemble, and from it */
    /* The largest so far, in bytes. */
    size_t value_max, request_max, answer_max;
};

/* A request as it is sent, with its watch or without; its answer; an event. */
void zookeeper_traffic_request(struct zookeeper_traffic *t,
                               const struct zookeeper_request *r);
void zookeeper_traffic_answer(struct zookeeper_traffic *t,
                              const struct zookeeper_letter *letter);
void zookeeper_traffic_event(struct zookeeper_traffic *t, const char *path);

#endif
