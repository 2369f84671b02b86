/* simulate_seeds.h - clusters from seeds, and what is said of them. */
#ifndef GALE_SIMULATE_SEEDS_H
#define GALE_SIMULATE_SEEDS_H

#include <stdbool.h>
#include <stdint.h>

struct simulate_seeds {
    uint64_t first, last;
    bool one; /* `first` alone, and what its daemons log is shown */
    uint32_t nimbuses, supervisors, topologies; /* 0: as the seed says */
};

/* The exit status. */
int simulate_seeds_run(const struct simulate_seeds *s);

#endif
