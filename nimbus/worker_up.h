/*
 * worker_up.h - whether a worker may have anything under way, from what its
 * supervisor tells of it. Pure.
 *
 * One that has ended is started again at once, and then it may drain like any
 * other. One that is down has ended again, or does not come up: nobody is there
 * who could drain, and if all workers of a topology are down, nothing of it is
 * under way that a wait would bring to an end.
 */
#ifndef GALE_WORKER_UP_H
#define GALE_WORKER_UP_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing was told yet, and it is not down. */
struct worker_up {
    bool runs;       /* it has come up */
    bool waits;      /* there is no process, and its next start waits */
    uint32_t failed; /* starts, as its supervisor counts … */
    uint32_t before; /* … of which so many before it came up last */
};

void worker_up_hear(struct worker_up *w, bool runs, bool waits,
                    uint32_t failed_starts);

bool worker_up_is_down(const struct worker_up *w);

#endif
