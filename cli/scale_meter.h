/*
 * scale_meter.h - how long code takes by the real clock, turn by turn.
 */
#ifndef GALE_SCALE_METER_H
#define GALE_SCALE_METER_H

#include "common/zookeeper.h"

struct scale_meter {
    int64_t total_ns, longest_ns; /* of all turns, of one */
    int64_t since_ns;             /* the turn under way … */
    uint32_t depth;               /* … and those within it */
};

/* Around a turn. Of one within another nothing is counted. NULL is fine. */
void scale_meter_begin(struct scale_meter *m);
void scale_meter_end(struct scale_meter *m);

/* A client of ZooKeeper that stands before another one, whose answers and
 * states are turns of the meter. `behind` is set by whoever makes that one, and
 * is his to free. */
struct scale_metered {
    struct zookeeper base; /* first */
    struct zookeeper *behind;
    struct scale_meter *meter;
    zookeeper_state_fn *fn;
    void *arg;
};

struct zookeeper *scale_metered_init(struct scale_metered *z,
                                     struct scale_meter *meter,
                                     zookeeper_state_fn *fn, void *arg);
/* For the client behind. arg: the struct scale_metered. */
void scale_metered_state(void *arg, enum zookeeper_state state);

#endif
