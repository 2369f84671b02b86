/* simulate_seeds.h - clusters from seeds, and what is said of them. */
#ifndef GALE_SIMULATE_SEEDS_H
#define GALE_SIMULATE_SEEDS_H

#include <gale/task.h>
#include <stdbool.h>
#include <stdint.h>

struct simulate_seeds {
    uint64_t first, last;
    uint32_t nimbuses, supervisors, topologies; /* 0: as the seed says */
    bool loud; /* what the daemons log is shown */
};

/* The exit status. argv: for how to repeat one. */
int simulate_seeds_run(const struct simulate_seeds *s);

#endif
