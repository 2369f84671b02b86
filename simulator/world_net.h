/*
 * world_net.h - the network of a simulated world, and what goes wrong with it.
 *
 * A stream has two ends, each on a machine (world_machine.h). What is sent
 * takes its time, as the seed says, and arrives in order; a buffer of each way
 * holds so much, and who sends more meets EAGAIN. Machines have the addresses
 * that world_machine.h says, 127.0.0.1 and ::1 are each machine's own, and
 * names of Unix sockets are those of a machine.
 *
 * Faults are between machines, by their numbers, and last until they are
 * healed.
 * What is on one machine does not pass the network: of that, only connections
 * can be cut.
 *
 * What an end of a process means for its sockets, these do by themselves.
 *
 * Functions may be called by any thread of the world, and come to no point.
 */
#ifndef GALE_WORLD_NET_H
#define GALE_WORLD_NET_H

#include "simulator/world.h"

#define WORLD_ANY_MACHINE UINT32_MAX

/* All connections between them, both ways, are reset, and their ends hear of
 * it; new ones can be made. How many it were. */
uint32_t world_net_cut(struct world *w, uint32_t a, uint32_t b);

/* Nothing gets from one to the other, and nobody is told. What is sent waits,
 * and is sent again once it is healed, unless an end has given up: connecting
 * after two minutes, sending after fifteen. */
void world_net_silence(struct world *w, uint32_t from, uint32_t to);

/* Nothing gets from one to the other before that time. */
void world_net_clog(struct world *w, uint32_t from, uint32_t to, int64_t until);

enum world_mangling {
    WORLD_NET_LOSES,   /* a part is not there */
    WORLD_NET_DOUBLES, /* … is there twice */
    WORLD_NET_SWAPS,   /* two parts that follow each other have changed places
                        */
    WORLD_NET_FLIPS,   /* a bit is another one */
    WORLD_NET_MANGLINGS
};

/* The next bytes that are sent to the other, on a connection that was made to
 * one of these ports, arrive mangled, once. For connections that have a check
 * of their own for each byte, which RPC has not. */
void world_net_mangle(struct world *w, uint32_t from, uint32_t to,
                      uint16_t first_port, uint16_t last_port,
                      enum world_mangling how);

/* All of that is over, and what waits arrives soon. */
void world_net_heal(struct world *w);

/* How often it has happened: connections that were cut, bytes mangled. */
struct world_net_counts {
    uint64_t connections; /* that were made */
    uint64_t bytes;       /* that were received */
    uint64_t cut;
    uint64_t mangled[WORLD_NET_MANGLINGS];
};

struct world_net_counts world_net_counts(const struct world *w);

/* The machine loses power: nobody is told, and who sends to it then gets a
 * reset. Before its processes end. */
void world_net_lose_power(struct world *w, uint32_t machine);

/* Descriptors that the process has; what is left, a checker looks at. */
uint32_t world_net_open(struct env *env);
/* The path of a Unix socket that is left on some machine; NULL: none is. */
const char *world_net_left(struct world *w);

#endif
