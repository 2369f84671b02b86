/*
 * newest_positions.h - the newest positions of a worker's spouts, in memory,
 * for the process that takes its place in this seat.
 *
 * ZooKeeper gets positions at the pace of gale.local.position.interval.ms; a
 * process that is killed in between would emit again all that was acked since.
 * They are those of one worker (topology, number, birth): nobody else has its
 * spouts as long as there is no other birth. Those that ZooKeeper has may be
 * newer even so: of a worker that found its supervisor away, as one that stood
 * still for a while, and told nimbus. Pure.
 */
#ifndef GALE_NEWEST_POSITIONS_H
#define GALE_NEWEST_POSITIONS_H

#include "common/pack.h"
#include "supervisor/slot.h"

#define NEWEST_POSITIONS_MAX 16384u       /* splits; of more, … */
#define NEWEST_POSITIONS_BYTES (8u << 20) /* … or beyond, the kept ones serve */

struct newest_position {
    char *name; /* of its node in ZooKeeper */
    void *data;
    size_t size;
};

struct newest_positions {
    struct slot_wanted of; /* topology "": nobody */
    uint32_t n, room;
    struct newest_position *list; /* by name */
    size_t bytes;
};

/* {name, data} …, as the worker said; what is no such thing is passed over.
 * Those of another worker are forgotten. */
void newest_positions_take(struct newest_positions *p,
                           const struct slot_wanted *worker,
                           const msgpack_object *list);

/* How many there are of this worker; and the one of that name: NULL, none. */
uint32_t newest_positions_n(const struct newest_positions *p,
                            const struct slot_wanted *worker);
const struct newest_position *newest_positions_find(
    const struct newest_positions *p, const struct slot_wanted *worker,
    const char *name);

/* ZooKeeper has this one under that name: if it is newer, it serves. */
void newest_positions_yield(struct newest_positions *p,
                            const struct slot_wanted *worker, const char *name,
                            gale_str kept);

void newest_positions_fini(struct newest_positions *p);

#endif
