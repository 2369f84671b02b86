/*
 * credit.h - how much may wait in front of an executor, in work-time.
 *
 * A queue should hold about CREDIT_WORK_NS of work: enough to ride over a pause
 * of the machine, little enough that nothing in it times out. So the limit in
 * tuples follows from the measured cost of one tuple: at 20 ns it is bytes that
 * count, at 50 ms it is a handful of tuples. The same figure says how long a
 * producer may fill one slice before the consumer should see it, and whether
 * shuffle spreads tuple by tuple or slice by slice.
 *
 * Pure functions of their arguments.
 */
#ifndef GALE_WORKER_CREDIT_H
#define GALE_WORKER_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

#define CREDIT_WORK_NS 5000000   /* 5 ms */
#define CREDIT_CALLS_MIN 4       /* however slow the consumer */
#define CREDIT_TUPLES_UNKNOWN 16 /* until a cost is measured */
#define CREDIT_SPREAD_NS 100000  /* above: shuffle tuple by tuple */

struct credit {
    uint32_t tuples;     /* may wait */
    uint32_t bytes;      /* may wait */
    uint32_t slice;      /* tuples a producer may collect before it sends */
    uint32_t each_tuple; /* shuffle: choose anew for each tuple */
    uint32_t cost_ns;    /* of one tuple, rounded up; 0: not known */
};

/* cost_ns: mean of one tuple, 0 if none was measured. bytes_max: see wiring.
 * per_call: tuples that one call of the consumer may take, ≥ 1. */
struct credit credit_for(double cost_ns, uint32_t bytes_max, uint32_t per_call);

/* What the last few thousand tuples cost; all zero at first. */
struct credit_meter {
    double ns;
    double n;
};

/*
 * `n` more tuples took `busy_ns` in the executor and kept it waiting for room
 * downstream for `stalled_ns`. Waiting counts: what an executor may hold
 * depends on how fast it gets rid of it. Returns the mean of one tuple, in
 * ns, over a window of about CREDIT_WINDOW tuples: long enough that one
 * pause of the machine does not make a fast consumer look slow, short enough
 * that a few slow tuples show at once.
 */
#define CREDIT_WINDOW 1024

double credit_measure(struct credit_meter *meter, int64_t busy_ns,
                      int64_t stalled_ns, uint64_t n);

#endif
