/*
 * scale_world.h - a simulated cluster of any size: ZooKeeper in memory, two
 * nimbuses, of which one leads, and supervisors.
 *
 * What decides and writes is nimbus's own code (scale_nimbus.h); supervisors
 * ask, register and report as those of a real cluster do, and run nothing
 * (scale_supervisor.h). All of it is on one thread, in the time of
 * scale_clock.h.
 */
#ifndef GALE_SCALE_WORLD_H
#define GALE_SCALE_WORLD_H

#include "cli/scale_clock.h"
#include "common/daemon_config.h"
#include "common/digest.h"
#include "common/log.h"
#include "common/zookeeper_memory.h"

#define SCALE_NIMBUSES 2u
#define SCALE_RACKS 20u /* of so many supervisors one is lost */
#define SCALE_SECOND INT64_C(1000000000)
#define SCALE_SESSION_NS (20 * SCALE_SECOND) /* as by default */
#define SCALE_LATENCY_NS INT64_C(1000000)    /* to ZooKeeper, each way */

struct scale_nimbus;
struct scale_supervisor;

struct scale_size {
    uint32_t supervisors, topologies, tasks;
    uint32_t slots; /* of a supervisor; see scale_records.h */
};

struct scale_world {
    struct scale_size size;
    struct scale_clock *clock;
    struct loop *loop; /* of ZooKeeper and supervisors */
    struct loop *nimbus_loop;
    struct scale_meter meter; /* of nimbuses: timers, ZooKeeper's answers … */
    struct scale_meter messages; /* … and what supervisors tell */
    struct zookeeper_memory *memory;
    struct zookeeper *observer; /* who writes records and looks */
    struct loop_timer advance;
    struct daemon_config *config;
    FILE *log_file;
    struct log *log; /* of nimbuses */
    struct digest records_key;
    struct scale_nimbus *nimbuses[SCALE_NIMBUSES];
    struct scale_supervisor *supervisors; /* size.supervisors of them */
};

struct scale_world *scale_world_new(const struct scale_size *size);
void scale_world_free(struct scale_world *w);

int64_t scale_world_now(const struct scale_world *w);
void scale_world_run(struct scale_world *w, int64_t ns);

/* The one that leads; NULL: none does. */
struct scale_nimbus *scale_world_leader(const struct scale_world *w);

#endif
