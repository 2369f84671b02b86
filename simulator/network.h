/*
 * network.h - between the hosts of a simulated world: what is sent from one to
 * another is under way for a while, or lost with the connection.
 *
 * Hosts are made of carriers: those with the same remainder belong together,
 * with those that they make for executors that block. A connection leads from
 * each host to each other one; it keeps the order of what it carries, envelopes
 * and acks alike. When it breaks, all that is on it is lost, and so is what is
 * sent before it is there again. Nobody is told: it is the spout that finds
 * out, by its timeout.
 *
 * A thread of the world's carries what is due.
 */
#ifndef GALE_NETWORK_H
#define GALE_NETWORK_H

#include "simulator/world.h"

struct ack_batch;
struct carrier;
struct envelope;
struct network;
struct witness;
struct worker;

/* n_hosts ≥ 1. */
struct network *network_new(struct world *world, uint32_t n_hosts);

/* When the worker has ended. NULL is fine. */
void network_free(struct network *n);

/* The worker is wired; w hears what is lost. */
void network_begin(struct network *n, struct worker *worker, struct witness *w);

/* What is under way arrives; nothing is taken any more. Ends the thread. */
void network_end(struct network *n);

/* True if it goes to another host: it is the network's then. */
bool network_takes(struct network *n, struct envelope *env);
bool network_takes_acks(struct network *n, struct carrier *from,
                        struct ack_batch *acks);

uint32_t network_hosts(const struct network *n);
uint32_t network_host_of(const struct network *n, const struct carrier *c);

/* From here on things are under way for so many ns at most. */
void network_set_delay(struct network *n, int64_t ns);

/* The connection breaks, and is there again at the time `until`. */
void network_break(struct network *n, uint32_t from, uint32_t to,
                   int64_t until);

/* All connections are there, and what is on them arrives at once. */
void network_heal(struct network *n);

#endif
