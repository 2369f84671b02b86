/*
 * world_machine_in.h - a machine of a simulated world, from inside. Private to
 * world*.c.
 */
#ifndef GALE_WORLD_MACHINE_IN_H
#define GALE_WORLD_MACHINE_IN_H

#include "simulator/world_disk.h"
#include "simulator/world_machine.h"

struct world_machine {
    struct world *world;
    uint32_t number;
    char address[16];
    struct world_disk disk;
    int64_t full_from, full_until;
    uint32_t boots;
    uint64_t starts; /* of processes, since it was booted */
};

void world_machine_free(struct world_machine *m);

#endif
