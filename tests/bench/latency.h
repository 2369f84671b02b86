/* latency.h - how long a message takes that comes when it is due. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include "tests/bench/bench.h"

/*
 * A tenth of the rate that the case `paced_by` reached, in an open loop. Every
 * message is measured: from when it was due to the last bolt (figures sink …)
 * and to its ack (complete …), in microseconds; p50, p99, p99.9.
 */
int latency(const struct bench_run *r);

#endif
