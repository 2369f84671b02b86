/*
 * scale_records.h - the topologies of a simulated cluster, as records, and
 * where their workers are.
 */
#ifndef GALE_SCALE_RECORDS_H
#define GALE_SCALE_RECORDS_H

#include "cli/scale_world.h"
#include "common/slots_record.h"
#include "common/topology_record.h"

#define SCALE_WORKER_TASKS 50u /* of a worker, in the mean */
#define SCALE_COMPONENTS 5u

/* Slots that each supervisor needs, so that all workers have room when a rack
 * is lost. */
uint32_t scale_slots(const struct scale_size *size);

/* Topology i of them, as a submission would have made it. */
void scale_topology(const struct scale_world *w, uint32_t i,
                    struct topology_record *t);
/* Its files: no two have the same description, some the same plugin. What is in
 * them nobody reads. */
#define SCALE_FILE_SIZE 64u
#define SCALE_PLUGIN_EVERY 20u
size_t scale_description(uint32_t i, char text[SCALE_FILE_SIZE]);
size_t scale_plugin(uint32_t i, char text[SCALE_FILE_SIZE]);

/* All of them in ZooKeeper, active, placed nowhere. */
void scale_records_write(struct scale_world *w);

/* -- where workers are ----------------------------------------------------- */

struct scale_place {
    uint32_t supervisor; /* its number; UINT32_MAX: nowhere */
    uint32_t port;
    uint64_t birth;
    uint32_t tasks;
};

struct scale_places {
    uint32_t n_topologies;
    struct scale_topology_places {
        uint32_t n;
        struct scale_place *workers;
    } * topologies;
};

/* As ZooKeeper has it. */
struct scale_places scale_places_read(struct scale_world *w);
void scale_places_free(struct scale_places *p);

#endif
