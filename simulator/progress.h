/*
 * progress.h - whether a run that is not complete gets on, by looks at it in
 * some message timeouts of the world's time.
 */
#ifndef GALE_PROGRESS_H
#define GALE_PROGRESS_H

#include "simulator/ledger.h"
#include <gale/local.h>

struct worker;

/* What the engine has counted, of all components. */
struct run_sums {
    uint64_t acked, failed, timed_out, pending; /* spouts */
    uint64_t emitted;                           /* … */
    uint64_t transferred, executed;
};

struct run_sums run_sums_of(gale_local *local);

/* All zero to begin with. */
struct progress {
    bool begun;
    struct run_sums sums; /* at the last look */
    struct ledger_counts books;
    uint32_t idle;    /* looks since anything has changed, … */
    uint32_t circles; /* … or anything but that failed messages come again */
    bool failing;     /* out: bolts have failed inputs since the last look */
};

/* One more look: why the run will not come to its end, or NULL. */
const char *progress_look(struct progress *p, gale_local *local,
                          const struct worker *w, const struct ledger *l);

#endif
