/*
 * topology_letters.h - a bolt that gets the dead letters of all spouts
 * (gale.topology.dead.letter names a component).
 *
 * Each spout has a stream for them, behind those that it declares, and the bolt
 * subscribes to all of these by itself.
 */
#ifndef GALE_TOPOLOGY_LETTERS_H
#define GALE_TOPOLOGY_LETTERS_H

#include "topology-api/builder.h"

#define TOPOLOGY_LETTERS_STREAM "gale.dead-letters"

/* The number of the bolt in `wanted`; UINT32_MAX: there is none. */
uint32_t topology_letters_bolt(const struct builder *b);

/* Adds the streams, when all others are declared. */
void topology_letters_declare(const struct builder *b, struct model *m);

/* Adds the subscriptions of the component, if it is the bolt, behind those that
 * it has. */
void topology_letters_subscribe(struct model *m, uint32_t component);

/* How many these are, which are the last that it has. */
uint32_t topology_letters_subscribed(const struct model *m, uint32_t component);

#endif
