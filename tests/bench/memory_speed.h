/* memory_speed.h - the limit of large tuples: how fast memory is copied. */
#ifndef BENCH_MEMORY_SPEED_H
#define BENCH_MEMORY_SPEED_H

#include "tests/bench/bench.h"

/* GB/s of pieces of the case's `size`, from one place to another, both far
 * larger than what a cache holds. */
int memory_speed(const struct bench_run *r);

#endif
