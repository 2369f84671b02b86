/* throughput.h - how many tuples a second a running topology executes. */
#ifndef BENCH_THROUGHPUT_H
#define BENCH_THROUGHPUT_H

#include "tests/bench/bench.h"

/* Figures: rate, and what resides in memory, in MiB. */
int throughput(const struct bench_run *r);

/* The shipped topology `wordcount` on the large text, from the start of the
 * topology to its end; what it prints goes nowhere. */
int throughput_file(const struct bench_run *r);

#endif
