/*
 * two_workers.h - a topology on two workers of one host, over TCP.
 */
#ifndef BENCH_TWO_WORKERS_H
#define BENCH_TWO_WORKERS_H

#include "tests/bench/bench.h"

/* The components are put on the two in turn, so that every tuple crosses. */
int two_workers(const struct bench_run *r);

#endif
