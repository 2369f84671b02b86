/*
 * two_workers.h - a topology on two workers of one host, over TCP: two
 * processes, of which each has a carrier.
 */
#ifndef BENCH_TWO_WORKERS_H
#define BENCH_TWO_WORKERS_H

#include "tests/bench/bench.h"

/* The components are put on the two in turn, so that every tuple crosses. In
 * the end all are drained, and every tuple is accounted for. Figure: rate. */
int two_workers(const struct bench_run *r);

/* As latency() does it; the spout is on the one worker, the bolt on the
 * other. */
int two_workers_latency(const struct bench_run *r);

#endif
