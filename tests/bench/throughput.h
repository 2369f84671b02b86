/* throughput.h - how many tuples a second a running topology executes. */
#ifndef BENCH_THROUGHPUT_H
#define BENCH_THROUGHPUT_H

#include "tests/bench/bench.h"

struct embedded;

/* Figures: rate, of tuples of the case's `size` in GB/s where that is in bytes;
 * what resides in memory, in MiB; messages that are pending at the end. */
int throughput(const struct bench_run *r);

/* The same of what has been built. */
int throughput_of(struct embedded *e, const struct bench_run *r);

/* An example that ships, by its name and the case's arguments; its figure is of
 * events, which are its spout's messages. What it prints goes nowhere. */
int throughput_example(const struct bench_run *r);

/* The shipped topology `wordcount` on the large text, from the start of the
 * topology to its end; what it prints goes nowhere. */
int throughput_file(const struct bench_run *r);

#endif
