/*
 * totals.h - the counters of all components of a running topology, added up.
 */
#ifndef GALE_TOTALS_H
#define GALE_TOTALS_H

#include <gale/local.h>

struct totals {
    uint64_t executed; /* by all bolts; what the spouts emitted if there is
                          no bolt */
    uint64_t acked, failed, timed_out, pending; /* messages of all spouts */
    int64_t p99; /* complete latency of the slowest spout, ns */
};

struct totals totals_of(gale_local *l);

#endif
