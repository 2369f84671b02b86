/*
 * scale_meter.h - how long code takes, turn by turn: by the real clock, and by
 * the processor's time alone, which others on the machine do not add to. What
 * is measured waits for nothing, so on a machine of its own the two are one.
 */
#ifndef GALE_SCALE_METER_H
#define GALE_SCALE_METER_H

#include "common/zookeeper.h"

struct scale_time {
    int64_t clock_ns, cpu_ns;
};

struct scale_meter {
    struct scale_time total, longest; /* of all turns, of one */
    struct scale_time since;          /* the turn under way … */
    uint32_t depth;                   /* … and those within it */
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
